"""A place for functions that torch traces without one, so that what they close over has guards."""

from __future__ import annotations

import weakref
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from torch._dynamo.source import GlobalWeakRefSource
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import BaseUserFunctionVariable, UserFunctionVariable

from vartrack.soundness.facts.bodies import parts_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.packages import is_installed

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["WATCHERS"]

_PREFIX = "__vartrack_traced"
#: What stays as it is while it is held, or is noted elsewhere when it is used.
_SETTLED = (type, FunctionType, BuiltinFunctionType, ModuleType)


def _placed(ledger: Ledger, own: Any, tracker: Any) -> Source | None:
    """Where ``tracker`` comes from; a global that refers to its function, if from nowhere.

    Such are methods of objects that are made while tracing, and what is found by `super` or behind
    a descriptor. torch reads what they close over and their defaults, and guards nothing of it.
    """
    source: Source | None = own(tracker)
    function = getattr(tracker, "fn", None)
    if source is not None or type(function) is not FunctionType:
        return source
    if not _has_open_parts(function):
        return None
    output = ledger.output()
    if output is None or is_installed(function.__globals__):
        return None
    return GlobalWeakRefSource(output.install_global_by_id(_PREFIX, weakref.ref(function)))


def _has_open_parts(function: FunctionType) -> bool:
    """Whether something that can change inside comes with the function itself."""
    return not all(map(_is_settled, parts_of(function)))


def _is_settled(part: Any) -> bool:
    if isinstance(part, _SETTLED):
        return True
    if not ConstantVariable.is_literal(part):
        return False
    try:
        hash(part)
    except TypeError:  # torch takes a list of literals for one
        return False
    return True


WATCHERS: tuple[Watcher, ...] = (
    Watcher(BaseUserFunctionVariable, "get_source", "bodies", instead=_placed, needed=False),
    *(
        ()
        if issubclass(UserFunctionVariable, BaseUserFunctionVariable)
        else (Watcher(UserFunctionVariable, "get_source", "bodies", instead=_placed),)
    ),
)
