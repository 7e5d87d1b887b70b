"""Values that torch writes into bytecode as constants of another type than they are of."""

from __future__ import annotations

from typing import Any

from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.intents import Intent, asked
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger

__all__ = ["WATCHERS"]


def _constant(ledger: Ledger, own: Any, tracker: Any) -> Any:
    """A subclass of a frozenset of literals, which would come back as a plain frozenset."""
    value = own(tracker)
    if not isinstance(value, frozenset) or type(value) is type(tracker.value):
        return value
    if asked() is Intent.WRITING:
        raise NotImplementedError("it is written by its place, or as it is made")
    return value


WATCHERS: tuple[Watcher, ...] = (
    Watcher(UserDefinedObjectVariable, "as_python_constant", "tracing", instead=_constant),
)
