"""Texts of containers with numbers in them that vary."""

from __future__ import annotations

from typing import Any

from torch._dynamo.symbolic_convert import InstructionTranslatorBase
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.tensor import SymNodeVariable

from vartrack.compat.hooks import hook_name
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]


def _repr(ledger: Ledger, own: Any, tracker: Any, tx: Any, *args: Any) -> Any:
    """``repr`` of a number that varies, inside of something, for which torch 2.15 has none."""
    if isinstance(tracker, SymNodeVariable) and not ledger.puts_off:
        return getattr(specialize_symnode(tracker), _NAME)(tx, *args)
    return own(tracker, tx, *args)


def _formatted(ledger: Ledger, own: Any, tx: Any, spec: Any, flags: int) -> None:
    """``f"{value}"``: what torch has no text of now, it has one of when the graph has run."""
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
