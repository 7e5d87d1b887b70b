"""`Visitor`: one category of values, and the checks on a visitor class when it is made."""

from __future__ import annotations

import difflib
import inspect
import sys
from typing import TYPE_CHECKING, Any, ClassVar

from vartrack import compat
from vartrack.errors import VisitorError
from vartrack.guarding import GUARD_KINDS
from vartrack.halves import Sourced, Sourceless

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Visitor"]


class Visitor:
    """Says what one category of values is; its two halves say how such a value is built.

    A subclass also inherits `Sourced`, `Sourceless` or both, and sets:

    Attributes:
        types: the types whose values it takes. A string ``"package.module:Name"`` stands for a
            class that is looked up without importing its module.
        exact: whether values of subclasses are left to others.
        when: an optional test of one value. It is asked only for values of ``types``, each time.
        when_type: an optional test of one type. It is asked once for each type.
        priority: breaks ties between tests: of those with equally near types, the higher is
            asked first. What ships with vartrack is below 0.
        layer: "" for almost every visitor; ``"first"`` for one that is asked before all nearer
            ones, ``"last"`` for one that comes after all but the visitor for ``object``. In these
            two, priority counts before nearness.
        one_half: why this category has a sourced or a sourceless half only.
        unguarded: why a sourced visit may install no guard.
        torch: the torch releases it exists in, such as ``">=2.14"``.

    Raises:
        VisitorError: from the class statement, if the class has no types, no half, one half
            without ``one_half``, or a guard kind that torch does not have.

    .. versionadded:: 0.1
    """

    types: ClassVar[tuple[type | str, ...]] = ()
    exact: ClassVar[bool] = False
    when: ClassVar[Callable[[Any], bool] | None] = None
    when_type: ClassVar[Callable[[type], bool] | None] = None
    priority: ClassVar[int] = 0
    layer: ClassVar[str] = ""
    one_half: ClassVar[str] = ""
    unguarded: ClassVar[str] = ""
    torch: ClassVar[str] = ""

    #: Where the class statement stands, as ``(file, line)``.
    defined_at: ClassVar[tuple[str, int]] = ("<unknown>", 0)
    #: True for bases that are meant to be subclassed and hold no category themselves.
    abstract: ClassVar[bool] = True

    def __init_subclass__(cls, *, abstract: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        frame = sys._getframe(1)
        cls.defined_at = (frame.f_code.co_filename, frame.f_lineno)
        cls.abstract = abstract
        if not abstract and compat.runs_on(cls.torch):
            check(cls)

    def __repr__(self) -> str:
        return f"<visitor {type(self).__name__}>"

    @property
    def name(self) -> str:
        """The name of the category: the class's own."""
        return type(self).__name__


def check(cls: type[Visitor]) -> None:
    """Refuse a visitor class that could never work.

    Raises:
        VisitorError: naming the class, where it stands and what to add.
    """
    where = "{}, {}:{}".format(cls.__name__, *cls.defined_at)
    if isinstance(cls.types, (type, str)):
        cls.types = (cls.types,)
    if not cls.types:
        raise VisitorError(
            "VT101",
            f"The visitor {where} has no types.",
            f"add `types = (MyType,)` to {cls.__name__}.",
        )
    for entry in cls.types:
        if not isinstance(entry, type) and not (isinstance(entry, str) and ":" in entry):
            raise VisitorError(
                "VT102",
                f"The visitor {where} lists {entry!r}, which is not a type.",
                "list classes, or 'package.module:Name' for one that is not to be imported.",
            )
    halves = [half.__name__ for half in (Sourced, Sourceless) if issubclass(cls, half)]
    if not halves:
        raise VisitorError(
            "VT103",
            f"The visitor {where} has neither half.",
            f"write `class {cls.__name__}(Sourced, Sourceless, Visitor)`.",
        )
    if len(halves) == 1 and not cls.one_half:
        other = "Sourceless" if halves == ["Sourced"] else "Sourced"
        raise VisitorError(
            "VT104",
            f"The visitor {where} has its {halves[0]} half only.",
            f"inherit {other} as well, or set `one_half` to the reason why it has none.",
        )
    if cls.layer not in ("first", "", "last"):
        raise VisitorError(
            "VT107",
            f"The visitor {where} has the layer {cls.layer!r}.",
            "leave it out, or use 'first' or 'last'.",
        )
    kinds = getattr(cls, "guarded_by", ())
    if isinstance(kinds, str):
        kinds = cls.guarded_by = (kinds,)  # type: ignore[attr-defined]
    for kind in kinds:
        if kind not in GUARD_KINDS:
            near = difflib.get_close_matches(kind, GUARD_KINDS, 3)
            raise VisitorError(
                "VT105",
                f"The visitor {where} is guarded by {kind!r}, a kind torch does not have.",
                f"use {' or '.join(near)}." if near else "see `vartrack.guarding.GUARD_KINDS`.",
            )
    for name in ("when", "when_type"):
        test = inspect.getattr_static(cls, name)
        if test is not None and not isinstance(test, (staticmethod, classmethod)):
            raise VisitorError(
                "VT106",
                f"`{name}` of the visitor {where} is not a static or class method.",
                f"put @staticmethod above `def {name}`.",
            )
