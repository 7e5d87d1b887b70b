"""Descriptors of users' classes, whose `__get__` torch reads from a place where it is not."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from torch._dynamo.source import AttrSource, TypeSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.user_defined import (
    UserDefinedClassVariable,
    UserDefinedObjectVariable,
)

from vartrack.compat.making import place_on_class
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.lookups import find

__all__ = ["WATCHERS"]


def _of_object(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, name: str, descriptor: Any, source: Any
) -> Any:
    """``obj.name``: torch looks for the closure of `__get__` as if that were a bound method."""
    function = _python_get(descriptor)
    if function is None or not function.__closure__ or tracker.cls_source is None:
        return own(tracker, tx, name, descriptor, source)
    owner = UserDefinedClassVariable(type(tracker.value), source=tracker.cls_source)
    return _called(tracker, tx, name, descriptor, function, [tracker, owner])


def _of_class(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, name: str, descriptor: Any, source: Any
) -> Any:
    """``Cls.name``: torch takes what `__get__` gives for the descriptor itself."""
    function = _python_get(descriptor)
    of_torch = tracker.value.__module__.partition(".")[0] == "torch"
    if function is None or of_torch or tracker.source is None:
        return own(tracker, tx, name, descriptor, source)
    none = ConstantVariable.create(None)
    return _called(tracker, tx, name, descriptor, function, [none, tracker])


def _python_get(descriptor: Any) -> FunctionType | None:
    """The `__get__` of ``descriptor``, if it is written in Python."""
    found = find(type(descriptor), "__get__")
    return found[1] if found is not None and type(found[1]) is FunctionType else None


def _called(
    tracker: Any, tx: Any, name: str, descriptor: Any, function: FunctionType, args: list[Any]
) -> Any:
    place = place_on_class(tracker, tx, name)
    held = VariableTracker.build(tx, descriptor, place)
    get = VariableTracker.build(tx, function, AttrSource(TypeSource(place), "__get__"))
    return get.call_function(tx, [held, *args], {})


WATCHERS: tuple[Watcher, ...] = (
    Watcher(
        UserDefinedObjectVariable,
        "invoke_descriptor_get",
        "classes",
        instead=_of_object,
        needed=False,
    ),
    Watcher(
        UserDefinedClassVariable,
        "resolve_cls_descriptor",
        "classes",
        instead=_of_class,
        needed=False,
    ),
)
