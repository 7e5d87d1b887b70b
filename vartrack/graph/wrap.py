"""`wrap_fx_proxy` and `wrap_fx_proxy_cls`, by the names and arguments of torch's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo import utils
from torch._dynamo.exc import InternalTorchDynamoError
from torch._dynamo.utils import _disable_saved_tensors_hooks_during_tracing
from torch._dynamo.variables.tensor import SymNodeVariable, TensorVariable
from torch._dynamo.variables.torch_function import TensorWithTFOverrideVariable
from torch._subclasses.fake_tensor import maybe_get_fake_mode

from vartrack import session
from vartrack.compat import shared
from vartrack.core.context import BuilderContext
from vartrack.core.result import Result
from vartrack.graph.fake_tensors import to_fake
from vartrack.graph.placeholders import keep_real_value
from vartrack.graph.tensor_tracker import tensor_tracker

if TYPE_CHECKING:
    from vartrack.core.compile import Compile

__all__ = ["build_result", "wrap_fx_proxy", "wrap_fx_proxy_cls"]

_torch_wrap_fx_proxy_cls = shared.stock_builder().wrap_fx_proxy_cls


def wrap_fx_proxy(
    tx: Any,
    proxy: Any,
    example_value: Any = None,
    subclass_type: type | None = None,
    **options: Any,
) -> Any:
    """The tracker of what ``proxy`` gives, with a tensor's usual tracker class.

    Args:
        tx: the tracer.
        proxy: the proxy.
        example_value: its example value; None to run the node on fake tensors for it.
        subclass_type: the class of a tensor that only overrides functions.
        options: further arguments for the tracker.
    """
    if subclass_type is None:
        return wrap_fx_proxy_cls(TensorVariable, tx, proxy, example_value, None, **options)
    tracker = wrap_fx_proxy_cls(
        TensorWithTFOverrideVariable, tx, proxy, example_value, subclass_type, **options
    )
    tracker.install_global(tx)
    return tracker


def wrap_fx_proxy_cls(
    target_cls: Any,
    tx: Any,
    proxy: Any,
    example_value: Any = None,
    subclass_type: type | None = None,
    **options: Any,
) -> Any:
    """The tracker of what ``proxy`` gives, with ``target_cls`` for tensors; see `wrap_fx_proxy`."""
    compile = session.compile_of(tx)
    if compile is None:
        return _torch_wrap_fx_proxy_cls(
            target_cls, tx, proxy, example_value, subclass_type, **options
        )
    result = Result(example_value, proxy, target_cls, subclass_type, options)
    if isinstance(example_value, torch.Tensor):
        tracker = _existing_tensor(tx, result)
    else:
        if example_value is None:
            result.example = _run(tx, result)
        tracker = build_result(tx, compile, result)
    if proxy.node.op != "placeholder" and isinstance(tracker, (TensorVariable, SymNodeVariable)):
        shared.record_result(tx.output.current_tracer, tracker)
    return tracker


def build_result(tx: Any, compile: Compile, result: Result) -> Any:
    """The tracker of ``result``, by the visitor of its example's type."""
    route = compile.traced[type(result.example)]
    return route.visit(BuilderContext(tx, None, compile), result)


def _add_guards(tx: Any, result: Result) -> None:
    guards = result.options.get("guards")
    if guards is not None:
        tx.output.guards.update(guards)


def _run(tx: Any, result: Result) -> Any:
    """The example value of an operation: the node is run on fake tensors."""
    _add_guards(tx, result)
    node = result.proxy.node
    if "example_value" in node.meta:
        raise AssertionError(f"{node} has the example value {node.meta['example_value']} already")
    # hooks of the program are not to see the tensors of tracing
    with _disable_saved_tensors_hooks_during_tracing():
        return utils.get_fake_value(node, tx, allow_non_graph_fake=True)


def _existing_tensor(tx: Any, result: Result) -> Any:
    """The tracker of a tensor that is at hand: an input, or what a higher-order operator made."""
    _add_guards(tx, result)
    node = result.proxy.node
    if ("example_value" in node.meta) != (node.op == "placeholder"):
        raise AssertionError(f"a placeholder has an example value and other nodes none: {node}")
    with _disable_saved_tensors_hooks_during_tracing():
        tensor = result.example
        if maybe_get_fake_mode(tensor) is not tx.fake_mode:
            keep_real_value(tx, result.proxy, tensor)
            is_tensor = result.target_cls in (TensorVariable, TensorWithTFOverrideVariable)
            result.example = tensor = to_fake(
                tx, tensor, result.options["source"], is_tensor=is_tensor
            )
        if tensor.device.type != "meta" and maybe_get_fake_mode(tensor) is not tx.fake_mode:
            raise InternalTorchDynamoError(f"{tensor} is not a fake tensor of this frame")
    return tensor_tracker(tx, result)
