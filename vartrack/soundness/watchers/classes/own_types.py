"""What the trackers of types that users have registered find, or do not find, on the classes."""

from __future__ import annotations

from typing import Any

from vartrack.bases.tracing.folded.folded_variable import FoldedVariable
from vartrack.bases.tracing.known.known_variable import KnownVariable
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import SPECIAL

__all__ = ["WATCHERS"]

#: How attributes are read.
_READING = ("__getattribute__", "__getattr__", "__call__")


def _looked(ledger: Ledger, tracker: KnownVariable, name: str) -> None:
    cls: Any = type(tracker.example)
    ledger.classes.look(cls, name, "__getattribute__", guarded=False)


def _given(ledger: Ledger, tracker: FoldedVariable) -> None:
    cls: Any = type(tracker.example)
    ledger.classes.look(cls, *_READING, *SPECIAL, guarded=False)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(KnownVariable, "of_class", "classes", _looked),
    Watcher(FoldedVariable, "as_python_constant", "classes", _given),
)
