"""Classes and functions of torch that moved or were renamed between releases."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from operator import attrgetter
from types import ModuleType
from typing import Any

import torch
from torch._dynamo.variables.lazy import LazyVariableTracker
from torch.fx.experimental.symbolic_shapes import DimDynamic
from torch.utils._sympy.value_ranges import ValueRanges

__all__ = [
    "CURRENT_STREAM_INDEX",
    "GUARD_VALUE_DISPATCH",
    "LAZY",
    "NO_SUCH_SUBOBJ",
    "OBJECTS",
    "OF_MATH",
    "SPARSE_HINTS",
    "UNBACKED",
    "AnyListIteratorVariable",
    "AnySetVariable",
    "BaseBuiltinVariable",
    "BoundBuiltinMethodVariable",
    "BuiltinMethodVariable",
    "ByteArrayVariable",
    "CallMethodVariable",
    "ClassMethodVariable",
    "ContextVarVariable",
    "CountIteratorVariable",
    "CudagraphOverrideManager",
    "CudagraphOverrideVariable",
    "DefaultDictVariable",
    "DeviceMeshVariable",
    "DictBuiltinVariable",
    "DictKeySetVariable",
    "DictSpec",
    "DunderDictVariable",
    "EnumVariable",
    "ExceptionVariable",
    "FakeIdVariable",
    "FakeTensorObservedException",
    "FrozensetVariable",
    "FunctoolsWrapsVariable",
    "GenericContextVariable",
    "GetSetDescriptorVariable",
    "HashableTracker",
    "IgnoredFunctionVariable",
    "InspectVariable",
    "IntVar",
    "IterBuiltinVariable",
    "LazyConstantVariable",
    "LeafSpec",
    "ListBehindSource",
    "ListBuiltinVariable",
    "ListReverseIteratorVariable",
    "MemPoolVariable",
    "MemberDescriptorVariable",
    "MethodDescriptorVariable",
    "MethodWrapperVariable",
    "NamedTupleVariable",
    "ObjectSpec",
    "ObjectVariable",
    "OpaqueBase",
    "OpaqueClassVariable",
    "OpaqueObjectVariable",
    "OrderedDictVariable",
    "OrderedSetClassVariable",
    "OrderedSetVariable",
    "PlacementClassVariable",
    "PlacementVariable",
    "ProcessGroupVariable",
    "PropertyVariable",
    "RecordFunctionVariable",
    "SentinelVariable",
    "SeqSpec",
    "SetVariable",
    "SideEffectsProxyDict",
    "SimpleNamespaceVariable",
    "SlotDef",
    "StaticMethodVariable",
    "TensorSpec",
    "TorchVersionVariable",
    "TracebackVariable",
    "TritonSetAllocatorVariable",
    "UnmanagedAutocast",
    "UnwrapSource",
    "UserDefinedConstantVariable",
    "UserDefinedEnumClassVariable",
    "WrapperDescriptorVariable",
    "check_device",
    "content_and_attributes",
    "declared_range",
    "final_typing_classes",
    "find",
    "get_type_slots",
    "has_guarding_hint",
    "invoke_subgraph",
    "is_from_proxy",
    "is_generic_context",
    "is_hashable",
    "is_manager_clone",
    "is_opaque_class",
    "is_opaque_reference",
    "is_opaque_value",
    "is_pybind_enum_member",
    "is_torch_class",
    "is_unawaited",
    "items_left",
    "list_behind",
    "normalize_count_iter",
    "object_protocol",
    "reduce_ex",
    "should_hoist",
    "worked_out_later",
]


def find(*places: str) -> Any:
    """The first of ``places``, given as ``"module:name"`` below torch, that exists; or None.

    What is named may be a module that its package has not imported yet.
    """
    for place in places:
        path, _, name = place.partition(":")
        try:
            module = importlib.import_module(f"torch.{path}")
            try:
                return attrgetter(name)(module)
            except AttributeError:
                return importlib.import_module(f"torch.{path}.{name}")
        except ImportError:
            continue
    return None


_variables = "_dynamo.variables"

#: By the name of a function of `math` what a graph calls for it on numbers that are symbols.
OF_MATH: dict[str, Any] = {
    name: called
    for name in vars(math)
    if (called := getattr(torch, f"_sym_{name}", None)) is not None
}
#: The key of a dict or set of trackers.
is_hashable: Any = find(f"{_variables}.hashable:is_hashable", f"{_variables}.dicts:is_hashable")
HashableTracker: Any = find(
    f"{_variables}.hashable:HashableTracker",
    f"{_variables}.dicts:ConstDictVariable._HashableTracker",
)
#: What makes dicts: a class of its own from 2.12 on, before a function like any other.
DictBuiltinVariable: Any = find(
    f"{_variables}.builtin:DictBuiltinVariable", f"{_variables}.builtin:BuiltinVariable"
)
#: Which special methods a class has, as bits; up to 2.11 torch does not ask that.
get_type_slots: Any = find("_C._dynamo:get_type_slots")
#: What torch does where Python asks special methods; up to 2.11 there is no such module.
object_protocol: Any = find(f"{_variables}:object_protocol") or ModuleType("object_protocol")
#: What torch does with nested regions; up to 2.11 there is no such module.
invoke_subgraph: Any = find(f"{_variables}:invoke_subgraph") or ModuleType("invoke_subgraph")

#: The guards that torch can ask of another object, by name.
GUARD_VALUE_DISPATCH: Any = find("_dynamo.guards:GUARD_VALUE_DISPATCH") or {}

_opaque = "_library.opaque_object"

# specs of dynamic shapes, from 2.13 on
_specs = "fx.experimental.dynamic_spec"
DictSpec: Any = find(f"{_specs}:DictSpec")
IntVar: Any = find(f"{_specs}:IntVar")
LeafSpec: Any = find(f"{_specs}:LeafSpec")
ObjectSpec: Any = find(f"{_specs}:ObjectSpec")
SeqSpec: Any = find(f"{_specs}:SeqSpec")
TensorSpec: Any = find(f"{_specs}:TensorSpec")

#: Bound methods in C: all of them from 2.13 on, two kinds before.
BoundBuiltinMethodVariable: Any = find(f"{_variables}.functions:BoundBuiltinMethodVariable")
BuiltinMethodVariable: Any = find(f"{_variables}.functions:BuiltinMethodVariable")
DefaultDictVariable: Any = find(
    f"{_variables}.user_defined:DefaultDictVariable", f"{_variables}.dicts:DefaultDictVariable"
)
GetSetDescriptorVariable: Any = find(
    f"{_variables}.functions:GetSetDescriptorVariable",
    f"{_variables}.misc:GetSetDescriptorVariable",
)
MemberDescriptorVariable: Any = find(f"{_variables}.functions:MemberDescriptorVariable")
MethodWrapperVariable: Any = find(
    f"{_variables}.functions:MethodWrapperVariable", f"{_variables}.misc:MethodWrapperVariable"
)
RecordFunctionVariable: Any = find(f"{_variables}.ctx_manager:RecordFunctionVariable")
TorchVersionVariable: Any = find(f"{_variables}.misc:TorchVersionVariable")
SetVariable: Any = find(f"{_variables}.sets:SetVariable", f"{_variables}.dicts:SetVariable")
#: The base of the trackers of all kinds of sets.
AnySetVariable: Any = (
    find(f"{_variables}.sets:BaseSetVariable", f"{_variables}.sets:SetVariable") or SetVariable
)
#: The base of the trackers of iterators over what they hold.
AnyListIteratorVariable: Any = find(
    f"{_variables}.lists:BaseListIteratorVariable", f"{_variables}.lists:ListIteratorVariable"
)
ByteArrayVariable: Any = find(f"{_variables}.lists:ByteArrayVariable")
#: From 2.14 on the tracker of a method of an object whose tracker has its methods in one function.
CallMethodVariable: Any = find(f"{_variables}.misc:CallMethodVariable")
ContextVarVariable: Any = find(f"{_variables}.misc:ContextVarVariable")
GenericContextVariable: Any = find(f"{_variables}.ctx_manager:GenericContextWrappingVariable")
#: The classes of the trackers of objects of a user's class that are no more than that: of others
#: torch has an idea of its own, as of what is in a container.
OBJECTS: frozenset[type] = frozenset(
    {
        find(f"{_variables}.user_defined:UserDefinedObjectVariable"),
        find(f"{_variables}.user_defined:UserDefinedExceptionObjectVariable"),
        find(f"{_variables}.user_defined:MutableMappingVariable"),
        GenericContextVariable,
    }
    - {None}
)
ListReverseIteratorVariable: Any = find(f"{_variables}.lists:ListReverseIteratorVariable")
MemPoolVariable: Any = find(f"{_variables}.memory:CUDAMemPoolVariable")
PropertyVariable: Any = find(f"{_variables}.functions:PropertyVariable")
ClassMethodVariable: Any = find(f"{_variables}.functions:ClassMethodVariable")
#: What trackers of builtin functions and types have in common; up to 2.11 there is one for all.
BaseBuiltinVariable: Any = find(f"{_variables}.builtin:BaseBuiltinVariable") or find(
    f"{_variables}.builtin:BuiltinVariable"
)
#: Since 2.13 the tracker of a method in C that its class gives where none is bound.
WrapperDescriptorVariable: Any = find(f"{_variables}.functions:WrapperDescriptorVariable")
StaticMethodVariable: Any = find(f"{_variables}.functions:StaticMethodVariable")
SentinelVariable: Any = find(f"{_variables}.misc:SentinelVariable")
SimpleNamespaceVariable: Any = find(f"{_variables}.user_defined:SimpleNamespaceVariable")
#: In 2.13 the tracker of a user-defined object around a dict, from 2.14 on a dict's tracker.
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

#: The hints of graph breaks because of sparse tensors; 2.10 has none of their own.
SPARSE_HINTS: list[str] = find("_dynamo.graph_break_hints:SPARSE_TENSOR") or find(
    "_dynamo.graph_break_hints:SUPPORTABLE"
)


class _NoTracker:
    """Stands for the class of trackers that the running torch does not have."""

    _nonvar_fields: frozenset[str] = frozenset()


# 2.12 brought these
#: What a look-up gives where nothing is.
NO_SUCH_SUBOBJ: Any = find(f"{_variables}.base:NO_SUCH_SUBOBJ") or object()
ExceptionVariable: Any = find(
    f"{_variables}.exception:ExceptionVariable", f"{_variables}.misc:ExceptionVariable"
)
DunderDictVariable: Any = find(f"{_variables}.dicts:DunderDictVariable") or _NoTracker
#: Up to 2.11 `iter` is a built-in function like others.
IterBuiltinVariable: Any = find(
    f"{_variables}.builtin:IterBuiltinVariable", f"{_variables}.builtin:BuiltinVariable"
)
ListBuiltinVariable: Any = find(f"{_variables}.builtin:ListBuiltinVariable") or _NoTracker
CountIteratorVariable: Any = find(f"{_variables}.iter:CountIteratorVariable")
normalize_count_iter: Any = find("_dynamo.utils:normalize_count_iter")
CudagraphOverrideManager: Any = find("_dynamo.decorators:CudagraphOverrideContextManager")
CudagraphOverrideVariable: Any = find(f"{_variables}.ctx_manager:CudagraphOverrideVariable")
UnmanagedAutocast: Any = find("amp.autocast_mode:_UnmanagedAutocast")
MethodDescriptorVariable: Any = (
    find(f"{_variables}.functions:MethodDescriptorVariable") or _NoTracker
)
UserDefinedConstantVariable: Any = (
    find(f"{_variables}.user_defined:UserDefinedConstantVariable") or _NoTracker
)
#: The number that the table of external objects keeps free for the current stream.
CURRENT_STREAM_INDEX: int | None = find("_dynamo.graph_bytecode_inputs:CURRENT_STREAM_INDEX")

#: What is traced for `object.__reduce_ex__`.
reduce_ex: Any = getattr(
    find("_dynamo.polyfills.copy:reduce_ex_user_defined_object"), "__torch_dynamo_polyfill__", None
)

# 2.12 took these away
DeviceMeshVariable: Any = find(f"{_variables}.distributed:DeviceMeshVariable")
EnumVariable: Any = find(f"{_variables}.constant:EnumVariable")
FunctoolsWrapsVariable: Any = find(f"{_variables}.functions:FunctoolsWrapsVariable")
PlacementClassVariable: Any = find(f"{_variables}.distributed:PlacementClassVariable")
PlacementVariable: Any = find(f"{_variables}.distributed:PlacementVariable")
ProcessGroupVariable: Any = find(f"{_variables}.distributed:ProcessGroupVariable")
UserDefinedEnumClassVariable: Any = find(f"{_variables}.user_defined:UserDefinedEnumClassVariable")

# 2.11 brought these
IgnoredFunctionVariable: Any = find(f"{_variables}.misc:IgnoredFunctionVariable")
InspectVariable: Any = find(f"{_variables}.user_defined:InspectVariable")
LazyConstantVariable: Any = find(f"{_variables}.lazy:LazyConstantVariable")
#: The classes of trackers that build a value when it is first needed.
LAZY: tuple[type, ...] = (
    LazyVariableTracker,
    *(() if LazyConstantVariable is None else (LazyConstantVariable,)),
)
ObjectVariable: Any = find(f"{_variables}.misc:ObjectVariable")
OrderedSetClassVariable: Any = find(
    f"{_variables}.sets:OrderedSetClassVariable", f"{_variables}.dicts:OrderedSetClassVariable"
)
OrderedSetVariable: Any = find(
    f"{_variables}.sets:OrderedSetVariable", f"{_variables}.dicts:OrderedSetVariable"
)
#: An id that is compared with others of the same trace, and no more. 2.12 brought it.
FakeIdVariable: Any = find(f"{_variables}.constant:FakeIdVariable")
#: The items of the ``__dict__`` of an object, where torch has a tracker of one.
SideEffectsProxyDict: Any = find(f"{_variables}.dicts:SideEffectsProxyDict")
#: Takes a function and its arguments: what is worked out of them at every call, without a guard;
#: None where torch has no such thing for them. 2.14 brought it.
worked_out_later: Any = find(f"{_variables}.builtin:_try_computed_lazy_constant")
#: Classes of typing objects that are told by being instances, where that is needed.
final_typing_classes: tuple[type, ...] = find("_dynamo.utils:_builtin_final_typing_classes") or ()
#: The kind of a size that nothing is known of; 2.10 had one that is known to be a size.
UNBACKED: Any = getattr(DimDynamic, "UNBACKED", None) or getattr(
    DimDynamic, "SIZE_LIKE_UNBACKED", None
)
should_hoist: Callable[[type], bool] = find(f"{_opaque}:should_hoist") or (lambda cls: False)
#: And took this one away.
TracebackVariable: Any = find(f"{_variables}.functions:TracebackVariable")

DictKeySetVariable: Any = find(
    f"{_variables}.sets:DictKeySetVariable", f"{_variables}.dicts:DictKeySetVariable"
)
#: From 2.14 on: one of the methods that Python calls by a slot of the type.
SlotDef: Any = find(f"{_variables}.base:SlotDef")
FrozensetVariable: Any = find(
    f"{_variables}.sets:FrozensetVariable", f"{_variables}.dicts:FrozensetVariable"
)
NamedTupleVariable: Any = find(
    f"{_variables}.lists:NamedTupleVariable", f"{_variables}.user_defined:NamedTupleVariable"
)
TritonSetAllocatorVariable: Any = find(
    f"{_variables}.functions:TritonSetAllocatorVariable",
    f"{_variables}.functions:TritonSetAllocatorSkipVariable",
)

#: From 2.13 on; before, no such member has a tracker of its own.
is_pybind_enum_member: Callable[[Any], bool] = find("_dynamo.utils:is_pybind11_enum_member") or (
    lambda value: False
)
is_torch_class: Callable[[type], bool] = find("_dynamo.utils:is_torch_class")
is_generic_context: Callable[[type], bool] = find(
    f"{_variables}.user_defined:is_generic_ctx_manager_cls"
)

#: Base of the opaque objects that a wrapper subclass may keep next to its tensors.
OpaqueBase: Any = find("_custom_class_base:CustomClassBase", "_opaque_base:OpaqueBase")
#: The source of the list behind a reverse iterator, the list, and its length; from 2.15 on.
ListBehindSource: Any = find("_dynamo.source:ListReverseIteratorBackingListSource")
list_behind: Any = find("_dynamo.utils:list_reverseiterator_backing_list")
items_left: Any = find("_dynamo.utils:list_reverseiterator_len")

#: The source of what a collective's result holds, and whether a class is that of such a result
#: that is not waited for yet; from 2.14 on.
UnwrapSource: Any = find("_dynamo.source:UnwrapCollectiveTensorSource")
is_unawaited: Any = find("_functorch._aot_autograd.utils:is_async_collective_tensor_type")

#: Whether a source leads through the proxy of a module's attributes; from 2.15 on.
is_from_proxy: Any = find("_dynamo.source:is_from_attr_proxy_source")

#: What torch raises in the program where an operator fails on fake tensors; from 2.15 on.
FakeTensorObservedException: Any = find("_dynamo.exc:FakeTensorObservedException")

#: Whether a method is that which makes a context manager anew; from 2.15 on.
is_manager_clone: Any = find(
    f"{_variables}.user_defined:is_reconstructable_decorator_ctx_manager_clone"
)

#: Whether something is known of a symbolic size; from 2.12 on.
has_guarding_hint: Any = find(
    "fx.experimental.symbolic_shapes:has_guarding_hint", "fx.experimental.symbolic_shapes:has_hint"
)

_range_of: Any = find("_dynamo.decorators:_get_dim_range")
_as_value_range: Any = find("_dynamo.decorators:_dim_range_to_value_ranges")


def declared_range(tensor: Any, dim: int) -> Any:
    """The value range that was declared with the dynamic mark of ``dim``, or None.

    Up to 2.14 a range without bounds counts as none.
    """
    if _range_of is not None:
        declared = _range_of(tensor, dim)
        return None if declared is None else _as_value_range(declared)
    ranges = [each for each in getattr(tensor, "_dynamo_dynamic_range", ()) if each.dim == dim]
    if not ranges or (ranges[-1].min is None and ranges[-1].max is None):
        return None
    return ValueRanges(lower=ranges[-1].min, upper=ranges[-1].max)


def check_device(tensor: Any, source: Any) -> None:
    """Refuse a tensor on another accelerator than the current one, where ranks share code."""
    if not _shares_code():
        return
    device = tensor.device
    if device.type in ("cpu", "meta"):
        return
    current = torch.accelerator.current_accelerator()
    if current is not None and device.type == current.type:
        index = torch.accelerator.current_device_index()
        if device.index in (None, index):
            return
        current = torch.device(current.type, index)
    raise RuntimeError(
        f"device_as_parameter: {source.name} is on {device}, not on the current accelerator "
        f"({current}), so its graph cannot serve every rank; move it there first."
    )


#: From 2.15 on: whether one rank compiles for all.
_shares_code: Any = find("fx.experimental.proxy_tensor:_coor_enabled") or (lambda: False)


def content_and_attributes() -> type:
    """The mutation type of values whose content and attributes can both change; from 2.15 on."""
    return _CONTENT_AND_ATTRIBUTES


_CONTENT_AND_ATTRIBUTES: Any = find(f"{_variables}.base:ValueAndAttributeMutationExisting")
