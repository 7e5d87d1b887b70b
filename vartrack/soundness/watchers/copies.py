"""`copy.copy` and `copy.deepcopy`: torch copies the `__dict__` of an object, and nothing else.

Both ask an object for its parts by `__reduce_ex__`, which in turn asks its class for methods.
"""

from __future__ import annotations

import copyreg
from types import FunctionType
from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.functions import UserFunctionVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.lookups import find

__all__ = ["WATCHERS"]

_MAKE: Any = copyreg.__newobj__  # type: ignore[attr-defined]
_MAKE_BY_NAME: Any = copyreg.__newobj_ex__  # type: ignore[attr-defined]
_BY_NAME, _BY_PLACE, _STATE = "__getnewargs_ex__", "__getnewargs__", "__getstate__"
#: The default of Python 3.11 and up, which no class has to override.
_OWN_STATE = getattr(object, _STATE, None)


def _method(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, name: Any, args: Any, kwargs: Any
) -> Any:
    if name == "__reduce_ex__":
        cls = tracker.python_type()
        found = find(cls, name)
        if found is not None and found[0] is object:
            return _reduced(ledger, tracker, tx, cls)
    return own(tracker, tx, name, args, kwargs)


def _reduced(ledger: Ledger, tracker: Any, tx: Any, cls: type) -> VariableTracker:
    """What `object.__reduce_ex__` gives from protocol 2 on."""
    ledger.classes.look(cls, "__reduce__", _BY_NAME, _BY_PLACE, _STATE, guarded=False)
    reduce = find(cls, "__reduce__")
    if reduce is not None and reduce[0] is not object:
        if type(reduce[1]) is not FunctionType:
            _refuse(cls)
        result: VariableTracker = tracker.call_method(tx, "__reduce__", [], {})
        return result
    state = find(cls, _STATE)
    how = (
        _arguments_of(cls),
        state is not None and state[1] is not _OWN_STATE,
        tuple(copyreg._slotnames(cls)) if hasattr(cls, "__slots__") else (),  # type: ignore[attr-defined]
        issubclass(cls, list),
        issubclass(cls, dict),
    )
    settings = [VariableTracker.build(tx, setting) for setting in how]
    return UserFunctionVariable(_parts).call_function(tx, [tracker, *settings], {})


def _arguments_of(cls: type) -> str:
    """What gives the arguments of ``__new__``; empty if it takes none."""
    for name in (_BY_NAME, _BY_PLACE):
        found = find(cls, name)
        if found is not None:
            if found[0] is tuple:
                return "tuple"
            if type(found[1]) is not FunctionType:
                _refuse(cls)
            return name
    return ""


def _parts(
    value: Any, arguments: str, own_state: bool, slots: tuple[str, ...], items: bool, entries: bool
) -> Any:
    """What makes another ``value``; this is traced."""
    make: Any = _MAKE
    given: Any = (type(value),)
    if arguments == "__getnewargs_ex__":
        make, given = _MAKE_BY_NAME, (type(value), *value.__getnewargs_ex__())
    elif arguments == "__getnewargs__":
        given = (type(value), *value.__getnewargs__())
    elif arguments == "tuple":
        given = (type(value), tuple(value))
    if own_state:
        state = value.__getstate__()
    else:
        state = getattr(value, "__dict__", None) or None
        stored = {name: getattr(value, name) for name in slots if hasattr(value, name)}
        if stored:
            state = (state, stored)
    return (
        make,
        given,
        state,
        iter(value) if items else None,
        iter(value.items()) if entries else None,
    )


def _refuse(cls: type) -> None:
    unimplemented(
        gb_type="vartrack: a copy that would be empty",
        context=f"{cls.__module__}.{cls.__qualname__}",
        explanation=f"A {cls.__qualname__} says in C what a copy is made of, and torch would make "
        "an empty one.",
        hints=["Use its method `copy`, or copy it outside of the compiled function."],
    )


WATCHERS: tuple[Watcher, ...] = (
    Watcher(UserDefinedObjectVariable, "call_method", "tracing", instead=_method, needed=False),
)
