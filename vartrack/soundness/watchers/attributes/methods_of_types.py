"""Methods that all values of a type have: torch answers `hasattr` by those that it knows."""

from __future__ import annotations

from types import FunctionType, MethodDescriptorType, WrapperDescriptorType
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import find

__all__ = ["WATCHERS"]

_METHODS = (FunctionType, MethodDescriptorType, WrapperDescriptorType)


def _has(ledger: Ledger, own: Any, tracker: Any, tx: Any, name: str) -> VariableTracker:
    """``hasattr(value, name)``, by which `copy.copy` looks for ``__reduce_ex__``."""
    result: VariableTracker = own(tracker, tx, name)
    if type(result) is not ConstantVariable or result.value is not False:
        return result
    try:
        found = find(tracker.python_type(), name)
    except NotImplementedError:
        return result
    if found is not None and isinstance(found[1], _METHODS):
        return ConstantVariable.create(True)
    return result


WATCHERS: tuple[Watcher, ...] = (
    Watcher(VariableTracker, "call_obj_hasattr", "tracing", instead=_has, needed=False),
)
