"""`ContentGuard`: the guard on what a value holds, put up when the trace first relies on it."""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable, Mapping, Set
from typing import TYPE_CHECKING, Any

from torch._dynamo.exc import Unsupported
from torch._dynamo.guards import install_guard
from torch._dynamo.source import is_constant_source

from vartrack.bases.content import Content, content_key, hidden
from vartrack.bases.tracing.classes.lookup import is_by_identity
from vartrack.bases.tracing.classes.own_code import has_own_code
from vartrack.bases.tracing.contents.slow_keys import warn_if_slow
from vartrack.bases.tracing.evaluating.folding import CHANGEABLE
from vartrack.core.guarding.exporting import is_exporting, refuse_in_export
from vartrack.core.guarding.keys import KEY_MATCH, KeyCheck, UnusableKey
from vartrack.core.texts.articles import with_article
from vartrack.core.user_code.held import Held
from vartrack.core.user_code.profiling import unseen

if TYPE_CHECKING:
    from torch._guards import Guard

    from vartrack.core.context import BuilderContext

__all__ = ["ContentGuard"]


# the names are what the guards say


def attribute(name: str, value: Any) -> Any:
    return getattr(value, name)


def has_attribute(name: str, value: Any) -> bool:
    return hasattr(value, name)


def items(value: Any) -> Content:
    """What a mapping or set holds, in its order."""
    shown = tuple(value.items() if isinstance(value, Mapping) else value)
    stored = hidden(value)
    return content_key(shown if stored is None else (shown, stored))


#: What can change, also where the visitor is one of constants: it is not the same as it is itself.
_CHANGEABLE = (*CHANGEABLE, collections.deque)


def _items_key(value: Any) -> Callable[[Any], Any] | None:
    """The key of a mapping or set without one: they are equal whatever their order is."""
    if not isinstance(value, (Mapping, Set)):
        return None
    held = Held(value)
    try:
        items(value)
    except Exception:
        return None  # no more can be said of it than that it is equal
    finally:
        held.put_back()
    return items


class ContentGuard:
    """The key guard of one value: made and installed at the first use that depends on the value.

    A value that is only carried, returned or asked for its type has no other guard than that.

    Args:
        ctx: where the value was built.
        visitor: the visitor that built it, for messages.
        value: the value.
        key: what makes two values the same; None if they are when they are equal.
    """

    __slots__ = (
        "_guard",
        "_parts",
        "_usable",
        "compile",
        "ctx",
        "key",
        "of_dicts",
        "source",
        "value",
        "visitor",
    )

    def __init__(self, ctx: BuilderContext, visitor: Any, value: Any, key: Any) -> None:
        self.ctx = ctx
        self.source: Any = ctx.source
        self.compile = ctx.compile
        self.visitor = visitor
        self.value = value
        self.key = key
        #: The guards on the keys of dicts that the value holds, by the name of the attribute.
        self.of_dicts: dict[str, Guard] = {}
        self._guard: Guard | None = None
        self._usable: bool | None = None
        self._parts: dict[tuple[Any, Any], ContentGuard] = {}

    def install(self) -> None:
        """Have the content guarded; asked at every use, as torch may have dropped what stood.

        Raises:
            Unsupported: a graph break, as the key cannot tell two values apart.
        """
        if self._guard is None:
            if is_constant_source(self.source):
                return
            cls = type(self.value)
            if is_exporting(self.ctx.tx):
                refuse_in_export(
                    f"{self.visitor.name}, {cls.__module__}.{cls.__qualname__}",
                    f"what the {cls.__qualname__} at {self.source.name} holds",
                )
            with unseen():  # the key is the visitor's, and runs at every call
                self._guard = self._made()
            if self.compile.recorder is not None:
                self.compile.recorder.claim(self.source.name, self._guard)
        # the same guard each time: it is not added twice
        install_guard(self._guard, skip=1)

    @property
    def is_usable(self) -> bool:
        """Whether the key can tell two values apart."""
        if self._usable is None:
            self._usable = True
            try:
                if not self.stands and not is_constant_source(self.source):
                    with unseen():
                        self._made()
            except Unsupported as error:
                error.remove_from_stats()
                self._usable = False
        return self._usable

    @property
    def stands(self) -> bool:
        """Whether the trace has relied on the content before."""
        return self._guard is not None

    def of(self, part: Callable[[Any], Any]) -> ContentGuard:
        """The guard on what ``part`` gives for the value, instead of on the whole."""
        return ContentGuard(self.ctx, self.visitor, self.value, part)

    def of_attribute(self, name: str) -> ContentGuard:
        """The guard on one attribute of the value alone, the same each time."""
        return self._of_name(attribute, name)

    def of_presence(self, name: str) -> ContentGuard:
        """The guard on whether the value has an attribute, the same each time."""
        return self._of_name(has_attribute, name)

    def of_answer(self, ask: Callable[[Any, Any], Any], asked: Any) -> ContentGuard:
        """The guard on what ``ask(asked, value)`` gives, the same each time it is asked."""
        return self._of_name(ask, asked)

    def _of_name(self, ask: Callable[[Any, Any], Any], name: Any) -> ContentGuard:
        if (ask, name) not in self._parts:
            self._parts[ask, name] = self.of(functools.partial(ask, name))
        return self._parts[ask, name]

    def _made(self) -> Guard:
        cls, name = type(self.value), self.visitor.name
        try:
            changes = isinstance(self.value, _CHANGEABLE)
            own_key = self.key or _items_key(self.value) or (content_key if changes else None)
            constant = self.key is None and own_key is not None and not changes
            by_value = not is_by_identity(cls, "__eq__")
            changeable = own_key is None and by_value and has_own_code(cls)
            check = KeyCheck(self.value, own_key, constant=constant, changeable=changeable)
        except UnusableKey as error:
            self.ctx.unsupported(
                "vartrack: no usable key",
                context=f"{name}, {cls.__module__}.{cls.__qualname__}",
                explanation=f"{name} cannot tell whether {with_article(cls)} is the same at the "
                f"next call: {error}.",
                hints=[f"Set `key` of {name}: a static method that gives a hashable value."],
            )
        warn_if_slow(self.visitor, check)
        guard: Guard = self.source.make_guard(functools.partial(KEY_MATCH, check=check))
        return guard
