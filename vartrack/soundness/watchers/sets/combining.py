"""``names.union(more)``: C code goes through what it is given once, and finds items by their hash.

Up to 2.13 torch goes through it twice, which uses an iterator up, asks its ``__contains__``, and
compares items whose hashes differ. All releases pass the ``__iter__`` of a subclass of dict by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.functions import UserFunctionVariable

from vartrack.bases.tracing.classes.lookup import has_on_class
from vartrack.compat import behaviour
from vartrack.compat.names import AnySetVariable, FrozensetVariable, SetVariable
from vartrack.soundness.hooks.hooking import Watcher, instead_of_methods
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.gone_through import as_list, type_at_hand

__all__ = ["WATCHERS"]


def _goes_on() -> bool:
    """Whether Python 3.10 is what runs: it goes through all of what it is given."""
    items = iter([0, 1])
    {0}.intersection(items)
    return not list(items)


_STOPS = not _goes_on()


def _union(kind: Any, kept: Any, *others: Iterable[Any]) -> Any:
    made = set()
    for items in (kept, *others):
        for item in items:
            made.add(item)
    return kind(made)


def _intersection(kind: Any, kept: Any, *others: Any, stops: bool = _STOPS) -> Any:
    """The items are those of the one that is gone through: of two sets the smaller one."""
    for other in others:
        is_set = isinstance(other, (set, frozenset))
        if is_set and len(other) > len(kept):
            kept, other = other, kept
        made = set()
        for item in other:
            if item in kept:
                made.add(item)
                if stops and not is_set and len(made) == len(kept):
                    break
        kept = made
    made = set()
    for item in kept:
        made.add(item)
    return kind(made)


def _difference(kind: Any, kept: Any, *others: Iterable[Any]) -> Any:
    made = set()
    for item in kept:  # up to 2.12 torch cannot make a set of one from outside
        made.add(item)
    for other in others:
        for item in other:
            made.discard(item)
    return kind(made)


def _symmetric_difference(kind: Any, kept: Any, other: Iterable[Any]) -> Any:
    made = set()
    for item in other:
        made.add(item)
    for item in kept:
        if item in made:
            made.discard(item)
        else:
            made.add(item)
    return kind(made)


def _isdisjoint(kind: Any, kept: Any, other: Any) -> bool:
    if isinstance(other, (set, frozenset)) and len(other) > len(kept):
        kept, other = other, kept
    for item in other:  # noqa: SIM110 (a generator is another frame to trace)
        if item in kept:
            return False
    return True


def _issuperset(kind: Any, kept: Any, other: Any, stops: bool = _STOPS) -> bool:
    if isinstance(other, (set, frozenset)):
        return other <= kept  # type: ignore[no-any-return]
    if not stops:
        other = list(other)
    for item in other:  # noqa: SIM110
        if item not in kept:
            return False
    return True


#: What C code does, in Python, which is traced; by the name of the method.
_TRACED: dict[str, Callable[..., Any]] = {
    "union": _union,
    "intersection": _intersection,
    "difference": _difference,
    "symmetric_difference": _symmetric_difference,
    "isdisjoint": _isdisjoint,
    "issuperset": _issuperset,
}
_OF_ONE = frozenset({"symmetric_difference", "isdisjoint", "issuperset"})
#: Methods that change the set, and what they make of it.
_CHANGING = {
    f"{name}_update": name for name in ("intersection", "difference", "symmetric_difference")
}
_TAKING = frozenset({"update", "issubset", *_TRACED, *_CHANGING})
#: Those that torch does otherwise on all releases: the items come from the other one, and what
#: is given is not gone through to its end.
_ON_ALL = ("intersection", "issuperset")


def _combined(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, name: str, args: Any, kwargs: Any
) -> Any:
    if name not in _TAKING or kwargs or type(tracker) not in (SetVariable, FrozensetVariable):
        return own(tracker, tx, name, args, kwargs)
    args = [as_list(tx, arg) for arg in args]
    what = _CHANGING.get(name, name)
    if not _is_to_be_traced(tracker, name, what, args):
        return own(tracker, tx, name, args, kwargs)
    given = [BuiltinVariable(tracker.python_type()), tracker, *args]
    made = UserFunctionVariable(_TRACED[what]).call_function(tx, given, {})
    if what == name:
        return made
    own(tracker, tx, "clear", [], {})
    return own(tracker, tx, "update", [made], {})


def _is_to_be_traced(tracker: VariableTracker, name: str, what: str, args: list[Any]) -> bool:
    """Whether torch does it otherwise than Python; literals it gives to Python itself."""
    if what not in _TRACED or (what in _OF_ONE and len(args) != 1):
        return False
    if what != name and type(tracker) is not SetVariable:
        return False  # a frozen set has no such method
    if behaviour.COMBINES_SETS_BY_HASH:
        return what in _ON_ALL or any(map(_is_iterator, args))
    is_set = tracker.python_type() is set and what == name
    return not (is_set and all(map(_is_literal, (tracker, *args))))


def _is_literal(tracker: Any) -> bool:
    """Whether it is made of literals; an iterator that is used for an answer moves on."""
    return not _is_iterator(tracker) and tracker.is_python_constant()


def _is_iterator(tracker: Any) -> bool:
    return has_on_class(type_at_hand(tracker), "__next__")


WATCHERS: tuple[Watcher, ...] = instead_of_methods("tracing", AnySetVariable, _combined)
