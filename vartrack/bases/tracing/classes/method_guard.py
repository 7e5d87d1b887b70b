"""A guard on a method of a plain object's class, which torch looks up without one."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from torch._dynamo.source import GetItemSource, TypeDictSource, TypeMROSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.classes.lookup import on_class
from vartrack.compat.making import place_on_class
from vartrack.core.guards import install_key

__all__ = ["guard_method"]


def guard_method(tx: Any, tracker: VariableTracker, name: str) -> None:
    """Guard which function the class of an object has under ``name``.

    Where torch breaks the graph its answer is Python's, so what is traced in its place must not
    become old where torch's would not.

    Args:
        tx: the tracer.
        tracker: of the object. Nothing is guarded unless it is known where its class is.
        name: of the method.
    """
    if not isinstance(tracker, UserDefinedObjectVariable) or tracker.cls_source is None:
        return
    mro = type(tracker.value).__mro__
    number = next((number for number, cls in enumerate(mro) if name in vars(cls)), len(mro))
    for before in range(min(number, len(mro) - 1)):
        at = GetItemSource(TypeMROSource(tracker.cls_source), before)
        install_key(TypeDictSource(at), name, present=False)
    function = on_class(mro[0], name)
    if type(function) is FunctionType:
        VariableTracker.build(tx, function, place_on_class(tracker, tx, name)).realize()
