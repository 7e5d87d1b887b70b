"""What going through an object gives, where torch reads what is stored in it."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.soundness.lookups import find

__all__ = ["as_list", "iterates_in_python"]


def iterates_in_python(cls: type) -> bool:
    """Whether going through an object of ``cls`` runs code of its own."""
    found = find(cls, "__iter__")
    return found is not None and type(found[1]) is FunctionType


def as_list(tx: Any, tracker: VariableTracker) -> VariableTracker:
    """A list of what a dict gives by an `__iter__` in Python; any other tracker as it is."""
    known = tracker.realize()
    if not isinstance(known, UserDefinedObjectVariable):
        return tracker
    cls = known.python_type()
    if not issubclass(cls, dict) or not iterates_in_python(cls):
        return tracker
    return VariableTracker.build(tx, list).call_function(tx, [known], {})
