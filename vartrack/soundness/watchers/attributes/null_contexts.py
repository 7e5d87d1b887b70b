"""``contextlib.nullcontext`` objects from outside: that they give nothing."""

from __future__ import annotations

from typing import Any

from torch._dynamo.source import AttrSource
from torch._dynamo.variables.ctx_manager import NullContextVariable

from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]

_RESULT = "enter_result"


def _entered(ledger: Ledger, tracker: Any, *_: Any) -> None:
    """torch has this tracker only for those that give None, and guards the type alone."""
    name = name_of(tracker.source)
    if name is not None:
        text = f"whether {name} gives None"
        source = AttrSource(tracker.source, _RESULT)
        ledger.sourced.asked("values", text, text, [source], _is_none)


def _is_none(value: Any) -> bool:
    return value is None


WATCHERS: tuple[Watcher, ...] = (
    Watcher(NullContextVariable, "enter", "values", _entered, subclasses=False),
)
