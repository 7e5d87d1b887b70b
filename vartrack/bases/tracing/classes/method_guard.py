"""Guards on what a class has under a name, where torch looks it up without one."""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any

from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.source import (
    DictGetItemSource,
    GetItemSource,
    TypeDictSource,
    TypeMROSource,
    TypeSource,
)
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.classes.lookup import on_class
from vartrack.compat.making import place_on_class
from vartrack.core.guarding.guards import install_key

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["guard_entry", "guard_method", "place_of_entry"]


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
    cls = type(tracker.value)
    _guard_absence(tracker.cls_source, cls, name)
    function = on_class(cls, name)
    if type(function) is FunctionType:
        VariableTracker.build(tx, function, place_on_class(tracker, tx, name)).realize()


def place_of_entry(source: Source, cls: type, name: str) -> Source:
    """Where instances of ``cls`` find ``name`` on it, guarded to be found in no class before.

    Args:
        source: where an instance is, whose type is guarded.
        cls: its class, which has the name, or a base of it.
        name: the name.
    """
    of_class = TypeSource(source)
    number = _guard_absence(of_class, cls, name)
    found_in = GetItemSource(TypeMROSource(of_class), number) if number else of_class
    return DictGetItemSource(TypeDictSource(found_in), name)


def guard_entry(source: Source, cls: type, name: str) -> None:
    """Guard that instances of ``cls`` find the same object under ``name`` on it as now.

    Args:
        source: where an instance is, whose type is guarded.
        cls: its class, which has the name, or a base of it.
        name: the name.
    """
    install_guard(place_of_entry(source, cls, name).make_guard(GuardBuilder.ID_MATCH))


def _guard_absence(of_class: Source, cls: type, name: str) -> int:
    """Guard that no class before the one that has ``name`` has it; the number of that one."""
    mro = cls.__mro__
    number = next((number for number, each in enumerate(mro) if name in vars(each)), len(mro))
    for before in range(min(number, len(mro) - 1)):
        at = GetItemSource(TypeMROSource(of_class), before)
        install_key(TypeDictSource(at), name, present=False)
    return number
