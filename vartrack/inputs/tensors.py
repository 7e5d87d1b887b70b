"""A tensor as a graph input, or as an attribute of the graph where its address is fixed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo import config, graph_break_hints
from torch._dynamo.decorators import mark_static_address
from torch._dynamo.exc import InternalTorchDynamoError
from torch._dynamo.source import (
    AttrSource,
    GradSource,
    NumpyTensorSource,
    is_constant_source,
    is_from_global_source,
    is_from_nonlocal_source,
    is_from_optimizer_source,
    is_from_unspecialized_nn_module_source,
)
from torch._dynamo.utils import (
    _extract_tensor_dict,
    get_static_address_type,
    is_parameter_freezing,
)
from torch._dynamo.variables.tensor import TensorVariable
from torch._subclasses.fake_tensor import is_fake, maybe_get_fake_mode
from torch._subclasses.meta_utils import is_sparse_any, safe_grad
from torch.utils.weak import TensorWeakRef

from vartrack import graph
from vartrack.compat import behaviour, shared
from vartrack.compat.names import SPARSE_HINTS
from vartrack.core.input_errors import check_parts
from vartrack.graph.fake_tensors import to_fake
from vartrack.graph.placeholders import (
    GraphArg,
    input_name,
    keep_real_value,
    placeholder,
)
from vartrack.inputs import wrappers
from vartrack.shapes import shape_specs
from vartrack.shapes.tensor_policy import is_strided_nested

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker
    from torch._guards import Source

    from vartrack.core.context import BuilderContext

__all__ = ["is_free", "mark_static", "tensor"]

static_inputs_log = torch._logging.getArtifactLogger(
    "torch._dynamo.variables.builder", "cudagraph_static_inputs"
)


def tensor(ctx: BuilderContext, value: Any) -> VariableTracker:
    """The tracker of ``value``, which came from the context's source."""
    source: Any = ctx.source
    output = ctx.tx.output
    if value in output.side_effects:
        raise AssertionError(f"the tensor at {source.name} has a tracker already")
    spec = shape_specs.of_source(source)
    if spec is None and _belongs_to_graph(ctx, value):
        return _attribute(ctx, value, source.name)
    if get_static_address_type(value) == "guarded":
        # its address is guarded, so an input could never be another tensor
        ctx.guard("ID_MATCH")
        return _attribute(ctx, value, source.name)
    if is_constant_source(source):
        return _attribute(ctx, value, input_name(source))
    if source in output.input_source_to_var:
        return output.input_source_to_var[source]

    subclass = wrappers.override_class(value)
    if subclass is not None:
        ctx.guard("TYPE_MATCH")
    check_parts(value, source)
    _refuse_own_fake(ctx, value)
    _refuse_unsupported(ctx, value)
    return _input(ctx, value, subclass, spec)


def _input(ctx: BuilderContext, value: Any, subclass: type | None, spec: Any) -> VariableTracker:
    tx, source = ctx.tx, ctx.source
    fake = to_fake(tx, value, source, is_tensor=True, spec=spec)
    proxy = placeholder(ctx, type(value), fake)
    keep_real_value(tx, proxy, value)
    tracker: Any = graph.wrap_fx_proxy(tx, proxy, fake, subclass, source=source)
    if behaviour.REGISTERS_TENSORS_EARLY:
        ctx.track_existing(value, tracker)
    if value._is_view():
        # the base is no input, but its symbols need a source
        to_fake(tx, value._base, AttrSource(source, "_base"), is_tensor=True)
    guard_tensor(ctx, value)
    wrappers.guard(ctx, value)
    tx.output.input_source_to_var[source] = tracker
    if "tensor_dict" in proxy.node.meta:
        raise AssertionError(f"{proxy.node} belongs to another tensor already")
    proxy.node.meta["tensor_dict"] = _extract_tensor_dict(value)
    example = tracker.proxy.node.meta["example_value"]
    if maybe_get_fake_mode(example) is not tx.fake_mode:
        raise InternalTorchDynamoError(f"the tensor at {source.name} is not fake in this frame")
    proxy.node.meta["grapharg"] = GraphArg(source, value, False, example)
    return tracker


def guard_tensor(ctx: BuilderContext, value: Any) -> None:
    """Guard what the graph depends on: type, dtype, device, layout and symbolic shape."""
    source = ctx.source
    if wrappers.guarded_by_parts(value):
        return
    # an optimizer makes its gradients anew; that there is one is enough
    is_gradient = isinstance(source, GradSource) and is_from_optimizer_source(source)
    kind = "NOT_NONE_MATCH" if is_gradient else "TENSOR_MATCH"
    # what an array was converted to lives nowhere else
    converted = isinstance(source, NumpyTensorSource)
    ctx.guard(kind, value=value if converted else TensorWeakRef(value))


def _attribute(ctx: BuilderContext, value: Any, name: str) -> VariableTracker:
    _refuse_own_fake(ctx, value)
    return ctx.tx.output.register_attr_or_module(value, name, source=ctx.source)


def _belongs_to_graph(ctx: BuilderContext, value: Any) -> bool:
    """Whether ``value`` becomes an attribute of the graph instead of an input."""
    source: Any = ctx.source
    fixed = get_static_address_type(value) is not None
    of_module = source.guard_source.is_unspecialized_nn_module()
    inlines = shared.inlines_modules()
    if inlines and not fixed and (isinstance(value, torch.nn.Parameter) or of_module):
        mark_static(ctx, value, guard=is_parameter_freezing())
        fixed = True
    if config.install_free_tensors and is_free(source):
        return True
    frozen = fixed and (not inlines or is_parameter_freezing() or config.prepare_freezing)
    specialized = source.guard_source.is_specialized_nn_module()
    return (specialized or frozen) and not source.guard_source.is_fsdp_module()


def is_free(source: Source) -> bool:
    """Whether a value from ``source`` is no argument: a global, a closure's or a module's."""
    return (
        is_from_global_source(source)
        or is_from_nonlocal_source(source)
        or is_from_unspecialized_nn_module_source(source)
    )


def mark_static(ctx: BuilderContext, value: torch.Tensor, guard: bool) -> None:
    """Mark one tensor as an input whose address stays the same."""
    if static_inputs_log.isEnabledFor(logging.DEBUG):
        static_inputs_log.debug("static input at %s: tensor %s", ctx.source.name, id(value))
    mark_static_address(value, guard=guard)
    side_effects = ctx.tx.output.side_effects
    if value in side_effects and isinstance(known := side_effects[value], TensorVariable):
        meta = known.proxy.node.meta
        meta["tensor_dict"]["_dynamo_static_input_type"] = value._dynamo_static_input_type


def _refuse_own_fake(ctx: BuilderContext, value: Any) -> None:
    if is_fake(value) and maybe_get_fake_mode(value) is ctx.tx.fake_mode:
        raise InternalTorchDynamoError(f"the tensor at {ctx.source.name} is of this frame itself")


def _refuse_unsupported(ctx: BuilderContext, value: Any) -> None:
    name = ctx.source.name  # type: ignore[union-attr]
    if is_strided_nested(value):
        ctx.unsupported(
            "Attempted to wrap strided NestedTensor",
            explanation=f"{name} is a nested tensor of strided layout, which cannot be traced.",
            hints=["Make it with layout=torch.jagged."],
        )
    if is_sparse_any(value) and not (ctx.tx.export and config.capture_sparse_compute):
        ctx.unsupported(
            "Attempted to wrap sparse Tensor",
            explanation=f"{name} is a sparse tensor ({value.layout}). Sparse tensors cannot be "
            "traced yet.",
            hints=SPARSE_HINTS,
        )
    if behaviour.REFUSES_TANGENTS and _tangent(value) is not None:
        ctx.unsupported(
            "Attempted to wrap a dual tensor input",
            explanation=f"{name} carries a forward-mode tangent, which compiled code would drop "
            "without a word.",
            hints=["Call torch.func.jvp inside the compiled function instead."],
        )
    grad = safe_grad(value) if _has_grad(value) else None
    if grad is not None and grad.dtype != value.dtype:
        ctx.unsupported(
            "dtype mismatch between tensor and its gradient",
            explanation=f"{name} is of {value.dtype} and its gradient of {grad.dtype}. A fake "
            "tensor cannot have a gradient of another dtype, as FSDP makes.",
            context=f"tensor dtype: {value.dtype}; grad dtype: {grad.dtype}",
            hints=graph_break_hints.SUPPORTABLE,
        )


def _has_grad(value: Any) -> bool:
    with torch._logging.hide_warnings(torch._logging._internal.safe_grad_filter):
        return hasattr(value, "grad")


def _tangent(value: Any) -> Any:
    if torch._C._functorch.peek_interpreter_stack() is not None:
        return None
    try:
        return torch.autograd.forward_ad.unpack_dual(value).tangent
    except RuntimeError:
        return None
