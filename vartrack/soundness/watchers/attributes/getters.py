"""Getters of `operator` that were made before: torch can call those alone that it has made."""

from __future__ import annotations

import operator
from typing import Any

from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]

_GETTERS: tuple[type, ...] = (operator.attrgetter, operator.itemgetter)


def _called(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, args: Any, kwargs: Any
) -> VariableTracker:
    """``getter(value)``: one made of the same names or keys, which never change, does the same.

    Code in Python that says what a copy is made of may call one, as that of a bidict does.
    """
    cls = tracker.python_type()
    if cls not in _GETTERS or tracker.source is None:
        return own(tracker, tx, args, kwargs)  # type: ignore[no-any-return]
    install_guard(tracker.source.make_guard(GuardBuilder.ID_MATCH))
    _, made_of = tracker.value.__reduce__()
    names = [VariableTracker.build(tx, each) for each in made_of]
    getter = VariableTracker.build(tx, cls).call_function(tx, names, {})
    return getter.call_function(tx, args, kwargs)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(UserDefinedObjectVariable, "call_function", "tracing", instead=_called),
)
