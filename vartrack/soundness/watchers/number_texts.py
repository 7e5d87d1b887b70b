"""Texts of numbers that vary between calls."""

from __future__ import annotations

from typing import Any

from torch._dynamo.symbolic_convert import InstructionTranslatorBase
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.lazy import LazySymNodeFormatString
from torch._dynamo.variables.tensor import SymNodeVariable

from vartrack.compat.hooks import hook_name
from vartrack.compat.names import LAZY
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger

__all__ = ["WATCHERS"]


def _is_number(value: Any) -> bool:
    """Whether it may vary between calls."""
    return type(value) in (int, float)


def _formatted(ledger: Ledger, own: Any, tx: Any, *args: Any) -> None:
    """``f"{number}"``: torch gives the number for its text, or loads it from where that is.

    It knows a number that varies only if it is built, and its text is then made when it is needed.
    """
    number = tx.stack[-1]
    if type(number) in LAZY and (number.is_realized() or _is_number(number.original_value())):
        number = number.realize()  # what is no number torch builds when it comes to it
    if not isinstance(number, SymNodeVariable):
        own(tx, *args)
        return
    tx.stack[-1] = number
    own(tx, *args)
    text = tx.stack[-1]
    made_later = type(text) in LAZY and not text.is_realized()
    if made_later and isinstance(text.original_value(), LazySymNodeFormatString):
        text.source = None


def _repr(ledger: Ledger, own: Any, tracker: Any, tx: Any, *args: Any) -> Any:
    """``repr`` of a number that varies, inside of something, for which torch 2.15 has none."""
    if isinstance(tracker, SymNodeVariable):
        return getattr(specialize_symnode(tracker), _NAME)(tx, *args)
    return own(tracker, tx, *args)


_NAME = hook_name("tp_repr_impl")

WATCHERS: tuple[Watcher, ...] = (
    Watcher(InstructionTranslatorBase, "_format_value", "tracing", instead=_formatted),
    Watcher(VariableTracker, _NAME, "tracing", instead=_repr, needed=False, subclasses=False),
)
