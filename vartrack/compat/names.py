"""Classes and functions of torch that moved or were renamed between releases."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, TypeVar

from torch._dynamo.variables.base import VariableTracker

__all__ = [
    "ByteArrayVariable",
    "ContextVarVariable",
    "GenericContextVariable",
    "IntVar",
    "ListReverseIteratorVariable",
    "MemPoolVariable",
    "OpaqueClassVariable",
    "OpaqueObjectVariable",
    "OrderedDictVariable",
    "PropertyVariable",
    "SentinelVariable",
    "SetVariable",
    "SimpleNamespaceVariable",
    "content_and_attributes",
    "find",
    "is_generic_context",
    "is_opaque_class",
    "is_opaque_reference",
    "is_opaque_value",
    "read_attribute",
    "tracker",
]

T = TypeVar("T", bound=type)


def find(*places: str) -> Any:
    """The first of ``places``, given as ``"module:name"`` below torch, that exists; or None."""
    for place in places:
        module, _, name = place.partition(":")
        try:
            return getattr(importlib.import_module(f"torch.{module}"), name)
        except (ImportError, AttributeError):
            continue
    return None


_variables = "_dynamo.variables"
_opaque = "_library.opaque_object"

IntVar: Any = find("fx.experimental.dynamic_spec:IntVar")
SetVariable: Any = find(f"{_variables}.sets:SetVariable", f"{_variables}.dicts:SetVariable")
ByteArrayVariable: Any = find(f"{_variables}.lists:ByteArrayVariable")
ContextVarVariable: Any = find(f"{_variables}.misc:ContextVarVariable")
GenericContextVariable: Any = find(f"{_variables}.ctx_manager:GenericContextWrappingVariable")
ListReverseIteratorVariable: Any = find(f"{_variables}.lists:ListReverseIteratorVariable")
MemPoolVariable: Any = find(f"{_variables}.memory:CUDAMemPoolVariable")
PropertyVariable: Any = find(f"{_variables}.functions:PropertyVariable")
SentinelVariable: Any = find(f"{_variables}.misc:SentinelVariable")
SimpleNamespaceVariable: Any = find(f"{_variables}.user_defined:SimpleNamespaceVariable")
#: Up to 2.13 the tracker of a user-defined object around a dict, from 2.14 a dict's tracker.
OrderedDictVariable: Any = find(
    f"{_variables}.dicts:OrderedDictVariable", f"{_variables}.user_defined:OrderedDictVariable"
)
OpaqueObjectVariable: Any = find(
    f"{_variables}.script_object:CustomClassObjectVariable",
    f"{_variables}.script_object:TorchScriptObjectVariable",
)
OpaqueClassVariable: Any = find(
    f"{_variables}.script_object:CustomClassVariable",
    f"{_variables}.script_object:OpaqueObjectClassVariable",
)
is_opaque_class: Callable[[type], bool] = find(
    f"{_opaque}:is_custom_class", f"{_opaque}:is_opaque_type"
)
is_opaque_value: Callable[[type], bool] = find(
    f"{_opaque}:is_opaque_constant_type", f"{_opaque}:is_opaque_value_type"
)
is_opaque_reference: Callable[[type], bool] = find(
    f"{_opaque}:is_opaque_symbolic_type", f"{_opaque}:is_opaque_reference_type"
)

is_generic_context: Callable[[type], bool] = find(
    f"{_variables}.user_defined:is_generic_ctx_manager_cls"
)

#: Which method of a tracker reads an attribute: renamed in 2.14.
_READ = "tp_getattro_impl" if hasattr(VariableTracker, "tp_getattro_impl") else "var_getattr"


def read_attribute(tracker: VariableTracker, tx: Any, name: str) -> VariableTracker:
    """The tracker of the attribute ``name`` of what ``tracker`` stands for."""
    return getattr(tracker, _READ)(tx, name)


def tracker(cls: T) -> T:
    """Decorate a tracker class whose ``var_getattr`` is to be found under this torch's name."""
    if _READ != "var_getattr" and "var_getattr" in vars(cls):
        setattr(cls, _READ, vars(cls)["var_getattr"])
    return cls


def content_and_attributes() -> type:
    """The mutation type of values whose content and attributes can both change; from 2.15 on."""
    return _CONTENT_AND_ATTRIBUTES


_CONTENT_AND_ATTRIBUTES: Any = find(f"{_variables}.base:ValueAndAttributeMutationExisting")
