"""What `copy.copy` and `copy.deepcopy` ask an object for: torch gives its ``__dict__`` alone.

Both ask by ``__reduce_ex__``, which in turn asks the class for methods.
"""

from __future__ import annotations

import collections
import copyreg
import functools
import weakref
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.variables.base import (
    AttributeMutationNew,
    ValueMutationNew,
    VariableTracker,
)
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.functions import UserFunctionVariable, UserMethodVariable
from torch._dynamo.variables.lists import TupleVariable
from torch._dynamo.variables.misc import DeletedVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.classes.lookup import is_by_identity, on_class
from vartrack.bases.tracing.contents.stored_attributes import fix_keys
from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.compat import behaviour
from vartrack.compat.filled.copying import COPIES, INLINED
from vartrack.compat.names import HashableTracker, reduce_ex
from vartrack.core.guarding.exporting import is_exporting
from vartrack.core.texts.articles import with_article
from vartrack.core.user_code.methods import can_change
from vartrack.core.wrapping.wrappers import Wrappers

__all__ = ["ASKED", "COPYING", "TracedCopy", "has_own_state", "holding", "reduced"]

#: Whose methods in C torch asks itself.
_LITERALS = (float, int, str)
#: Typed by nobody, as what is used of it has no public name.
_REGISTRY: Any = copyreg
_IN_C = "says in C what a copy is made of, and torch would make an empty one."
_REDUCE, _STATE = "__reduce__", "__getstate__"
#: Python 3.11 and up have one for all objects.
_DEFAULT_STATE = getattr(object, _STATE, None)


def reduced(
    tracker: VariableTracker, tx: Any, *, always: bool = not COPIES
) -> VariableTracker | None:
    """What `object.__reduce_ex__` gives from protocol 2 on; None if torch has it right.

    Args:
        tracker: an object whose class leaves ``__reduce_ex__`` to `object`.
        tx: the tracer.
        always: whether torch has nothing right here.

    Raises:
        Unsupported: a graph break, as nothing is known of what a copy is made of.
    """
    cls = tracker.python_type()
    known = _KNOWN.get(on_class(cls, _REDUCE))
    if known is _of_a_set and _DEFAULT_STATE is not None and has_own_state(cls):
        known = _of_a_set_with_state
    if known is not None:
        return UserFunctionVariable(known).call_function(tx, [tracker], {})  # type: ignore[arg-type]
    if not is_by_identity(cls, _REDUCE):
        if type(on_class(cls, _REDUCE)) is not FunctionType:
            _refuse(cls)
        result: VariableTracker = tracker.call_method(tx, _REDUCE, [], {})
        return result
    slots = tuple(_REGISTRY._slotnames(cls)) if hasattr(cls, "__slots__") else ()
    if slots and cls.__dictoffset__ and not behaviour.SETS_SLOTS_BESIDE_DICTS:
        _refuse(cls, "has slots beside attributes, and torch would make attributes of them.")
    ways = (
        _makes(cls),
        _own_state if has_own_state(cls) else _state,
        next((items for base, items in _ITEMS.items() if issubclass(cls, base)), _no_items),
    )
    if ways == (_by_nothing, _state, _no_items) and not slots:
        _raise_of_what_has_no_copy(tx, tracker, cls)
        if not always:
            return None
    functions = map(UserFunctionVariable, ways)
    given = [tracker, VariableTracker.build(tx, slots), *functions]
    return UserFunctionVariable(_parts).call_function(tx, given, {})


def _raise_of_what_has_no_copy(tx: Any, tracker: Any, cls: type) -> None:
    """Of a type in C that holds more than attributes, such as a lock, Python says so at once."""
    if can_change(cls) or issubclass(cls, weakref.ProxyTypes):
        return
    try:
        object.__reduce_ex__(tracker.value, 2)
    except TypeError as error:
        raise_in_program(tx, error)


def holding(parts: VariableTracker, kept: Mapping[str, VariableTracker]) -> VariableTracker | None:
    """``parts`` of an object that holds ``kept`` as well by now, which torch does not know.

    Args:
        parts: what `object.__reduce_ex__` gives.
        kept: what the traced code has put away on the object, or set and deleted.

    Returns:
        None if it cannot be told which attributes a copy gets.
    """
    make, arguments, state, *rest = parts.items  # type: ignore[attr-defined]
    state, items = state.realize(), {}
    if issubclass(type(state), ConstDictVariable):
        items = dict(state.items)
    elif not state.is_constant_none():
        return None
    for name, item in kept.items():
        key = HashableTracker(ConstantVariable.create(name))
        if type(item) is DeletedVariable:
            items.pop(key, None)
        else:
            items[key] = item
    whole = ConstDictVariable(items, mutation_type=ValueMutationNew())
    return TupleVariable([make, arguments, whole, *rest])


def has_own_state(cls: type) -> bool:
    """Whether the class says itself what of its attributes a copy gets."""
    return on_class(cls, _STATE, _DEFAULT_STATE) is not _DEFAULT_STATE


def _makes(cls: type) -> Callable[[Any], Any]:
    """Which of the functions below says how another is made."""
    for name, function in _ARGUMENTS.items():
        found = on_class(cls, name)
        if found is not None:
            if found is vars(tuple).get(name):
                return _from_items
            if any(found is vars(base).get(name) for base in _LITERALS):
                return function
            if type(found) is not FunctionType:
                _refuse(cls)
            return function
    return _by_nothing


class TracedCopy(VariableTracker):
    """A base of trackers of objects that are copied as their classes say in Python."""

    @property
    def shares_copies(self) -> bool:
        """Whether a copy may hold the very parts, as no method of the class changes them."""
        return False

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name == "__reduce_ex__" and self.is_copied_by_parts():
            self.fix_names(tx)
            parts = reduced(self, tx)
            if parts is not None:
                return parts
        return super().call_method(tx, name, args, kwargs)

    def fix_names(self, tx: Any) -> None:
        """Guard which attributes the object has: a copy gets all of them, read or not."""
        value: Any = self.value  # type: ignore[attr-defined]
        is_made_here = self.source is None or isinstance(self.mutation_type, AttributeMutationNew)
        # guards of dicts take no other beside them
        if is_made_here or isinstance(value, dict) or is_exporting(tx):
            return
        if type(value).__dictoffset__:
            fix_keys(value, "__dict__", self.source)

    def is_copied_by_parts(self) -> bool:
        """Whether it is known what a copy is made of, which torch takes for the ``__dict__``."""
        cls = self.python_type()
        in_python = type(on_class(cls, _REDUCE)) is FunctionType or is_by_identity(cls, _REDUCE)
        return in_python and is_by_identity(cls, "__reduce_ex__") and not self.shares_copies


def _asked(own: Callable[..., Any]) -> Callable[..., Any]:
    """A method of an object of torch's own: what a copy of it is made of."""

    @functools.wraps(own)
    def call_method(self: Any, tx: Any, name: str, args: Any, kwargs: Any) -> Any:
        if name == "__reduce_ex__" and is_by_identity(self.python_type(), name):
            parts = reduced(self, tx, always=True)
            if parts is not None:
                return parts
        return own(self, tx, name, args, kwargs)

    return call_method


def _bound(own: Callable[..., Any]) -> Callable[..., Any]:
    """The same in 2.12, where torch binds a function of its own to the object."""

    @functools.wraps(own)
    def call_function(self: Any, tx: Any, args: Any, kwargs: Any) -> Any:
        parts = _parts_of(self.obj, tx) if self.fn is reduce_ex else None
        return own(self, tx, args, kwargs) if parts is None else parts

    return call_function


def _parts_of(tracker: Any, tx: Any) -> VariableTracker | None:
    if isinstance(tracker, TracedCopy):
        if not tracker.is_copied_by_parts():
            return None
        tracker.fix_names(tx)
    elif not is_by_identity(tracker.python_type(), "__reduce_ex__"):
        return None
    return reduced(tracker, tx)


#: What is put in place in torch, up to 2.12.
COPYING = Wrappers(
    *INLINED,
    *(((UserMethodVariable, "call_function", _bound),) if behaviour.REDUCES_BY_FUNCTION else ()),
    *(
        ((UserDefinedObjectVariable, "call_method", _asked),)
        if behaviour.REDUCES_BY_FUNCTION or not COPIES
        else ()
    ),
)


# all that follows is traced


def _parts(value: Any, slots: tuple[str, ...], makes: Any, states: Any, items: Any) -> Any:
    return (*makes(value), states(value, slots), *items(value))


def _by_name(value: Any) -> Any:
    return _REGISTRY.__newobj_ex__, (type(value), *value.__getnewargs_ex__())


def _by_place(value: Any) -> Any:
    return _REGISTRY.__newobj__, (type(value), *value.__getnewargs__())


def _from_items(value: Any) -> Any:
    return _REGISTRY.__newobj__, (type(value), (*tuple.__iter__(value),))


def _by_nothing(value: Any) -> Any:
    return _REGISTRY.__newobj__, (type(value),)


def _own_state(value: Any, slots: tuple[str, ...]) -> Any:
    return value.__getstate__()


def _state(value: Any, slots: tuple[str, ...]) -> Any:
    attributes = _attributes(value)
    stored = {name: getattr(value, name) for name in slots if hasattr(value, name)}
    return (attributes, stored) if stored else attributes


def _stored(value: Any) -> Any:
    return getattr(value, "__dict__", None) or None


def _copied(value: Any) -> Any:
    """The same where the `__dict__` of an object is no dict to torch."""
    return value.__dict__.copy() or None if hasattr(value, "__dict__") else None


_attributes = _stored if COPIES else _copied


def _items_of_a_list(value: Any) -> Any:
    return iter(value), None


def _items_of_a_dict(value: Any) -> Any:
    return None, iter(value.items())


def _no_items(value: Any) -> Any:
    return None, None


def _of_an_ordered_dict(value: Any) -> Any:
    return type(value), (), _attributes(value), None, iter(value.items())


def _of_a_default_dict(value: Any) -> Any:
    made_by = () if value.default_factory is None else (value.default_factory,)
    return type(value), made_by, None, None, iter(value.items())


def _of_a_set(value: Any) -> Any:
    return type(value), (list(value),), _attributes(value)


def _of_a_set_with_state(value: Any) -> Any:
    return type(value), (list(value),), value.__getstate__()


#: Methods in C that say what a copy is made of, by what they do.
_KNOWN = {
    vars(set)[_REDUCE]: _of_a_set,
    vars(frozenset)[_REDUCE]: _of_a_set,
    vars(collections.OrderedDict)[_REDUCE]: _of_an_ordered_dict,
    vars(collections.defaultdict)[_REDUCE]: _of_a_default_dict,
}
#: The methods that say what ``__new__`` takes, in the order in which they are asked.
_ARGUMENTS = {"__getnewargs_ex__": _by_name, "__getnewargs__": _by_place}
_ITEMS = {list: _items_of_a_list, dict: _items_of_a_dict}
#: All methods of a class that say what a copy is made of.
ASKED = (_REDUCE, *_ARGUMENTS, _STATE)


def _refuse(cls: type, why: str = _IN_C) -> None:
    unimplemented(
        gb_type="vartrack: a copy that would be empty",
        context=f"{cls.__module__}.{cls.__qualname__}",
        explanation=f"{with_article(cls, begins=True)} {why}",
        hints=["Use its method `copy`, or copy it outside of the compiled function."],
    )
