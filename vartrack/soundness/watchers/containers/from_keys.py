"""``Own.fromkeys(keys)`` of a subclass of dict, of which torch makes a dict; and its keys."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.functions import UserFunctionVariable
from torch._dynamo.variables.user_defined import (
    UserDefinedClassVariable,
    UserDefinedObjectVariable,
)

from vartrack.compat.names import DictBuiltinVariable
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.gone_through import as_list
from vartrack.soundness.reading.lookups import find

__all__ = ["WATCHERS"]

_IN_C = (dict.__dict__["fromkeys"], OrderedDict.__dict__["fromkeys"])
#: Those that torch makes itself.
_KNOWN = (dict, defaultdict, OrderedDict)


def _of_class(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, name: Any, args: Any, kwargs: Any
) -> Any:
    if _is_dicts_own(tracker.value, name):
        return _made(ledger, tx, tracker, args)
    return own(tracker, tx, name, args, kwargs)


def _of_object(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, name: Any, args: Any, kwargs: Any
) -> Any:
    if name == "fromkeys" and _is_dicts_own(tracker.python_type(), name):
        cls = VariableTracker.build(tx, tracker.python_type())
        return _made(ledger, tx, cls, args)
    return own(tracker, tx, name, args, kwargs)


def _is_dicts_own(cls: Any, name: Any) -> bool:
    if name != "fromkeys" or not issubclass(cls, dict) or cls in _KNOWN:
        return False
    found = find(cls, name)
    return found is not None and found[1] in _IN_C


def _made(ledger: Ledger, tx: Any, cls: Any, args: Any) -> VariableTracker:
    ledger.classes.look(cls.value, "fromkeys", guarded=False)
    return UserFunctionVariable(_from_keys).call_function(tx, [cls, *args], {})


def _from_keys(cls: Any, keys: Any, value: Any = None) -> Any:
    """What `dict.fromkeys` does in C; this is traced."""
    made = cls()
    for key in keys:
        made[key] = value
    return made


def _of_dict(ledger: Ledger, own: Any, *given: Any, **kwargs: Any) -> Any:
    """``dict.fromkeys(obj)``, of a dict that goes through other keys than it stores."""
    if len(given) > 2:
        tx, cls, keys, *more = given
        given = (tx, cls, as_list(tx, keys), *more)
    return own(*given, **kwargs)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(DictBuiltinVariable, "call_custom_dict_fromkeys", "tracing", instead=_of_dict),
    Watcher(UserDefinedClassVariable, "call_method", "tracing", instead=_of_class, needed=False),
    Watcher(UserDefinedObjectVariable, "call_method", "tracing", instead=_of_object, needed=False),
)
