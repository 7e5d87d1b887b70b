"""Values that torch takes, or writes into bytecode, as constants of another type than they are."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from typing import Any

from torch._dynamo.variables.base import AsPythonConstantNotImplementedError
from torch._dynamo.variables.user_defined import (
    UserDefinedDictVariable,
    UserDefinedObjectVariable,
)

from vartrack.bases.tracing.evaluating.intents import Intent, asked
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import SPECIAL, has_of_user

__all__ = ["WATCHERS"]


def _set(cls: Any, plain: set[Any]) -> Any:
    made = set.__new__(cls)
    set.update(made, plain)
    return made


def _ordered(cls: Any, plain: OrderedDict[Any, Any]) -> Any:
    made = OrderedDict.__new__(cls)
    for key, value in plain.items():
        OrderedDict.__setitem__(made, key, value)
    return made


def _with_default(cls: Any, plain: defaultdict[Any, Any]) -> Any:
    made = defaultdict.__new__(cls)
    defaultdict.__init__(made, plain.default_factory, plain)
    return made


#: From a type to what makes one of a subclass, without running code of that.
_MAKE: dict[type, Any] = {
    set: _set,
    frozenset: frozenset.__new__,
    OrderedDict: _ordered,
    defaultdict: _with_default,
}


def _constant(ledger: Ledger, own: Any, tracker: Any) -> Any:
    """A container of literals, of a class of its own, that torch takes for a plain one."""
    value, cls = own(tracker), type(tracker.value)
    make = _MAKE.get(type(value))
    if make is None or type(value) is cls or not issubclass(cls, type(value)):
        return value
    ledger.classes.look(cls, *SPECIAL, guarded=False)
    if has_of_user(cls, *SPECIAL):
        raise AsPythonConstantNotImplementedError(tracker)  # its class has something to say of it
    if isinstance(value, frozenset) and asked() is Intent.WRITING:
        raise AsPythonConstantNotImplementedError(tracker)  # it is written by its place, or made
    return make(cls, value)


def _is_constant(ledger: Ledger, own: Any, tracker: Any) -> bool:
    return own(tracker) and not has_of_user(type(tracker.value), *SPECIAL)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(UserDefinedObjectVariable, "as_python_constant", "tracing", instead=_constant),
    Watcher(
        UserDefinedDictVariable, "is_python_constant", "tracing", instead=_is_constant, needed=False
    ),
)
