"""Operators of numbers that vary: the graph has another answer, or raises outside of a `try`."""

from __future__ import annotations

from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable

from vartrack.bases.tracing.numbers import operators
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]


def _called(
    ledger: Ledger, own: Any, builtin: Any, tx: Any, args: Any, kwargs: Any
) -> VariableTracker:
    """What the graph would work out otherwise, or too late."""
    found = None if kwargs else operators.called(tx, builtin.fn, args)
    result: VariableTracker = own(builtin, tx, args, kwargs) if found is None else found
    return result


WATCHERS: tuple[Watcher, ...] = (
    Watcher(
        BuiltinVariable,
        "call_function",
        "tracing",
        instead=_called,
        subclasses=False,
        of=operators.OPERATORS,
    ),
)
