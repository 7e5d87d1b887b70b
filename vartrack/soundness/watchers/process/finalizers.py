"""`weakref.finalize`: whether one is alive lies in a table that every compile adds to."""

from __future__ import annotations

import operator
import weakref
from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat.hooks import hook_name
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]

_alive = operator.attrgetter("alive")


def _read(ledger: Ledger, own: Any, tracker: Any, tx: Any, name: Any, *more: Any) -> Any:
    if type(tracker.value) is not weakref.finalize:
        return own(tracker, tx, name, *more)
    place = name_of(tracker.source)
    if name == "alive" and place is not None:
        text = f"whether {place} is alive"
        ledger.sourced.asked("values", text, text, [tracker.source], _alive)
        return ConstantVariable.create(tracker.value.alive)
    unimplemented(
        gb_type="vartrack: a finalizer is asked",
        context=f"{tracker}.{name}",
        explanation="What `weakref.finalize` knows lies in a table of the whole process. torch "
        "guards the table, and compiling adds to it, so that its guards never hold.",
        hints=["Ask it outside of the compiled function; `alive` of one from outside may be read."],
    )


WATCHERS: tuple[Watcher, ...] = (
    Watcher(
        UserDefinedObjectVariable,
        hook_name("tp_getattro_impl"),
        "values",
        instead=_read,
        subclasses=False,
    ),
)
