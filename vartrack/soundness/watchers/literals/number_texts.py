"""`repr` of numbers that vary, inside of something."""

from __future__ import annotations

from typing import Any

from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.tensor import SymNodeVariable

from vartrack.compat.hooks import hook_name
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger

__all__ = ["WATCHERS"]


def _repr(ledger: Ledger, own: Any, tracker: Any, tx: Any, *args: Any) -> Any:
    """``repr`` of a number that varies, inside of something, for which torch 2.15 has none."""
    if isinstance(tracker, SymNodeVariable):
        return getattr(specialize_symnode(tracker), _NAME)(tx, *args)
    return own(tracker, tx, *args)


_NAME = hook_name("tp_repr_impl")

WATCHERS: tuple[Watcher, ...] = (
    Watcher(VariableTracker, _NAME, "tracing", instead=_repr, needed=False, subclasses=False),
)
