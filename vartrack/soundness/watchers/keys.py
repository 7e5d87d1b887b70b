"""Keys of dicts and sets of which nothing was read: that they can be keys at all."""

from __future__ import annotations

from typing import Any

from vartrack.compat.names import LAZY, HashableTracker
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.sourced import Holds, name_of

__all__ = ["WATCHERS"]


def _keyed(ledger: Ledger, key: Any, value: Any, *_: Any, **__: Any) -> None:
    """A key that is known by its place alone: torch guards nothing of it."""
    if type(value) not in LAZY or value.is_realized():
        return
    name = name_of(value.source)
    if name is not None:
        text = f"whether {name} has a hash"
        ledger.sourced.rely("containers", text, text, [value.source], _as_before)


def _as_before(value: Any) -> Holds:
    hashable = type(value).__hash__ is not None
    return lambda value: (type(value).__hash__ is not None) is hashable


WATCHERS: tuple[Watcher, ...] = (
    Watcher(HashableTracker, "__init__", "containers", _keyed, needed=False),
)
