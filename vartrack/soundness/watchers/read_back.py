"""Attributes that the traced code has set, which torch reads past a `__getattribute__`."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.side_effects import SideEffects
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.lookups import find

__all__ = ["WATCHERS"]


def _loaded(ledger: Ledger, effects: Any, item: Any, name: str, *_: Any, **__: Any) -> None:
    if not ledger.guards or not isinstance(item, UserDefinedObjectVariable):
        return
    cls = item.python_type()
    found = find(cls, "__getattribute__")
    if found is not None and type(found[1]) is FunctionType:
        unimplemented(
            gb_type="vartrack: an attribute that was set, of a class with `__getattribute__`",
            context=f"{cls.__qualname__}.{name}",
            explanation="torch reads what was set, and does not ask `__getattribute__`.",
            hints=["Set it outside of the compiled function."],
        )


WATCHERS: tuple[Watcher, ...] = (Watcher(SideEffects, "load_attr", "tracing", _loaded),)
