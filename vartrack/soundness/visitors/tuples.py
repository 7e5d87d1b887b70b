"""Tuples: whether one is a setting, and the items that are stored in one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vartrack.compat import containers
from vartrack.soundness.reading.lookups import can_change
from vartrack.soundness.reading.named_tuples import fields_of, gives_stored, unasked
from vartrack.soundness.visitors.tuple_items import StoredItemSource
from vartrack.visitors.sequences import Tuples, is_settled
from vartrack.visitors.user_sequences import NamedTuples, UserTuples

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker

    from vartrack.core.context import BuilderContext

__all__ = [
    "NamedTuplesAsStored",
    "SettledTuples",
    "TuplesAsStored",
]


class SettledTuples(Tuples):
    """Tuples; one with a list or a set in it is no setting of a module, as that can change.

    torch compares such a tuple with itself, so that a change in it is never seen.
    """

    def is_setting(self, ctx: BuilderContext, value: tuple[Any, ...]) -> bool:
        """Whether a tuple is guarded as a whole."""
        return super().is_setting(ctx, value) and is_settled(value)


#: What else a class of tuples is asked where an item is read.
_READING = ("__getitem__", "__getattribute__")


class _AsStored:
    """Tuples whose class gives other items than are stored in it, which torch takes for them."""

    def children(self, ctx: BuilderContext, value: tuple[Any, ...]) -> list[VariableTracker]:
        """The items, past a method or property of the class that stands before them."""
        cls = type(value)
        names = (*fields_of(cls), *_READING) if can_change(cls) else ()
        if names and ctx.compile.ledger is not None:
            ctx.compile.ledger.classes.look(cls, *names, guarded=False)
        if all(gives_stored(cls, name) for name in names):
            return super().children(ctx, value)  # type: ignore[misc,no-any-return]
        return ctx.lazy_items(tuple.__iter__(value), StoredItemSource)


class NamedTuplesAsStored(_AsStored, NamedTuples):
    """Named tuples."""

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        """The tracker; where torch's asks the class for nothing, that of a tuple's subclass."""
        cls = type(value)
        if containers.NAMED_ASK_CLASS or not can_change(cls):
            return super().tracker(ctx, value, children, **options)
        if all(gives_stored(cls, name) for name in unasked(cls)):
            return super().tracker(ctx, value, children, **options)
        return containers.user_tuple(ctx, value, children, options)


class TuplesAsStored(_AsStored, UserTuples):
    """Subclasses of tuple."""
