"""A placeholder of the graph: its name and how it is made."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from vartrack.graph_inputs import borrowed

if TYPE_CHECKING:
    from torch._guards import Source
    from torch.fx import Proxy

    from vartrack.context import BuilderContext

__all__ = ["GraphArg", "input_name", "placeholder"]

#: What torch's code generator reads to load a graph input.
GraphArg: Any = borrowed.helpers.GraphArg

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
