"""Attributes that C keeps: torch raises what writing one raises only when the graph has run."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType
from typing import Any

import torch
from torch._dynamo.side_effects import SideEffects
from torch._dynamo.variables.functions import UserFunctionVariable
from torch._dynamo.variables.misc import DeletedVariable
from torch._dynamo.variables.tensor import TensorVariable
from torch._dynamo.variables.user_defined import UserDefinedClassVariable, UserDefinedObjectVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.compat.names import ExceptionVariable
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import can_change, find

__all__ = ["WATCHERS"]


class _Plain:
    """What is written on for a trial: an instance, or for an attribute of classes a subclass."""


_TENSOR = torch.empty(0)
#: By the tracker of what is written on the class in which its attributes are found, and what makes
#: another such object.
_STAND_INS: dict[type, tuple[type, Callable[[], Any]]] = {
    UserDefinedClassVariable: (type, lambda: type("_Made", (_Plain,), {})),
    UserFunctionVariable: (FunctionType, lambda: lambda: None),
    TensorVariable: (torch.Tensor, lambda: _TENSOR),
}


def _written(ledger: Ledger, tracker: Any, tx: Any, name: Any, value: Any, *_: Any) -> None:
    if name.is_python_constant():
        cls = type(tracker.value)
        make = BaseException if issubclass(cls, BaseException) else None
        _try(tx, tracker.value, cls, name.as_python_constant(), value, make)


def _of_exception(ledger: Ledger, tracker: Any, tx: Any, name: Any, value: Any, *_: Any) -> None:
    if name.is_python_constant():
        _try(tx, None, tracker.exc_type, name.as_python_constant(), value, BaseException)


def _stored(ledger: Ledger, _: Any, tracker: Any, name: Any, value: Any, *__: Any) -> None:
    """What is written on a class, a function or a tensor from outside."""
    for kind, (cls, make) in _STAND_INS.items():
        if tracker.source is not None and issubclass(type(tracker), kind):
            cls = type(tracker.value) if cls is type else cls
            _try(ledger.output().current_tx, None, cls, name, value, make)


def _try(
    tx: Any, held: Any, cls: type, name: Any, value: Any, make: Callable[[], Any] | None
) -> None:
    """Raise what Python raises of ``value``, or of every value where it is read only."""
    found = find(cls, name) if isinstance(name, str) else None
    if found is None or not _is_kept_in_c(*found):
        return
    kept = found[1]
    try:
        if make is not None:
            _on_stand_in(kept, make(), value)
        elif name == "__dict__":
            _on_stand_in(vars(_Plain)[name], _Plain(), value)
        else:
            _as_it_is(kept, held)
    except (AttributeError, TypeError) as error:
        raise_in_program(tx, error)


def _is_kept_in_c(owner: type, attribute: Any) -> bool:
    """Whether it is no slot of a class in Python, which takes any value."""
    if type(attribute) is MemberDescriptorType:
        return not can_change(owner)
    return type(attribute) is GetSetDescriptorType


def _as_it_is(kept: Any, held: Any) -> None:
    """Write what is there already, which changes nothing where it can be written at all."""
    try:
        value = kept.__get__(held)
    except Exception:
        return
    kept.__set__(held, value)


def _on_stand_in(kept: Any, stand_in: Any, value: Any) -> None:
    """Write or delete it on another object, where it is known what is written."""
    if not isinstance(stand_in, kept.__objclass__):
        return
    if isinstance(value, DeletedVariable):
        kept.__delete__(stand_in)
    elif value.is_python_constant():
        kept.__set__(stand_in, value.as_python_constant())


WATCHERS: tuple[Watcher, ...] = (
    Watcher(UserDefinedObjectVariable, "method_setattr_standard", "tracing", _written),
    Watcher(SideEffects, "store_attr", "tracing", _stored),
    Watcher(ExceptionVariable, "call_setattr", "tracing", _of_exception, needed=False),
)
