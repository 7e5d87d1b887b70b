"""Float symbols that a graph has no use for, or that were fixed on the way to the backend.

Before a backend such as inductor gets a graph, torch turns its float symbols into tensors. It takes
one that it does not find in the graph for fixed, and traces the program once more for that; what
was worked out of it is an input by itself. One that was fixed as an operation read it, and that is
turned into a tensor where another operation has it, it takes for one that varies. So the number
that was read is in code that torch's caches then give for any other.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo.exc import TensorifyScalarRestartAnalysis
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
            _have_fixed_ones_constant(shape_env)
        else:
            own(module, shape_env, fake_mode)

    return turn


def _have_fixed_ones_constant(shape_env: Any) -> None:
    """Have the program traced once more, with constants for the symbols that were fixed.

    Raises:
        TensorifyScalarRestartAnalysis: there are some that were symbols so far.
    """
    fixed = {
        str(symbol)
        for symbol, number in shape_env.replacements.items()
        if symbol_is_type(symbol, SymT.FLOAT) and number.is_number
    }
    for name in fixed:
        if not TensorifyState.should_specialize(name):
            TensorifyState.force_specializations.update(fixed)
            raise TensorifyScalarRestartAnalysis


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
