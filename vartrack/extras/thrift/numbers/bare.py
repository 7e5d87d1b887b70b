"""Floats that are only passed to operations on tensors: `x * rate`, `masked_fill(mask, value)`.

What torch works out of a symbol does not hold for zero and the infinities: that there is one zero,
or that a number less itself is zero. Where nothing is worked out, these are numbers like others.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sympy
import torch
from torch._dynamo import exc
from torch._dynamo.output_graph import OutputGraph
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._guards import CompileContext

from vartrack import session
from vartrack.core.guarding.exporting import is_stored
from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.extras.thrift.numbers.operations import is_of_torch

if TYPE_CHECKING:
    from vartrack.core.context import BuilderContext

__all__ = ["HOOKS", "Use", "is_fixed", "use_of"]

_USES = "thrift.uses"
#: Comparisons that give the same of both zeros.
_COMPARED = (sympy.Lt, sympy.Le, sympy.Gt, sympy.Ge, sympy.Ne)
#: For each compile the places of zeros that it began anew for, as something is worked out of them.
_fixed: weakref.WeakKeyDictionary[CompileContext, set[str]] = weakref.WeakKeyDictionary()


class Use:
    """What is done with the symbol of a float in one compile.

    Args:
        place: the name of where the number is.
        node: what gives it in the graph.
        symbol: its example.
        is_zero: whether it is zero at hand.

    Attributes:
        is_bare: whether it is passed to operations on tensors, or returned, and no more; no, as
            long as the graph is not complete.
    """

    def __init__(
        self, place: str, node: torch.fx.Node, symbol: torch.SymFloat, is_zero: bool
    ) -> None:
        self.place = place
        self.node = node
        self.symbol = symbol.node.expr
        self.is_zero = is_zero
        self.is_bare = False

    def look(self) -> None:
        """Look at the graph, in which nothing was taken out yet."""
        self.is_bare = all(map(_is_bare, self.node.users))

    def needs_guard(self, shape_env: Any) -> bool:
        """Whether something was worked out of it that does not hold for zero or an infinity."""
        guards = (guard.expr for guard in shape_env.guards)
        return not self.is_bare or any(map(self._is_used, guards))

    def _is_used(self, expr: Any) -> bool:
        """Whether a guard says more of it than how it stands to a number."""
        is_asked = isinstance(expr, _COMPARED) and self.symbol in expr.args
        return self.symbol in expr.free_symbols and not (
            is_asked and any(each.is_number for each in expr.args)
        )


def use_of(ctx: BuilderContext, tracker: Any, value: float) -> Use | None:
    """What comes to be done with a symbol; None if that cannot be known when it is guarded."""
    if is_stored(ctx.tx):
        return None
    place: str = ctx.source.name  # type: ignore[union-attr]
    use = Use(place, tracker.proxy.node, tracker.sym_num, value == 0.0)
    ctx.compile.notes.setdefault(_USES, []).append(use)
    return use


def is_fixed(ctx: BuilderContext) -> bool:
    """Whether a zero must be a constant: something is worked out of it, or that is not known."""
    context = CompileContext.try_get()
    return (
        context is None or is_stored(ctx.tx) or ctx.source.name in _fixed.get(context, ())  # type: ignore[union-attr]
    )


def _fix_zeros(tx: Any, uses: list[Use]) -> None:
    """Begin anew if something was worked out of symbols that are zero.

    Raises:
        RestartAnalysis: it was.
    """
    shape_env = tx.output.shape_env
    places = {use.place for use in uses if use.is_zero and use.needs_guard(shape_env)}
    context = CompileContext.try_get()
    if places and context is not None:
        _fixed.setdefault(context, set()).update(places)
        tx.speculation_log.clear()
        raise exc.RestartAnalysis(
            restart_reason=f"something is worked out of {min(places)}, a zero"
        )


def _is_bare(user: torch.fx.Node) -> bool:
    if user.op == "output":
        return True
    return is_of_torch(user) and isinstance(user.meta.get("example_value"), torch.Tensor)


def _looked_at(own: Callable[[OutputGraph], None]) -> Callable[[OutputGraph], None]:
    """Takes out of a graph that is complete what nobody uses."""

    @functools.wraps(own)
    def remove(self: OutputGraph) -> None:
        tx: Any = InstructionTranslator.current_tx()
        compile = session.compile_of(tx)
        uses = None if compile is None else compile.notes.get(_USES)
        if uses:
            for use in uses:
                use.look()
            _fix_zeros(tx, uses)
        own(self)

    return remove


#: What is put into torch while a registry with this set is in force.
HOOKS = (Wrappers((OutputGraph, "remove_unused_graphargs", _looked_at)),)
