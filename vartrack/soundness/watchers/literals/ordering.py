"""Sorting, and the largest of several: which methods the classes of the items have for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.lists import BaseListVariable, ListVariable

from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.gone_through import type_at_hand

__all__ = ["WATCHERS"]


def _sorted(ledger: Ledger, tracker: Any, tx: Any, name: str, *_: Any, **__: Any) -> None:
    """``items.sort()`` and ``sorted(items)``: Python asks the one class, or the other first."""
    if name == "sort":
        _note(ledger, tracker.items)


def _extreme(ledger: Ledger, builtin: Any, tx: Any, args: Any, *_: Any, **__: Any) -> None:
    """``max(one, other)``, or of a list."""
    for arg in args:
        of = arg.unwrap()
        if issubclass(type(of), BaseListVariable):
            _note(ledger, of.items)
    _note(ledger, args)


def _note(ledger: Ledger, items: Iterable[Any]) -> None:
    for cls in set(map(type_at_hand, items)):
        ledger.classes.look(cls, "__lt__", "__gt__")


WATCHERS: tuple[Watcher, ...] = (
    Watcher(ListVariable, "call_method", "classes", _sorted, needed=False),
    Watcher(BuiltinVariable, "call_function", "classes", _extreme, subclasses=False, of=(max, min)),
)
