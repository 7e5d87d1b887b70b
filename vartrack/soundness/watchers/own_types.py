"""What the trackers of types that users have registered find, or do not find, on the classes."""

from __future__ import annotations

from typing import Any

from vartrack.bases.tracing.known import KnownVariable
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger

__all__ = ["WATCHERS"]


def _looked(ledger: Ledger, tracker: KnownVariable, name: str) -> None:
    cls: Any = type(tracker.example)
    ledger.classes.look(cls, name, "__getattribute__", guarded=False)


WATCHERS: tuple[Watcher, ...] = (Watcher(KnownVariable, "of_class", "classes", _looked),)
