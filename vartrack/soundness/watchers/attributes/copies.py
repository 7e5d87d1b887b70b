"""`copy.copy` and `copy.deepcopy`: torch copies the `__dict__` of an object, and nothing else.

Both ask an object for its parts by `__reduce_ex__`, which in turn asks its class for methods.
"""

from __future__ import annotations

import copyreg
from collections.abc import Callable
from types import FunctionType
from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.functions import UserFunctionVariable, UserMethodVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat import behaviour
from vartrack.compat.names import reduce_ex
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.lookups import find

__all__ = ["WATCHERS"]

#: Typed by nobody, as what is used of it has no public name.
_REGISTRY: Any = copyreg
_IN_C = "says in C what a copy is made of, and torch would make an empty one."
_REDUCE, _STATE = "__reduce_ex__", "__getstate__"
#: Python 3.11 and up have one for all objects.
_DEFAULT_STATE = getattr(object, _STATE, None)


def _method(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, name: Any, args: Any, kwargs: Any
) -> Any:
    reduced = _reduced(ledger, tracker, tx) if name == _REDUCE else None
    return own(tracker, tx, name, args, kwargs) if reduced is None else reduced


def _bound(ledger: Ledger, own: Any, method: Any, tx: Any, args: Any, kwargs: Any) -> Any:
    """The same in 2.12, where torch binds a function of its own to the object."""
    reduced = _reduced(ledger, method.obj, tx) if method.fn is reduce_ex else None
    return own(method, tx, args, kwargs) if reduced is None else reduced


def _reduced(ledger: Ledger, tracker: Any, tx: Any) -> VariableTracker | None:
    """What `object.__reduce_ex__` gives from protocol 2 on; None if torch has it right."""
    cls = tracker.python_type()
    found = find(cls, _REDUCE)
    if found is None or found[0] is not object:
        return None
    ledger.classes.look(cls, "__reduce__", *_ARGUMENTS, _STATE, guarded=False)
    reduce = find(cls, "__reduce__")
    if reduce is not None and reduce[0] is not object:
        if type(reduce[1]) is not FunctionType:
            _refuse(cls)
        result: VariableTracker = tracker.call_method(tx, "__reduce__", [], {})
        return result
    state = find(cls, _STATE)
    slots = tuple(_REGISTRY._slotnames(cls)) if hasattr(cls, "__slots__") else ()
    if slots and cls.__dictoffset__ and not behaviour.SETS_SLOTS_BESIDE_DICTS:
        _refuse(cls, "has slots beside attributes, and torch would make attributes of them.")
    ways = (
        _makes(cls),
        _own_state if state is not None and state[1] is not _DEFAULT_STATE else _state,
        next((items for base, items in _ITEMS.items() if issubclass(cls, base)), _no_items),
    )
    if ways == (_by_nothing, _state, _no_items) and not slots:
        return None
    functions = map(UserFunctionVariable, ways)
    given = [tracker, VariableTracker.build(tx, slots), *functions]
    return UserFunctionVariable(_parts).call_function(tx, given, {})


def _makes(cls: type) -> Callable[[Any], Any]:
    """Which of the functions below says how another is made."""
    for name, function in _ARGUMENTS.items():
        found = find(cls, name)
        if found is not None:
            if found[0] is tuple:
                return _from_items
            if type(found[1]) is not FunctionType:
                _refuse(cls)
            return function
    return _by_nothing


# all that follows is traced


def _parts(value: Any, slots: tuple[str, ...], makes: Any, states: Any, items: Any) -> Any:
    return (*makes(value), states(value, slots), *items(value))


def _by_name(value: Any) -> Any:
    return _REGISTRY.__newobj_ex__, (type(value), *value.__getnewargs_ex__())


def _by_place(value: Any) -> Any:
    return _REGISTRY.__newobj__, (type(value), *value.__getnewargs__())


def _from_items(value: Any) -> Any:
    return _REGISTRY.__newobj__, (type(value), tuple(value))


def _by_nothing(value: Any) -> Any:
    return _REGISTRY.__newobj__, (type(value),)


def _own_state(value: Any, slots: tuple[str, ...]) -> Any:
    return value.__getstate__()


def _state(value: Any, slots: tuple[str, ...]) -> Any:
    attributes = getattr(value, "__dict__", None) or None
    stored = {name: getattr(value, name) for name in slots if hasattr(value, name)}
    return (attributes, stored) if stored else attributes


def _items_of_a_list(value: Any) -> Any:
    return iter(value), None


def _items_of_a_dict(value: Any) -> Any:
    return None, iter(value.items())


def _no_items(value: Any) -> Any:
    return None, None


#: The methods that say what ``__new__`` takes, in the order in which they are asked.
_ARGUMENTS = {"__getnewargs_ex__": _by_name, "__getnewargs__": _by_place}
_ITEMS = {list: _items_of_a_list, dict: _items_of_a_dict}


def _refuse(cls: type, why: str = _IN_C) -> None:
    unimplemented(
        gb_type="vartrack: a copy that would be empty",
        context=f"{cls.__module__}.{cls.__qualname__}",
        explanation=f"A {cls.__qualname__} {why}",
        hints=["Use its method `copy`, or copy it outside of the compiled function."],
    )


WATCHERS: tuple[Watcher, ...] = (
    Watcher(UserDefinedObjectVariable, "call_method", "tracing", instead=_method, needed=False),
    *(
        Watcher(UserMethodVariable, name, "tracing", instead=_bound, subclasses=False)
        for name in (("call_function",) if behaviour.REDUCES_BY_FUNCTION else ())
    ),
)
