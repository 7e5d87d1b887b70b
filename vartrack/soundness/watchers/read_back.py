"""Attributes that the traced code has set, which torch reads past a `__getattribute__`."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from torch._dynamo.side_effects import SideEffects
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import UserFunctionVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.lookups import find

__all__ = ["WATCHERS"]


def _loaded(
    ledger: Ledger, own: Any, effects: Any, item: Any, name: str, *more: Any, **options: Any
) -> Any:
    place = (id(item), name)
    if isinstance(item, UserDefinedObjectVariable) and place not in ledger.read_back:
        cls = item.python_type()
        found = find(cls, "__getattribute__")
        if found is not None and type(found[1]) is FunctionType:
            ledger.classes.look(cls, "__getattribute__", guarded=False)
            return _asked(ledger, place, found[1], item)
    return own(effects, item, name, *more, **options)


def _asked(ledger: Ledger, place: tuple[int, str], function: Any, item: Any) -> Any:
    ledger.read_back.add(place)  # it reads the attribute itself
    try:
        args = [item, ConstantVariable.create(place[1])]
        tx = ledger.output().current_tx
        return UserFunctionVariable(function).call_function(tx, args, {})
    finally:
        ledger.read_back.discard(place)


WATCHERS: tuple[Watcher, ...] = (Watcher(SideEffects, "load_attr", "tracing", instead=_loaded),)
