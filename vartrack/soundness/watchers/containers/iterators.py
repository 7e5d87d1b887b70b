"""Iterators: what is taken of one from outside is taken outside, too; of which class one is."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import PolyfilledFunctionVariable
from torch._dynamo.variables.lists import ListIteratorVariable

from vartrack.compat.names import AnyListIteratorVariable, IterBuiltinVariable
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.gone_through import type_at_hand

__all__ = ["WATCHERS"]

#: Empty values of the types of which torch knows the iterators, and not always the class of them.
_EMPTY: tuple[Any, ...] = (
    *([], (), {}, range(0), b"", deque()),
    *({}.keys(), {}.items(), {}.values()),
)
#: By the function that makes an iterator, and the type of what it goes through: such an iterator.
_LIKE: dict[tuple[Any, type], Any] = {
    **{(make, type(empty)): make(empty) for make in (iter, reversed) for empty in _EMPTY},
    (iter, set): iter(set[int]()),
    (iter, frozenset): iter(frozenset[int]()),
    (reversed, str): reversed(""),
}


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


def _gone_through(ledger: Ledger, result: Any, _: Any, tx: Any, args: Any, *__: Any) -> None:
    """``iter(value)``."""
    if len(args) == 1:
        kind, text = type_at_hand(args[0]), args[0].unwrap()
        known = kind is str and type(text) is ConstantVariable  # of texts there are two
        _note(ledger, result, iter(text.value) if known else _LIKE.get((iter, kind)))


def _backwards(ledger: Ledger, result: Any, _: Any, tx: Any, tracker: Any) -> None:
    """``reversed(value)``."""
    _note(ledger, result, _LIKE.get((reversed, type_at_hand(tracker))))


def _numbered(ledger: Ledger, result: Any, *_: Any) -> None:
    """``enumerate(value)``, for which torch has a generator."""
    _note(ledger, result, enumerate(()))


def _note(ledger: Ledger, made: Any, like: Any) -> None:
    """torch has one iterator for several classes."""
    if like is not None and made is not None:
        ledger.iterators[id(made)] = made, like


WATCHERS: tuple[Watcher, ...] = (
    Watcher(
        *(PolyfilledFunctionVariable, "call_function", "tracing"),
        after=_numbered,
        of=(enumerate,),
        needed=False,
    ),
    Watcher(BuiltinVariable, "call_reversed", "tracing", after=_backwards),
    Watcher(
        *(IterBuiltinVariable, "call_function", "tracing"),
        after=_gone_through,
        of=(iter,) if IterBuiltinVariable is BuiltinVariable else (),
    ),
    Watcher(ListIteratorVariable, "unpack_var_sequence", "tracing", after=_unpacked, needed=False),
    Watcher(PolyfilledFunctionVariable, "call_function", "tracing", instead=_folded, needed=False),
    Watcher(AnyListIteratorVariable, "as_python_constant", "tracing", instead=_constant),
)
