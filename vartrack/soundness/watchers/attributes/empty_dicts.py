"""Empty dicts, of which torch checks nothing once it checks their keys."""

from __future__ import annotations

from typing import Any

from vartrack.bases.tracing.in_torch.empty_dicts import note_if_empty
from vartrack.core import pipeline
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]


def _building(ledger: Ledger, ctx: Any, value: Any) -> None:
    if ledger.guards:
        note_if_empty(ctx, value)


WATCHERS: tuple[Watcher, ...] = (Watcher(pipeline, "_sourced", "containers", _building),)
