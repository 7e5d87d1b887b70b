"""Attributes of classes: what a metaclass makes of one, what the function has set or changed."""

from __future__ import annotations

import functools
from types import FunctionType
from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.side_effects import SideEffects
from torch._dynamo.source import AttrSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.user_defined import (
    UserDefinedClassVariable,
    UserDefinedObjectVariable,
    UserDefinedVariable,
)

from vartrack.compat import behaviour
from vartrack.compat.hooks import hook_name
from vartrack.soundness.facts.remembered import Remembered
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import asked_of_metaclass, can_change, find, mro_of

__all__ = ["WATCHERS"]

#: Types of values of which equal ones are the same.
_PLAIN = (bool, int, float, str, bytes, type(None))
#: What every class has, and whoever has the class can set.
_SET_ANEW = frozenset({"__name__", "__qualname__", "__module__", "__doc__"})
#: Trackers of what has an MRO that objects look into.
_CLASSES = (UserDefinedClassVariable, BuiltinVariable)


def _read(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    if not isinstance(name, str):
        return
    # `isinstance` would ask the trackers' metaclass, which only tells lazy ones apart
    cls = type(tracker)
    if issubclass(cls, UserDefinedClassVariable):
        _of_class(ledger, tracker.value, name)
        if name in _SET_ANEW:
            _made_here(ledger, tracker, name, tracker.value)
    elif ledger.guards and ledger.writes_classes and issubclass(cls, UserDefinedObjectVariable):
        _of_object(tracker, tx, name)


def _of_class(ledger: Ledger, cls: type, name: str) -> None:
    """``Cls.name``, where the metaclass looks it up itself: torch keeps what that gives."""
    found = find(type(cls), "__getattribute__")
    is_own = found is not None and type(found[1]) is FunctionType
    # before torch asks metaclasses it has Python look up whatever it does not find
    if not is_own and (behaviour.ASKS_METACLASSES or asked_of_metaclass(cls, name) is None):
        return
    try:
        value = getattr(cls, name)
    except AttributeError:
        return
    held = Remembered(value)

    def is_the_same() -> bool:
        now = getattr(cls, name)
        return held.is_(now) or (type(now) in _PLAIN and type(now) is type(value) and now == value)

    ledger.state.given(f"{name} of {cls.__module__}.{cls.__qualname__}", is_the_same, True)


def _of_error(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    """``type(error).__name__``, where torch has the class among the builtin ones."""
    _made_here(ledger, tracker, name, tracker.fn)


def _made_here(ledger: Ledger, tracker: Any, name: str, cls: Any) -> None:
    """What a class is called, if torch does not guard that, as of one that comes from nowhere."""
    guarded = tracker.source is not None and behaviour.GUARDS_ATTRIBUTES_OF_CLASSES
    if not guarded and issubclass(type(cls), type) and can_change(cls):
        ask = functools.partial(getattr, cls, name)
        ledger.state.given(f"{name} of {cls.__module__}.{cls.__qualname__}", ask, ask())


def _of_object(tracker: Any, tx: Any, name: str) -> None:
    """``obj.name``, where the function itself has set the attribute on the class."""
    effects = tx.output.side_effects
    for base in mro_of(type(tracker.value))[:-1]:
        held = effects.id_to_variable.get(id(base))
        if held is not None and effects.has_pending_mutation_of_attr(held, name):
            unimplemented(
                gb_type="vartrack: an attribute of a class that the function has set",
                context=f"{base.__qualname__}.{name}",
                explanation=f"The function sets {name} of {base.__qualname__} and then reads it "
                "from an instance, for which torch gives what was there before.",
                hints=["Set it outside of the compiled function, or read it from the class."],
            )


def _written(ledger: Ledger, _: Any, tracker: Any, *__: Any) -> None:
    """``Cls.name = value``; most functions do that to no class."""
    if issubclass(type(tracker.unwrap()), _CLASSES):
        ledger.writes_classes = True


def _as_it_is(ledger: Ledger, own: Any, tracker: Any, tx: Any, name: Any, *more: Any) -> Any:
    """``Cls.items`` of literals: what the function adds to a copy is lost."""
    result = own(tracker, tx, name, *more)
    if result.source is None and tracker.source is not None:
        found = find(tracker.value, name)
        if found is not None and _can_change(found[1]):
            return VariableTracker.build(tx, found[1], AttrSource(tracker.source, name))
    return result


def _can_change(value: Any) -> bool:
    """Whether ``value``, or something that a tuple holds, is a list or set."""
    return type(value) in (list, set) or (type(value) is tuple and any(map(_can_change, value)))


_READS = hook_name("tp_getattro_impl")

WATCHERS: tuple[Watcher, ...] = (
    Watcher(UserDefinedVariable, _READS, "classes", _read),
    Watcher(BuiltinVariable, _READS, "classes", _of_error, of=_SET_ANEW, subclasses=False),
    Watcher(SideEffects, "store_attr", "classes", _written),
    *(
        ()
        if behaviour.GUARDS_ATTRIBUTES_OF_CLASSES
        else (Watcher(UserDefinedClassVariable, _READS, "tracing", instead=_as_it_is),)
    ),
)
