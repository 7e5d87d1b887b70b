"""Texts of containers with numbers in them that vary."""

from __future__ import annotations

from typing import Any

from torch._dynamo.symbolic_convert import InstructionTranslatorBase
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.tensor import SymNodeVariable
from torch.fx.experimental.sym_node import DynamicInt

from vartrack.bases.tracing.evaluating.folding import refuse
from vartrack.compat.hooks import hook_name
from vartrack.compat.names import LAZY
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]


def _repr(ledger: Ledger, own: Any, tracker: Any, tx: Any, *args: Any) -> Any:
    """``repr`` of a number that varies, inside of something, for which torch 2.15 has none."""
    _refuse_wishing(ledger, tracker)
    if isinstance(tracker, SymNodeVariable) and not ledger.puts_off and not _is_truth(tracker):
        return getattr(specialize_symnode(tracker), _NAME)(tx, *args)
    return own(tracker, tx, *args)


def _is_truth(tracker: Any) -> bool:
    """Whether it is a symbolic bool, of which torch guards no value."""
    return tracker.python_type() is bool


def _refuse_wishing(ledger: Ledger, tracker: Any) -> None:
    """Break the graph at the text of a `DynamicInt`, which torch takes for that of an int."""
    if ledger.wishing and type(tracker) is SymNodeVariable:
        is_one = not ledger.wishing.isdisjoint(tracker.sym_num.node.expr.free_symbols)
    else:
        is_unbuilt = type(tracker) in LAZY and not tracker.is_realized()
        is_one = is_unbuilt and type(tracker.original_value()) is DynamicInt
    if is_one:
        refuse("a DynamicInt", "has a text of its own, and for torch it is an int")


def _formatted(ledger: Ledger, own: Any, tx: Any, spec: Any, flags: int) -> None:
    """``f"{value}"``: what torch has no text of now, it has one of when the graph has run."""
    _refuse_wishing(ledger, tx.stack[-1].unwrap())
    outer, plain = ledger.puts_off, spec.is_python_constant() and not spec.as_python_constant()
    ledger.puts_off = plain and not flags & 3
    try:
        own(tx, spec, flags)
    finally:
        ledger.puts_off = outer


_NAME = hook_name("tp_repr_impl")

WATCHERS: tuple[Watcher, ...] = (
    Watcher(VariableTracker, _NAME, "tracing", instead=_repr, needed=False, subclasses=False),
    Watcher(InstructionTranslatorBase, "_format_value", "tracing", instead=_formatted),
)
