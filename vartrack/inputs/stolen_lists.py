"""A list of tensors whose inputs compiled autograd wants to be freed one by one.

The list stays one input of the graph, which unpacks it, so that nothing else holds its tensors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._dynamo.source import GetItemSource, LocalSource
from torch._dynamo.utils import _extract_tensor_dict, get_locals_to_steal
from torch._dynamo.variables.tensor import TensorVariable
from torch.utils.weak import TensorWeakRef

from vartrack import graph
from vartrack.graph.placeholders import GraphArg, placeholder

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker

    from vartrack.core.context import BuilderContext

__all__ = ["is_stolen", "unpack"]


def is_stolen(ctx: BuilderContext) -> bool:
    """Whether the source is such a local of a compiled-autograd graph."""
    source = ctx.source
    if type(source) is not LocalSource:
        return False
    frame_self = ctx.tx.output.local_scope.get("self")
    return source.local_name in get_locals_to_steal(frame_self)


def unpack(ctx: BuilderContext, value: list[Any], items: list[VariableTracker]) -> None:
    """Make the list an input, and its items what the graph unpacks from it.

    Args:
        ctx: where the build stands.
        value: the list.
        items: the lazy trackers of its items; they are realized.
    """
    source: Any = ctx.source
    proxy = placeholder(ctx, type(value), value)
    proxy.node.meta["steal_arg"] = True
    unpacked: Any = graph.wrap_fx_proxy_cls(TensorVariable, ctx.tx, proxy, value, source=source)
    for index, (tracker, tensor) in enumerate(zip(unpacked.items, value, strict=True)):
        place = ctx.under(GetItemSource, index)
        ctx.tx.output.input_source_to_var[place.source] = tracker
        tracker.proxy.node.meta["tensor_dict"] = _extract_tensor_dict(tensor)
        place.guard("TENSOR_MATCH", value=TensorWeakRef(tensor))
    proxy.node.meta["grapharg"] = GraphArg(source, value, False, None, is_tensor=False)
    for item in items:
        item.realize()  # registers each tensor with its tracker
