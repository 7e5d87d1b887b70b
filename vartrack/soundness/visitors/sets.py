"""Sets: what is added to one is written to it, and what is stored in one is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vartrack.compat import containers
from vartrack.soundness.reading.gone_through import iterates_in_python
from vartrack.soundness.visitors.moved_keys import refuse_moved_keys
from vartrack.visitors.sets import Sets, UserSets

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker

    from vartrack.core.context import BuilderContext

__all__ = [
    "SetsAsStored",
    "WrittenSets",
]


class WrittenSets(Sets):
    """Sets of other things than literals: what is added to one from outside is written to it.

    Up to 2.14 torch takes such a set for an object, of which only attributes are written.
    """

    tracked = "mutable"

    def children(self, ctx: BuilderContext, value: Any) -> Any:
        """The items, all of which Python finds."""
        refuse_moved_keys(ctx, value)
        return super().children(ctx, value)


class SetsAsStored(UserSets):
    """Subclasses of sets with an ``__iter__`` of their own, past which C code reads what is stored.

    torch reads the items through it up to 2.14, and its guards as well.
    """

    def children(self, ctx: BuilderContext, value: Any) -> list[VariableTracker]:
        """The items; those that cannot be read one by one are held together."""
        if type(value) is frozenset:
            refuse_moved_keys(ctx, value)
        if (
            containers.READS_STORED_ITEMS
            or not iterates_in_python(type(value))
            or {(type(item), item) for item in value} == _stored(value)  # in another order at most
        ):
            return super().children(ctx, value)
        ledger, source = ctx.compile.ledger, ctx.source
        if ledger is not None and source is not None:
            text = f"the items stored in {source.name}"
            ledger.sourced.asked("containers", text, text, [source], _stored)
        return [ctx.sourceless().visit(item) for _, item in _stored(value)]


def _stored(value: Any) -> set[tuple[type, Any]]:
    kind = set if isinstance(value, set) else frozenset
    return {(type(item), item) for item in kind.__iter__(value)}
