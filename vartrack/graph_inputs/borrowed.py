"""The machinery for graph inputs that is still torch's own: all of it, listed here by name.

Every use is counted in `Compile.borrowed` and shown by ``explain``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._dynamo.source import LocalSource
from torch._dynamo.utils import get_locals_to_steal

from vartrack import compat

if TYPE_CHECKING:
    import numpy as np
    import torch
    from torch._dynamo.variables.base import VariableTracker

    from vartrack.context import BuilderContext

__all__ = [
    "BORROWED",
    "BORROWED_HELPERS",
    "TorchSourcelessBuilder",
    "TorchVariableBuilder",
    "helpers",
    "is_stolen",
    "ndarray",
    "stolen_list",
    "symbolic_float",
    "symbolic_int",
    "tensor",
    "unspecialized_primitive",
]

#: torch's own builders, held from before vartrack can replace their names.
TorchVariableBuilder: Any = compat.stock_builder().VariableBuilder
TorchSourcelessBuilder: Any = compat.stock_builder().SourcelessBuilder

#: torch's own builder module, for its helpers that read the user's lists of dynamic sources.
helpers: Any = compat.stock_builder()

#: The helpers that are used.
BORROWED_HELPERS = (
    "is_dynamic_source",
    "is_dynamic_value",
    "is_unbacked_source",
    "lookup_spec_from_dynamo_source",
    "_wire_spec_slot",
    "wrap_fx_proxy",
    "GraphArg",
)

#: The methods of torch's own ``VariableBuilder`` that are used.
BORROWED = (
    "wrap_tensor",
    "wrap_numpy_ndarray",
    "wrap_symint",
    "wrap_symfloat",
    "wrap_unspecialized_primitive",
    "wrap_listlike",
)


def _borrow(ctx: BuilderContext, method: str, value: Any, **options: Any) -> VariableTracker:
    ctx.compile.borrowed[method] += 1
    builder = TorchVariableBuilder(ctx.tx, ctx.source, ctx.allow_lazy_constant)
    tracker = getattr(builder, method)(value, **options)
    ctx.source = builder.source
    return tracker


def tensor(ctx: BuilderContext, value: torch.Tensor) -> VariableTracker:
    """A tensor as a graph input or, where torch wants that, a graph attribute."""
    return _borrow(ctx, "wrap_tensor", value)


def ndarray(ctx: BuilderContext, value: np.ndarray[Any, Any]) -> VariableTracker:
    """An array as a graph input that is converted to a tensor."""
    return _borrow(ctx, "wrap_numpy_ndarray", value)


def symbolic_int(ctx: BuilderContext, value: int, **options: Any) -> VariableTracker:
    """An int as a symbol, or as a constant where the dynamic-shape policy says static."""
    return _borrow(ctx, "wrap_symint", value, **options)


def symbolic_float(ctx: BuilderContext, value: float) -> VariableTracker:
    """A float as a symbol, or as a constant where the dynamic-shape policy says static."""
    return _borrow(ctx, "wrap_symfloat", value)


def unspecialized_primitive(ctx: BuilderContext, value: Any) -> VariableTracker:
    """A number as a zero-dimensional tensor input."""
    return _borrow(ctx, "wrap_unspecialized_primitive", value)


def is_stolen(ctx: BuilderContext) -> bool:
    """Whether the source is a local whose tensors compiled autograd wants freed one by one."""
    source = ctx.source
    if type(source) is not LocalSource:
        return False
    frame_self = ctx.tx.output.local_scope.get("self")
    return source.local_name in get_locals_to_steal(frame_self)


def stolen_list(ctx: BuilderContext, value: list[Any]) -> VariableTracker:
    """A list of tensors as one graph input that is unpacked inside the graph."""
    return _borrow(ctx, "wrap_listlike", value)
