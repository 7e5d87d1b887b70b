"""Visitors that see what torch's own builder passes over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._dynamo.variables.constant import ConstantVariable

from vartrack.soundness.view_items import ViewItemSource
from vartrack.visitors.sequences import Deques, OrderedDictValues, Tuples
from vartrack.visitors.sets import Sets

if TYPE_CHECKING:
    from collections import deque

    from torch._dynamo.variables.base import VariableTracker

    from vartrack.core.context import BuilderContext

__all__ = [
    "VISITORS",
    "BoundedDeques",
    "ReadableValues",
    "SettledTuples",
    "WrittenSets",
]


class BoundedDeques(Deques):
    """Deques, with the ``maxlen`` that torch forgets of one that comes from outside."""

    def tracker(
        self, ctx: BuilderContext, value: deque[Any], children: Any, **options: Any
    ) -> VariableTracker:
        """A deque's tracker that drops items beyond its length."""
        assert self.tracker_class is not None, "inherited"
        return self.tracker_class(children, maxlen=ConstantVariable.create(value.maxlen), **options)


class WrittenSets(Sets):
    """Sets of other things than literals: what is added to one from outside is written to it.

    Up to 2.14 torch takes such a set for an object, of which only attributes are written.
    """

    tracked = "mutable"


class SettledTuples(Tuples):
    """Tuples; one with a list or a set in it is no setting of a module, as that can change.

    torch compares such a tuple with itself, so that a change in it is never seen.
    """

    def is_setting(self, ctx: BuilderContext, value: tuple[Any, ...]) -> bool:
        """Whether a tuple is guarded as a whole."""
        return super().is_setting(ctx, value) and _is_hashable(value)


class ReadableValues(OrderedDictValues):
    """What ``OrderedDict.values()`` gives: torch reads an item by its number, which fails."""

    def children(self, ctx: BuilderContext, value: Any) -> list[VariableTracker]:
        """The items, which are read by going through the view."""
        return ctx.lazy_items(value, ViewItemSource)


def _is_hashable(value: tuple[Any, ...]) -> bool:
    """Whether nothing in a tuple of literals can change."""
    try:
        hash(value)
    except TypeError:
        return False
    return True


#: What `vartrack.sound` has in the place of visitors of the stock registry.
VISITORS = (BoundedDeques, ReadableValues, SettledTuples, WrittenSets)
