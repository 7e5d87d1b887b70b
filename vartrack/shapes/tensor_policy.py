"""The symbolic context of a tensor: the shape policy applied to each of its dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo import config
from torch._dynamo.exc import unimplemented
from torch._dynamo.source import AttrSource
from torch._dynamo.utils import set_feature_use
from torch._subclasses.meta_utils import is_sparse_any
from torch.fx.experimental.symbolic_shapes import (
    DimDynamic,
    StatefulSymbolicContext,
    SubclassSymbolicContext,
    is_nested_int,
)
from torch.nested._internal.nested_tensor import NestedTensor
from torch.utils._python_dispatch import is_traceable_wrapper_subclass

from vartrack.compat import behaviour, shared
from vartrack.compat.making import make
from vartrack.compat.names import UNBACKED, has_guarding_hint
from vartrack.core.input_errors import check_parts
from vartrack.shapes import dimension_facts, frame_history, reasons, shape_specs, source_lists
from vartrack.shapes.shape_policy import (
    RULES,
    decide,
)

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["context_of", "is_strided_nested"]


def is_strided_nested(tensor: torch.Tensor) -> bool:
    """Whether ``tensor`` is a nested tensor of the old, strided layout."""
    return tensor.is_nested and not isinstance(tensor, NestedTensor)


def context_of(
    tx: Any,
    tensor: torch.Tensor,
    source: Source,
    must_be_static: bool,
    *,
    outer_only: bool = False,
    spec: Any = None,
) -> Any:
    """The symbolic context that ``tensor`` is made fake with.

    Args:
        tx: the tracer.
        tensor: the real tensor.
        source: where it came from.
        must_be_static: whether its whole shape is static.
        outer_only: for a wrapper subclass, leave out the tensors inside.
        spec: the user's spec for it, if a shapes spec is in force.
    """
    if is_strided_nested(tensor):
        unimplemented(
            gb_type="Encountered strided NestedTensor in automatic dynamic dim determination",
            context="",
            explanation=f"{source.name} is a nested tensor of strided layout, which has no sizes "
            "that a symbol could be.",
            hints=["Make it with layout=torch.jagged."],
        )
    earlier = tx.output.tracing_context.tensor_to_context.get(tensor)
    common: dict[str, Any] = {
        "tensor_source": source,
        "shape_env_to_source_to_symbol_cache": (
            earlier.shape_env_to_source_to_symbol_cache if earlier else {}
        ),
        "view_base_context": None,
    }
    if tensor._is_view():
        if is_sparse_any(tensor._base) and not must_be_static:
            _refuse_strides(tensor._base, source)
        place = AttrSource(source, "_base")
        common["view_base_context"] = context_of(tx, tensor._base, place, must_be_static)
    if is_traceable_wrapper_subclass(tensor) and not outer_only:
        return _of_wrapper(tx, tensor, source, must_be_static, common)
    specs = shared.shapes_spec()
    is_static = specs is None and must_be_static and not source_lists.is_dynamic_source(source.name)
    if _has_symbols(tensor) and (behaviour.KEEPS_SYMBOLS or not is_static):
        kinds = [_kind_of_symbol(size) for size in tensor.size()]
        return _of_kinds(tx, kinds, [_TRACED_ALREADY] * tensor.dim(), common)
    # before anything is recorded: a shape that must be static is not to be learnt from
    if is_static:
        whys = [RULES["must_be_static"].words] * tensor.dim()
        return _of_kinds(tx, [DimDynamic.STATIC] * tensor.dim(), whys, common)
    history = frame_history.record_tensor(tx, source.name, tensor)
    if specs is not None:
        kinds = shape_specs.kinds(tensor, source, spec)
        whys = shape_specs.whys(tensor, spec)
        return _of_kinds(tx, kinds, whys, common, constrained=False)
    return _by_policy(tx, tensor, source, must_be_static, history, common)


def _refuse_strides(base: torch.Tensor, source: Source) -> None:
    """Break the graph where automatic dynamic would ask for strides that a sparse base lacks.

    torch asks, and dies of an IndexError; see docs/design/differences.md.
    """
    if config.automatic_dynamic_shapes:
        unimplemented(
            gb_type="Attempted to wrap sparse Tensor",
            context=f"{source.name} is a view of a tensor of layout {base.layout}",
            explanation=f"{source.name} is a view of a sparse tensor, which has no strides that a "
            "symbol could be.",
            hints=["Pass a copy, such as tensor.clone(), or compile with dynamic=False."],
        )


def _of_kinds(
    tx: Any, kinds: list[DimDynamic], whys: list[str], common: Any, *, constrained: bool = True
) -> Any:
    infer = DimDynamic.INFER_STRIDE
    reasons.note_kinds(tx, common["tensor_source"], kinds, whys)
    none = [None] * len(kinds)
    constraints = {"constraint_sizes": none, "constraint_strides": list(none)}
    return StatefulSymbolicContext(
        dynamic_sizes=kinds,
        dynamic_strides=[infer] * len(kinds),
        **(constraints if constrained else {}),
        **common,
    )


_TRACED_ALREADY = "the trace around this one has it so"


def _has_symbols(tensor: torch.Tensor) -> bool:
    sizes = tensor.size()
    return any(isinstance(size, torch.SymInt) and not is_nested_int(size) for size in sizes)


def _kind_of_symbol(size: Any) -> DimDynamic:
    if not isinstance(size, torch.SymInt):
        return DimDynamic.STATIC
    known = not behaviour.KEEPS_UNBACKED_SYMBOLS or has_guarding_hint(size)
    return DimDynamic.DYNAMIC if known else UNBACKED


def _of_wrapper(
    tx: Any, tensor: Any, source: Source, must_be_static: bool, common: Any
) -> SubclassSymbolicContext:
    """One context for the outside of a wrapper subclass, and one for each tensor inside."""
    check_parts(tensor, source)
    outside = context_of(tx, tensor, source, must_be_static, outer_only=True)
    inside = {}
    for name in type(tensor).__tensor_flatten__(tensor)[0]:
        part = getattr(tensor, name)
        if isinstance(part, torch.Tensor):
            inside[name] = context_of(tx, part, AttrSource(source, name), must_be_static)
    context: SubclassSymbolicContext = make(
        SubclassSymbolicContext,
        if_taken={"track_outer_size_stride": not isinstance(tensor, NestedTensor)},
        dynamic_sizes=outside.dynamic_sizes,
        dynamic_strides=outside.dynamic_strides,
        constraint_sizes=outside.constraint_sizes,
        constraint_strides=outside.constraint_strides,
        view_base_context=common["view_base_context"],
        tensor_source=outside.tensor_source,
        shape_env_to_source_to_symbol_cache=outside.shape_env_to_source_to_symbol_cache,
        inner_contexts=inside,
    )
    return context


def _by_policy(
    tx: Any, tensor: Any, source: Source, must_be_static: bool, history: Any, common: Any
) -> Any:
    found, history = dimension_facts.read(tx, tensor, source, must_be_static, history)
    decisions = [decide(facts) for facts in found]
    for dim, decision in enumerate(decisions):
        if decision.size is None:
            # says what is wrong with the config
            frame_history.symbol_kind(f"dimension {dim} of {source.name}")
        if decision.by_automatic_dynamic is not None:
            set_feature_use("dynamo.automatic_dynamic_shapes", decision.by_automatic_dynamic)
    reasons.note_decisions(tx, source, found, decisions)
    special = getattr(tensor, "_specialize_on", {})
    context: StatefulSymbolicContext = make(
        StatefulSymbolicContext,
        if_taken={
            "shape_ids": getattr(tensor, "_dynamo_shape_ids", None),
            "unbacked_bounds": getattr(tensor, "_dynamo_unbacked_bounds", None),
            "excluded_sizes": getattr(history, "excluded_sizes", None),
        },
        dynamic_sizes=[decision.size for decision in decisions],
        dynamic_strides=[decision.stride for decision in decisions],
        constraint_sizes=[decision.size_constraint for decision in decisions],
        constraint_strides=[decision.stride_constraint for decision in decisions],
        specialize_on=[special.get(dim, []) for dim in range(tensor.dim())],
        **common,
    )
    return context
