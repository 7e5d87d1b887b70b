"""From a real tensor to the fake one that is traced with."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import torch
from torch._dispatch.python import enable_python_dispatcher
from torch._dynamo.source import (
    AttrSource,
    CallMethodItemSource,
    FloatTensorSource,
    is_constant_source,
)
from torch._dynamo.utils import (
    TensorStaticReason,
    tensor_always_has_static_shape,
    wrap_fake_exception,
)
from torch._subclasses.fake_tensor import FakeTensor
from torch._subclasses.meta_utils import is_sparse_any
from torch.fx.experimental.symbolic_shapes import ConstraintViolationError, TrackedFake
from torch.utils._python_dispatch import is_traceable_wrapper_subclass

from vartrack.compat import behaviour, spec_wiring
from vartrack.compat.names import check_device
from vartrack.core import input_errors
from vartrack.shapes import reasons, tensor_policy

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["to_fake"]


def to_fake(
    tx: Any,
    value: Any,
    source: Source,
    *,
    is_tensor: bool,
    parent: Any = None,
    spec: Any = None,
) -> Any:
    """The fake tensor for ``value``, with its symbols recorded for the guards.

    Args:
        tx: the tracer.
        value: a tensor; anything else comes back as it is.
        source: where it came from.
        is_tensor: whether it is a tensor in the program; what is not has a static shape.
        parent: the symbolic context of the wrapper subclass that it is a part of.
        spec: the user's spec for it, if a shapes spec is in force.
    """
    start = time.time_ns()
    try:
        if not isinstance(value, torch.Tensor):
            return value
        return _to_fake(tx, value, source, is_tensor, parent, spec)
    finally:
        if behaviour.NOTES_TIMES:
            tx.output.bytecode_tracing_timings.wrap_to_fake_tensor_and_record_ns += (
                time.time_ns() - start
            )


def _to_fake(
    tx: Any, value: torch.Tensor, source: Source, is_tensor: bool, parent: Any, spec: Any
) -> Any:
    check_device(value, source)
    must_be_static, because = tensor_always_has_static_shape(value, is_tensor, tensor_source=source)
    if parent is None:
        context = tensor_policy.context_of(tx, value, source, must_be_static, spec=spec)
    else:
        assert isinstance(source, AttrSource), f"{source} is no part of a wrapper subclass"
        context = parent.inner_contexts[source.member]

    # subclass authors look at the dispatcher to see that they are being compiled
    with enable_python_dispatcher():
        try:
            fake: Any = wrap_fake_exception(
                lambda: tx.fake_mode.from_tensor(value, source=source, symbolic_context=context)
            )
        except ConstraintViolationError as error:
            exported = bool(tx.output.export_constraints)
            raise input_errors.outside(error, value, source, context, exported) from None
        except RuntimeError:
            input_errors.check_bounds(value, source, context)
            raise
    if spec is not None:
        spec_wiring.tie_sizes(spec, fake)
    reasons.note_tensor(tx, source, fake, _STATIC_WHY.get(because, ""))
    _track_item(tx, fake, source, context)
    if is_traceable_wrapper_subclass(fake):
        for name in fake.__tensor_flatten__()[0]:
            inside = isinstance(getattr(fake, name), torch.Tensor)
            place = AttrSource(source, name)
            to_fake(tx, getattr(value, name), place, is_tensor=inside, parent=context)
    tx.output.tracing_context.tensor_to_context[value] = context
    tx.output.input_source_to_sizes_strides[source] = _layout(fake)
    fixed = must_be_static and source.is_specialized_nn_module()
    if is_tensor and not fixed and not is_constant_source(source):
        tx.output.tracked_fakes.append(TrackedFake(fake, source, context))
        tx.output.tracked_fakes_id_to_source[id(value)].append(source)
    return fake


_STATIC_WHY = {
    TensorStaticReason.PARAMETER: (
        "parameters and buffers have static shapes (config.force_parameter_static_shapes)"
    ),
    TensorStaticReason.NN_MODULE_PROPERTY: (
        "tensors of such a module have static shapes "
        "(config.force_nn_module_property_static_shapes)"
    ),
    TensorStaticReason.NOT_TENSOR: "it is no tensor in the program, but travels as one",
}


def _track_item(tx: Any, fake: Any, source: Source, context: Any) -> None:
    """Have the symbol of a zero-dimensional tensor's number guarded, if it has one."""
    symbol = fake.item_memo if isinstance(fake, FakeTensor) else None
    if symbol is None:
        return
    # a float that travels as a tensor is known by its own source
    float_input = behaviour.KNOWS_ITEMS_OF_FLOATS and isinstance(source, FloatTensorSource)
    place = source.base if float_input else CallMethodItemSource(source)
    tx.output.tracked_fakes.append(TrackedFake(symbol, place, context))


def _layout(fake: Any) -> dict[str, Any]:
    """Sizes and strides as the guards of the tensor's source see them."""
    if not is_sparse_any(fake):
        return {"size": fake.size(), "stride": fake.stride()}
    values = fake._values() if fake.is_sparse else fake.values()
    return {
        "size": fake.size(),
        "stride": (1,) * fake.ndim,
        "values_size": values.size(),
        "values_stride": values.stride(),
    }
