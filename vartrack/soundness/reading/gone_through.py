"""What going through an object gives, where torch reads what is stored in it."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from torch._dynamo.variables.base import VariableTracker

from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.names import LAZY
from vartrack.soundness.reading.lookups import find

__all__ = ["as_list", "iterates_in_python", "type_at_hand"]


def iterates_in_python(cls: type) -> bool:
    """Whether going through an object of ``cls`` runs code of its own."""
    found = find(cls, "__iter__")
    return found is not None and type(found[1]) is FunctionType


def type_at_hand(tracker: Any) -> type:
    """The type of a value, for which nothing is built; `object` where torch does not know it."""
    if waits(tracker):
        return tracker.type_at_hand  # type: ignore[no-any-return]
    if type(tracker) in LAZY and not tracker.is_realized():
        return type(tracker.original_value())
    try:
        return tracker.python_type()  # type: ignore[no-any-return]
    except NotImplementedError:
        return object


def as_list(tx: Any, tracker: VariableTracker) -> VariableTracker:
    """A list of what a dict gives by an `__iter__` in Python; any other tracker as it is."""
    cls = type_at_hand(tracker)
    if not issubclass(cls, dict) or not iterates_in_python(cls):
        return tracker
    return VariableTracker.build(tx, list).call_function(tx, [tracker.realize()], {})
