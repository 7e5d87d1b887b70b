"""A placeholder of the graph: its name and how it is made."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo.utils import clone_input
from torch._subclasses.fake_tensor import FakeTensor, maybe_get_fake_mode

from vartrack.graph.graph_arg import GraphArg

if TYPE_CHECKING:
    from torch._guards import Source
    from torch.fx import Proxy

    from vartrack.core.context import BuilderContext

__all__ = ["GraphArg", "copy_example", "input_name", "keep_real_value", "placeholder"]

_NOT_A_NAME = re.compile(r"[^a-zA-Z0-9]+")


def input_name(source: Source) -> str:
    """The name of the placeholder for ``source``: its text, joined by underscores."""
    return _NOT_A_NAME.sub("_", source.name)


def placeholder(
    ctx: BuilderContext, type_expr: Any, example: Any, source: Source | None = None
) -> Proxy:
    """A new placeholder on the root graph.

    Args:
        ctx: where the build stands; its source gives the name.
        type_expr: the type noted on the node.
        example: the example value: a fake tensor, a symbol or an opaque object.
        source: where compiled code loads it from, if not from the context's source.
    """
    return ctx.tx.output.root_tracer.create_graph_input(
        input_name(ctx.source), type_expr, example, source=source or ctx.source
    )


def copy_example(value: Any, fake_mode: Any) -> Any:
    """A tensor to keep as an example: a copy with the same strides, unless it is fake already."""
    if not isinstance(value, torch.Tensor) or isinstance(value, FakeTensor) or value.is_nested:
        return value
    if torch._is_functional_tensor(value) and maybe_get_fake_mode(value) is fake_mode:
        return value
    return clone_input(value)


def keep_real_value(tx: Any, proxy: Proxy, value: Any) -> None:
    """While exporting, remember what ``proxy`` really stands for."""
    if tx.export:
        with torch._C.DisableTorchFunctionSubclass():
            proxy.tracer.real_value_cache[proxy.node] = copy_example(value, tx.fake_mode)
