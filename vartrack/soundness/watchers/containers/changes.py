"""Changes to containers: those that torch forgets, and one that it need not refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.side_effects import SideEffects
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import DequeVariable
from torch._dynamo.variables.user_defined import UserDefinedSetVariable

from vartrack.compat.containers import plain_inside
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]


def _written(
    ledger: Ledger, own: Callable[..., Any], effects: Any, *args: Any, **kwargs: Any
) -> Any:
    for tracker in list(effects.id_to_variable.values()):
        # what is late is not asked for what it is
        if issubclass(type(tracker), UserDefinedSetVariable) and tracker.source is not None:
            _refuse_changed(effects, tracker)
    with _without_maxlen(effects):
        return own(effects, *args, **kwargs)


def _refuse_changed(effects: Any, tracker: Any) -> None:
    """A subclass of set, of which torch changes the set inside, and nothing outside."""
    inside = plain_inside(tracker)
    if issubclass(tracker.python_type(), frozenset):
        return  # what torch filled it with when it made it is no change
    if inside is not None and effects.is_modified(inside):
        unimplemented(
            gb_type="vartrack: a subclass of set is changed",
            context=str(tracker),
            explanation="What is added to a set of a class of its own, or taken out, is forgotten "
            "by torch when the compiled function is left.",
            hints=["Change it outside of the compiled function."],
        )


@contextmanager
def _without_maxlen(effects: Any) -> Iterator[None]:
    """Have deques written that may have so many items: `sound` keeps no more, in Python's order.

    torch refuses them; it does not know of one from outside how many it may have.
    """
    kept = []
    for tracker in list(effects.id_to_variable.values()):
        if (
            type(tracker) is DequeVariable
            and effects.is_modified(tracker)
            and tracker.maxlen.as_python_constant()
        ):
            kept.append((tracker, tracker.maxlen))
            tracker.maxlen = ConstantVariable.create(None)
    try:
        yield
    finally:
        for tracker, maxlen in kept:
            tracker.maxlen = maxlen


WATCHERS: tuple[Watcher, ...] = (
    Watcher(SideEffects, "codegen_update_mutated", "tracing", instead=_written),
)
