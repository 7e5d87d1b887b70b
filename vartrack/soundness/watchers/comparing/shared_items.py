"""What two sets have in common: which one of two items that are equal, as 1 and True, is in it."""

from __future__ import annotations

from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import BaseListVariable

from vartrack.compat.hooks import hook_name
from vartrack.compat.names import AnySetVariable, HashableTracker
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]

_METHODS = frozenset({"intersection", "intersection_update", "__and__", "__iand__"})


def _operator(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, other: Any, reverse: bool = False
) -> Any:
    """``left & right`` and ``left &= right``."""
    left, right = (other, tracker) if reverse else (tracker, other)
    kept = _kept(left, right)
    result = own(tracker, tx, other, True) if reverse else own(tracker, tx, other)
    return _with(result, kept)


def _method(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, name: Any, args: Any, kwargs: Any
) -> Any:
    """``left.intersection(right)``."""
    kept = _kept(tracker, args[0]) if name in _METHODS and len(args) == 1 else {}
    result = own(tracker, tx, name, args, kwargs)
    _with(tracker if name == "intersection_update" else result, kept)
    return result


def _kept(left: Any, right: Any) -> dict[Any, Any]:
    """By each item that may be in the result the one that Python takes: of a set that is no longer
    than the other those on the right, and of what is no set always."""
    left, right = left.realize(), right.realize()
    if not isinstance(left, AnySetVariable):
        return {}
    if isinstance(right, AnySetVariable):
        keys = right.items if len(right.items) <= len(left.items) else left.items
    elif isinstance(right, ConstDictVariable):
        keys = right.items
    elif isinstance(right, BaseListVariable):
        keys = [HashableTracker(item) for item in right.items if item.is_python_constant()]
    else:
        return {}
    kept: dict[Any, Any] = {}
    for key in keys:
        kept.setdefault(key, key)
    return kept


def _with(result: VariableTracker, kept: dict[Any, Any]) -> VariableTracker:
    """``result``, with those items in the place of their equals."""
    if kept and isinstance(result, AnySetVariable):
        items: dict[Any, Any] = result.items  # type: ignore[attr-defined]
        if any(kept.get(key, key) is not key for key in items):
            result.items = {kept.get(key, key): item for key, item in items.items()}  # type: ignore[attr-defined]
    return result


WATCHERS: tuple[Watcher, ...] = (
    *(
        Watcher(AnySetVariable, hook_name(name), "tracing", instead=_operator, needed=False)
        for name in ("nb_and_impl", "nb_inplace_and_impl")
    ),
    Watcher(AnySetVariable, "call_method", "tracing", instead=_method, needed=False),
)
