"""`Visitor`: one category of values, and the checks on a visitor class when it is made."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from vartrack import compat
from vartrack.core.guarding.guards import GUARD_KINDS, needs, suggestions
from vartrack.core.halves import HALVES, Tracked
from vartrack.core.texts.wording import worded
from vartrack.errors import VisitorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch._dynamo.variables.base import VariableTracker

    from vartrack.core.context import BuilderContext

__all__ = ["Visitor"]


class Visitor:
    """Says what one category of values is; its two halves say how such a value is built.

    A subclass also inherits `Sourced`, `Sourceless` or both, and sets:

    Attributes:
        types: the types whose values it takes. A string ``"package.module:Name"`` stands for a
            class that is known by its name, so that its module need not be imported.
        exact: whether values of subclasses are left to others.
        when: an optional test of one value. It is asked only for values of ``types``, each time.
        when_type: an optional test of one type. It is asked once for each type.
        priority: breaks ties between tests: of those with equally near types, the higher is
            asked first. Below 0, one comes after the tests that ship with vartrack.
        one_half: why this category has a sourced or a sourceless half only, in words for people.
            In the other half the value goes on to the next visitor.
        unguarded: why a sourced visit may install no guard.
        on_torch: the torch releases it exists in, such as ``">=2.14"``; or those of a half, where
            the halves came at different times: ``{Sourceless: ">=2.15"}``. On other releases it is
            neither checked nor registered, or has not that half.

    Raises:
        VisitorError: from the class statement, if the class has no types, no half, a guard kind
            that torch does not have, or another attribute that could never work.

    .. versionadded:: 0.1
    """

    types: ClassVar[tuple[type | str, ...]] = ()
    exact: ClassVar[bool] = False
    when: ClassVar[Callable[..., bool] | None] = None
    when_type: ClassVar[Callable[..., bool] | None] = None
    priority: ClassVar[int] = 0
    one_half: ClassVar[str] = ""
    unguarded: ClassVar[str] = ""
    on_torch: ClassVar[str | Mapping[type, str]] = ""

    #: Where the class statement stands, as ``(file, line)``.
    defined_at: ClassVar[tuple[str, int]] = ("<unknown>", 0)
    #: True for bases that are meant to be subclassed and hold no category themselves.
    abstract: ClassVar[bool] = True

    def __init_subclass__(cls, *, abstract: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.defined_at = _class_statement(cls)
        cls.abstract = abstract
        if not abstract and cls.is_on_torch():
            check(cls)

    @classmethod
    def has_half(cls, half: type) -> bool:
        """Whether it has ``half``, which is `Sourced`, `Sourceless` or `Traced`, on this torch.

        .. versionadded:: 0.2
        """
        return issubclass(cls, half) and _runs_on(cls, half)

    @classmethod
    def is_on_torch(cls) -> bool:
        """Whether it has anything to say on the running torch.

        .. versionadded:: 0.2
        """
        if isinstance(cls.on_torch, str):
            return _runs_on(cls, Visitor)
        halves = [half for half in HALVES if issubclass(cls, half)]
        return not halves or any(_runs_on(cls, half) for half in halves)

    @classmethod
    def error(cls, code: str, what: str, fix: str) -> VisitorError:
        """The error that says what is wrong with the class, and where it stands."""
        file, line = cls.defined_at
        return VisitorError(code, f"The visitor {cls.__name__}, {file}:{line}, {what}.", fix)

    def __repr__(self) -> str:
        return f"<visitor {type(self).__name__}>"

    def class_tracker(
        self, ctx: BuilderContext, cls: type, **options: Any
    ) -> VariableTracker | None:
        """The tracker of the class ``cls`` itself, whose instances this visitor takes.

        Returns:
            The tracker, or None for that of any class.
        """
        return None

    @classmethod
    def doubts(cls) -> Iterator[tuple[str, str]]:
        """What may be wrong with registering this visitor, and what to do instead.

        Each is given as a `VisitorWarning` when the visitor is registered.

        .. versionadded:: 0.2
        """
        yield from ()

    @property
    def name(self) -> str:
        """The name of the category: the class's own."""
        return type(self).__name__


def _class_statement(cls: type) -> tuple[str, int]:
    """Where the class statement of ``cls`` stands, whatever metaclasses and mixins ran since."""
    nearest = frame = sys._getframe(2)
    while frame.f_globals.get("__name__") != cls.__module__:
        if frame.f_back is None:
            frame = nearest
            break
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


def _runs_on(cls: type[Visitor], half: type) -> bool:
    said = cls.on_torch
    try:
        return compat.runs_on(said if isinstance(said, str) else said.get(half, ""))
    except (ValueError, AttributeError) as error:
        fix = f"{error}." if isinstance(error, ValueError) else "write a text such as '>=2.14'."
        raise cls.error("VT108", f"says on_torch={worded(said)}", fix) from None


def check(cls: type[Visitor]) -> None:
    """Refuse a visitor class that could never work.

    Raises:
        VisitorError: naming the class, where it stands and what to add.
    """
    _check_types(cls)
    if not issubclass(cls, HALVES):
        fix = f"write `class {cls.__name__}(Sourced, Sourceless, Visitor)`."
        raise cls.error("VT103", "has neither half", fix)
    _check_guards(cls)
    _check_tracked(cls)
    for name in ("when", "when_type"):
        test = inspect.getattr_static(cls, name)
        if test is not None and not isinstance(test, (staticmethod, classmethod)):
            fix = f"put @staticmethod above `def {name}`, or write `{name} = staticmethod(...)`."
            raise cls.error("VT106", f"has a `{name}` that is not a static or class method", fix)
    if not isinstance(cls.priority, (int, float)):
        raise cls.error("VT107", f"has priority = {worded(cls.priority)}", "use a number.")
    for name in ("layer", "step"):
        value = vars(cls).get(name)
        if isinstance(value, (str, int, float, tuple)):  # not a method that is called so
            fix = "register it with `before=` or `after=` a visitor of `registry.order`."
            raise cls.error(
                "VT107", f"has {name} = {worded(value)}, which visitors have no more", fix
            )


def _check_types(cls: type[Visitor]) -> None:
    if isinstance(cls.types, (type, str)):
        cls.types = (cls.types,)
    if isinstance(cls.types, (list, set, frozenset)):
        cls.types = tuple(cls.types)
    if not cls.types:
        raise cls.error("VT101", "has no types", f"add `types = (MyType,)` to {cls.__name__}.")
    for entry in cls.types if isinstance(cls.types, tuple) else (cls.types,):
        named = isinstance(entry, str) and all(entry.partition(":"))
        if not isinstance(entry, type) and not named:
            fix = "list classes, or 'package.module:Name' for one that is not to be imported."
            raise cls.error("VT102", f"lists {worded(entry)}, which is not a type", fix)


def _check_tracked(cls: type[Visitor]) -> None:
    tracked = getattr(cls, "tracked", None)
    if tracked is None:
        return
    try:
        cls.tracked = Tracked(tracked)  # type: ignore[attr-defined]
    except ValueError:
        fix = f"leave it out, or use {' or '.join(repr(way.value) for way in Tracked)}."
        raise cls.error("VT107", f"has tracked = {worded(tracked)}", fix) from None


def _check_guards(cls: type[Visitor]) -> None:
    kinds = getattr(cls, "guarded_by", ())
    if isinstance(kinds, str):
        kinds = cls.guarded_by = (kinds,)  # type: ignore[attr-defined]
    if not isinstance(kinds, (tuple, list, set, frozenset)):
        fix = "name kinds of guard, or leave it out and say why in `unguarded`."
        raise cls.error("VT105", f"has guarded_by = {worded(kinds)}", fix)
    for kind in kinds:
        if kind not in GUARD_KINDS:
            fix = f"use {suggestions(kind)}."
            raise cls.error(
                "VT105", f"is guarded by {worded(kind)}, a kind torch does not have", fix
            )
        if options := needs(kind):
            given = ", ".join(f"{name}=..." for name in options)
            fix = f"override `guards` and call `ctx.guard({kind!r}, {given})` there."
            raise cls.error("VT105", f"is guarded by {kind!r}, which needs {given}", fix)
