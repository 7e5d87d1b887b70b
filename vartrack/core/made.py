"""Containers made while tracing, in one call: they are met thousands of times in a compile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from torch._dynamo.variables.base import ValueMutationNew

if TYPE_CHECKING:
    from typing import TypeAlias

    from torch._dynamo.variables.base import VariableTracker

    from vartrack.core.compile import Compile
    from vartrack.core.protocol import Tracer

    #: Makes the tracker of a value of one type, whatever the value is.
    Make: TypeAlias = Callable[[Tracer, Compile, Any], VariableTracker]
    #: The same as an attribute of a visitor.
    Made: TypeAlias = staticmethod[[Tracer, Compile, Any], VariableTracker]

__all__ = ["of_items", "of_items_fresh", "of_pairs_fresh"]


def of_items(tracker_class: Callable[..., VariableTracker]) -> Made:
    """A ``tracker_class`` of the trackers of all items."""

    def make(tx: Tracer, compile: Compile, value: Iterable[Any]) -> VariableTracker:
        made = compile.made
        return tracker_class([made[type(item)](tx, compile, item) for item in value])

    return staticmethod(make)


def of_items_fresh(tracker_class: Callable[..., VariableTracker]) -> Made:
    """The same, marked as new."""

    def make(tx: Tracer, compile: Compile, value: Iterable[Any]) -> VariableTracker:
        made = compile.made
        items = [made[type(item)](tx, compile, item) for item in value]
        return tracker_class(items, mutation_type=ValueMutationNew())

    return staticmethod(make)


def of_pairs_fresh(tracker_class: Callable[..., VariableTracker]) -> Made:
    """A ``tracker_class`` of the trackers of all keys and of those of what is under them."""

    def make(tx: Tracer, compile: Compile, value: Mapping[Any, Any]) -> VariableTracker:
        made = compile.made
        items = {
            made[type(key)](tx, compile, key): made[type(item)](tx, compile, item)
            for key, item in value.items()
        }
        return tracker_class(items, mutation_type=ValueMutationNew())

    return staticmethod(make)
