"""A NumPy array as a graph input: compiled code turns it into a tensor first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from torch._dynamo.exc import unimplemented
from torch._dynamo.source import NumpyTensorSource
from torch._dynamo.variables.lazy import LazyVariableTracker
from torch._dynamo.variables.tensor import NumpyNdarrayVariable
from torch._dynamo.variables.torch_function import torch_function_mode_stack_state_mgr
from torch._numpy import _util
from torch._prims_common import clone_preserve_strides

from vartrack import graph
from vartrack.graph.fake_tensors import to_fake
from vartrack.graph.placeholders import GraphArg, keep_real_value, placeholder

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker

    from vartrack.core.context import BuilderContext

__all__ = ["ndarray"]


def ndarray(ctx: BuilderContext, value: np.ndarray[Any, Any]) -> VariableTracker:
    """The tracker of ``value``.

    The tensor it converts to is built first, as an input of its own that nothing uses: that
    guards the array as a tensor is guarded.
    """
    return _input(ctx, value)


def _input(ctx: BuilderContext, value: np.ndarray[Any, Any]) -> VariableTracker:
    tx = ctx.tx
    inside = ctx.under(NumpyTensorSource)
    source: Any = inside.source
    tensor = _convert(value, ctx.source.name)  # type: ignore[union-attr]
    LazyVariableTracker.realize_all(inside.visit(tensor))
    fake = to_fake(tx, tensor, source, is_tensor=False)
    proxy = placeholder(ctx, type(tensor), fake, source)
    keep_real_value(tx, proxy, tensor)
    tracker: Any = graph.wrap_fx_proxy_cls(NumpyNdarrayVariable, tx, proxy, fake, source=source)
    tx.output.input_source_to_var[source] = tracker
    proxy.node.meta["grapharg"] = GraphArg(
        source,
        tensor,
        pass_arg_as_tensor=True,
        fake_tensor=tracker.proxy.node.meta["example_value"],
        is_tensor=True,
        example_strong_ref=tensor,
    )
    tracker.source = ctx.source
    return tracker


def _convert(value: np.ndarray[Any, Any], name: str) -> Any:
    """The tensor for ``value``: over the same memory, or over a copy if that is read-only."""
    read_only = not value.flags.writeable
    if read_only:
        _let_be_written(value)
    # a torch function mode of the program must not see the conversion
    with torch_function_mode_stack_state_mgr.temp_restore_stack():
        try:
            tensor = _util._try_convert_to_tensor(value)
        except NotImplementedError as error:
            unimplemented(
                gb_type="failed to convert numpy.ndarray to Tensor",
                context=str(value),
                explanation=f"{name} is an array of dtype {value.dtype}, for which there is no "
                "tensor.",
                hints=['Add the numpy extra: vartrack.install(extras=["numpy"]).'],
                from_exc=error,
            )
        return clone_preserve_strides(tensor) if read_only else tensor


def _let_be_written(value: np.ndarray[Any, Any]) -> None:
    """Have a read-only array be one that is not, as torch does: it stays so.

    Raises:
        AssertionError: it cannot be.
    """
    try:
        value.flags.writeable = True
    except ValueError:
        # what np.nditer yields stays read-only; a warning is all that comes of it
        if not isinstance(value.base, np.nditer):
            raise AssertionError(f"{type(value.base)} does not let go of its array") from None
