"""Floats that are only passed to operations on tensors: `x * rate`, `masked_fill(mask, value)`.

What torch works out of a symbol does not hold for zero and the infinities: that there is one zero,
or that a number less itself is zero. Where nothing is worked out, these are numbers like others.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch._dynamo.output_graph import OutputGraph
from torch._dynamo.symbolic_convert import InstructionTranslator

from vartrack import session
from vartrack.core.guarding.exporting import is_stored
from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.extras.thrift.numbers.operations import is_of_torch

__all__ = ["HOOKS", "Use", "use_of"]

_USES = "thrift.uses"


class Use:
    """What is done with the symbol of a float in one compile.

    Args:
        node: what gives the number in the graph.
        symbol: its example.

    Attributes:
        is_bare: whether it is passed to operations on tensors, or returned, and no more; no, as
            long as the graph is not complete.
    """

    def __init__(self, node: torch.fx.Node, symbol: torch.SymFloat) -> None:
        self.node = node
        self.symbol = symbol.node.expr
        self.is_bare = False

    def look(self) -> None:
        """Look at the graph, in which nothing was taken out yet."""
        self.is_bare = all(map(_is_bare, self.node.users))

    def needs_guard(self, shape_env: Any) -> bool:
        """Whether something was worked out of it that does not hold for zero or an infinity."""
        guards = (guard.expr for guard in shape_env.guards)
        return not self.is_bare or any(self.symbol in expr.free_symbols for expr in guards)


def use_of(tx: Any, tracker: Any) -> Use | None:
    """What comes to be done with a symbol; None if that cannot be known when it is guarded."""
    compile = session.compile_of(tx)
    if compile is None or is_stored(tx):
        return None
    use = Use(tracker.proxy.node, tracker.sym_num)
    compile.notes.setdefault(_USES, []).append(use)
    return use


def _is_bare(user: torch.fx.Node) -> bool:
    if user.op == "output":
        return True
    return is_of_torch(user) and isinstance(user.meta.get("example_value"), torch.Tensor)


def _looked_at(own: Callable[[OutputGraph], None]) -> Callable[[OutputGraph], None]:
    """Takes out of a graph that is complete what nobody uses."""

    @functools.wraps(own)
    def remove(self: OutputGraph) -> None:
        compile = session.compile_of(InstructionTranslator.current_tx())
        for use in () if compile is None else compile.notes.get(_USES, ()):
            use.look()
        own(self)

    return remove


#: What is put into torch while a registry with this set is in force.
HOOKS = (Wrappers((OutputGraph, "remove_unused_graphargs", _looked_at)),)
