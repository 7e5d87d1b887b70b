"""The `__dict__` of an object or class, up to 2.11: which names torch looked for in it.

Later releases have a tracker of the dict itself, which is watched as any other.
"""

from __future__ import annotations

from typing import Any

from torch._dynamo.variables.misc import GetAttrVariable
from torch._dynamo.variables.user_defined import (
    UserDefinedClassVariable,
    UserDefinedObjectVariable,
)

from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.watchers.attributes.absence import asked

__all__ = ["WATCHERS"]

_LOOKING = frozenset({"get", "__contains__", "__getitem__"})


def _asked(ledger: Ledger, tracker: Any, tx: Any, name: str, args: Any, *_: Any) -> None:
    """``key in obj.__dict__`` and its like."""
    if name not in _LOOKING or tracker.name != "__dict__" or not args:
        return
    key = args[0].as_python_constant() if args[0].is_python_constant() else None
    obj = tracker.obj.unwrap()
    if type(key) is not str:
        return
    if isinstance(obj, UserDefinedClassVariable):
        ledger.classes.look(obj.value, key, guarded=False)
    elif (
        isinstance(obj, UserDefinedObjectVariable)
        and name_of(obj.source) is not None
        and not tx.output.side_effects.has_pending_mutation_of_attr(obj, key)
    ):
        asked(ledger, "containers", obj.source, key)


WATCHERS: tuple[Watcher, ...] = (
    ()
    if hasattr(UserDefinedObjectVariable, "get_dict_vt")
    else (Watcher(GetAttrVariable, "call_method", "containers", _asked),)
)
