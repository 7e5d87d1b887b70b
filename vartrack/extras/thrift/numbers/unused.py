"""Float symbols that a graph has no use for, as what was worked out of them is an input by itself.

Before a backend such as inductor gets a graph, torch turns its float symbols into tensors. It takes
one that it does not find in the graph for fixed, and traces the program once more for that.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo.symbolic_convert import TensorifyState
from torch._functorch._aot_autograd import graph_compile
from torch.fx.passes import _tensorify_python_scalars as turning
from torch.utils._sympy.symbol import SymT, symbol_is_type

from vartrack.compat import behaviour
from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.inputs import value_numbers

if TYPE_CHECKING:
    from torch.fx import GraphModule

__all__ = ["HOOKS"]


def _without_them(own: Callable[..., None]) -> Callable[..., None]:
    """What turns float symbols into tensors, and is told which of them are not there."""

    @functools.wraps(own)
    def turn(module: GraphModule, shape_env: Any, fake_mode: Any) -> None:
        if value_numbers.holds_symbols_now():
            used = set(_symbols_of(module))
            for symbol in shape_env.source_to_var.values():
                if (
                    symbol_is_type(symbol, SymT.FLOAT)
                    and symbol not in used
                    and symbol not in shape_env.replacements
                ):
                    TensorifyState.specialize(str(symbol))
        own(module, shape_env, fake_mode)

    return turn


def _symbols_of(module: GraphModule) -> Iterator[Any]:
    for node in module.graph.nodes:
        held = node.meta.get("val")
        if isinstance(held, (torch.SymFloat, torch.SymInt, torch.SymBool)):
            yield from held.node._expr.free_symbols


#: What is put into torch while a registry with this set is in force.
HOOKS = (
    Wrappers(
        (turning, "_tensorify_impl", _without_them)
        if behaviour.TURNS_FLOATS_INSIDE
        else (graph_compile, "tensorify_python_scalars", _without_them)
    ),
)
