"""Functions: attributes that one does not have, of which torch guards nothing."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from torch._dynamo.variables.functions import BaseUserFunctionVariable

from vartrack.compat.hooks import hook_name
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.lookups import find
from vartrack.soundness.sourced import name_of
from vartrack.soundness.watchers.absence import absent, asked

__all__ = ["WATCHERS"]


def _read(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    """``function.name``: that there is none is kept where another value is taken instead."""
    if _is_own(tracker, name) and name not in vars(tracker.fn):
        absent(ledger, "bodies", tracker.source, name)


def _has(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    """``hasattr(function, name)``."""
    if _is_own(tracker, name):
        asked(ledger, "bodies", tracker.source, name)


def _is_own(tracker: Any, name: Any) -> bool:
    """Whether ``name`` could only be in the function's own ``__dict__``."""
    function = getattr(tracker, "fn", None)
    return (
        type(function) is FunctionType
        and isinstance(name, str)
        and name_of(tracker.source) is not None
        and find(FunctionType, name) is None
    )


WATCHERS: tuple[Watcher, ...] = (
    Watcher(BaseUserFunctionVariable, hook_name("tp_getattro_impl"), "bodies", _read, needed=False),
    Watcher(BaseUserFunctionVariable, "call_obj_hasattr", "bodies", _has, needed=False),
)
