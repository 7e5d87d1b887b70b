"""Values made while tracing, in one call: some are met thousands of times in a compile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from torch._dynamo.variables.base import ValueMutationNew

from vartrack.core.context import BuilderContext

if TYPE_CHECKING:
    from typing import TypeAlias

    from torch._dynamo.variables.base import VariableTracker

    from vartrack.core.compile import Compile
    from vartrack.core.protocol import Tracer

    #: Makes the tracker of a value of one type, whatever the value is.
    Make: TypeAlias = Callable[[Tracer, Compile, Any], VariableTracker]
    #: The same as an attribute of a visitor.
    Made: TypeAlias = staticmethod[[Tracer, Compile, Any], VariableTracker]
    #: Makes the tracker of one value, as often as it is met.
    Again: TypeAlias = Callable[[Any], VariableTracker]

__all__ = ["of_functions", "of_items", "of_items_fresh", "of_pairs_fresh"]


def of_functions() -> Make:
    """Functions in C, such as the `getattr` of every attribute: each is visited once.

    What its visitor says then makes the trackers that follow in the same compile.
    """
    known: dict[Any, Again] = {}

    def make(tx: Tracer, compile: Compile, value: Any) -> VariableTracker:
        again = known.get(value)
        if again is not None:
            return again(value)
        ctx = BuilderContext(tx, None, compile)
        tracker = compile.sourceless[type(value)].visit(ctx, value)
        # methods are made anew whenever they are read
        if type(value.__self__) is ModuleType and (ask := getattr(ctx.visitor, "_again", None)):
            known[value] = ask(ctx, value)
        return tracker

    return make


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
