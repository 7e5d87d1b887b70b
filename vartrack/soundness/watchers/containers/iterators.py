"""Iterators from outside: what is taken from one while tracing is taken outside, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.functions import PolyfilledFunctionVariable
from torch._dynamo.variables.lists import ListIteratorVariable

from vartrack.compat.names import AnyListIteratorVariable
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]


def _unpacked(ledger: Ledger, _: Any, tracker: Any, tx: Any) -> None:
    """An iterator from outside that is used up is used up outside too."""
    if tracker.source is not None and tracker.is_mutable():
        tracker.index = len(tracker.items)
        tx.output.side_effects.mutation(tracker)


def _folded(ledger: Ledger, own: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """A function that torch traces, or calls if its arguments are constants."""
    outer, ledger.folds = ledger.folds, True
    try:
        return own(*args, **kwargs)
    finally:
        ledger.folds = outer


def _constant(ledger: Ledger, own: Callable[..., Any], tracker: Any) -> Any:
    """An iterator that such a function were called with would not be moved by that."""
    if ledger.folds and tracker.is_mutable():
        raise NotImplementedError(f"{tracker} is moved by what reads it")
    return own(tracker)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(ListIteratorVariable, "unpack_var_sequence", "tracing", after=_unpacked, needed=False),
    Watcher(PolyfilledFunctionVariable, "call_function", "tracing", instead=_folded, needed=False),
    Watcher(AnyListIteratorVariable, "as_python_constant", "tracing", instead=_constant),
)
