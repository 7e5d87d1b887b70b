"""Operators on containers of a class of their own: the class of the result, and which object."""

from __future__ import annotations

from collections import defaultdict
from types import FunctionType
from typing import Any

from torch._dynamo.variables.base import ValueMutationNew
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import BaseListVariable, ListVariable
from torch._dynamo.variables.user_defined import UserDefinedDictVariable, UserDefinedObjectVariable

from vartrack.compat.containers import plain_inside
from vartrack.compat.names import AnySetVariable, OrderedDictVariable
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import find

__all__ = ["WATCHERS"]

#: The operators that change the left operand.
_IN_PLACE = (
    *(f"nb_inplace_{name}_impl" for name in ("or", "and", "subtract", "xor", "add", "multiply")),
    *(f"sq_inplace_{name}_impl" for name in ("concat", "repeat")),
)


def _of_dict(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, other: Any, reverse: bool = False
) -> Any:
    """``counts | {}``: the operator of `dict` makes a dict, where torch has the left one copied."""
    left, right = (other, tracker) if reverse else (tracker, other)
    inside = plain_inside(left)
    if inside is None or inside is left:
        return own(tracker, tx, other, reverse)
    return own(inside, tx, right, False)


def _of_object(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, other: Any, reverse: bool = False
) -> Any:
    """The operator of an OrderedDict on the right is in C: it comes when the left one declined."""
    if not reverse and isinstance(other, OrderedDictVariable):
        found = find(tracker.python_type(), "__or__")
        if found is not None and type(found[1]) is FunctionType:
            return tracker.call_method(tx, "__or__", [other], {})
    return own(tracker, tx, other, reverse)


def _in_place(ledger: Ledger, own: Any, tracker: Any, tx: Any, *args: Any) -> Any:
    """``items |= other`` gives the same object, of which torch gives what it keeps inside.

    And of ``items += items`` it knows no list to the right, up to 2.14.
    """
    inside = plain_inside(tracker)
    if isinstance(inside, ListVariable) and args and args[0].realize() is tracker:
        args = (ListVariable([*inside.items], mutation_type=ValueMutationNew()), *args[1:])
    result = own(tracker, tx, *args)
    return tracker if result is plain_inside(tracker) else result


def _by_method(ledger: Ledger, own: Any, tracker: Any, tx: Any, name: str, *more: Any) -> Any:
    """The same up to 2.12, where operators are methods."""
    result = own(tracker, tx, name, *more)
    return tracker if name.startswith("__i") and result is plain_inside(tracker) else result


def _merged(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, name: str, args: Any, *more: Any
) -> Any:
    """``table | other`` up to 2.12, where torch looks for the class of the result on its own."""
    if name != "__or__" or len(args) != 1:
        return own(tracker, tx, name, args, *more)
    both = [tracker, args[0].realize()]
    inside = [plain_inside(one) or one for one in both]
    if not all(isinstance(one, ConstDictVariable) for one in inside):
        return own(tracker, tx, name, args, *more)
    answering = _asked_first(*(one.python_type() for one in both))
    new = {"mutation_type": ValueMutationNew(), "source": None}
    if answering is dict:
        merged = ConstDictVariable({}, **new)
    elif answering is defaultdict is tracker.python_type():
        merged = tracker.clone(items={}, **new)
    else:
        return own(tracker, tx, name, args, *more)
    for one in inside:
        one.install_dict_keys_match_guard()
        merged.items.update(one.items)
    return merged


def _asked_first(left: type, right: type) -> type | None:
    """The class whose operator Python asks first to merge the two."""
    of_left, of_right = find(left, "__or__"), find(right, "__ror__")
    swapped = left is not right and issubclass(right, left)
    if swapped and of_right is not None and of_right[0] not in (dict, *(of_left or ())[:1]):
        return of_right[0]
    return None if of_left is None else of_left[0]


def _added_to(ledger: Ledger, own: Any, tracker: Any, tx: Any, name: str, *more: Any) -> Any:
    """``list.__iadd__``, by which also ``items += other`` of a subclass comes: it is a change.

    Up to 2.12 ``pair + rest`` and ``pair * 2`` as well, and torch has the new one at the old place.
    """
    result = own(tracker, tx, name, *more)
    if name == "__iadd__" and result is tracker and tracker.is_mutable():
        tx.output.side_effects.mutation(tracker)
    elif name in ("__add__", "__mul__") and result is not tracker:
        result.source = None
    return result


def _taken_from(ledger: Ledger, own: Any, tracker: Any, tx: Any, other: Any) -> Any:
    """``keys -= other``: torch writes back what was added alone, if nothing else is said."""
    result = own(tracker, tx, other)
    if result is tracker:
        tracker.should_reconstruct_all = True
    return result


def _watch(owner: Any, name: str, instead: Any) -> Watcher:
    """What a release has no function for it does not get wrong."""
    return Watcher(owner, name, "tracing", instead=instead, subclasses=False, needed=False)


WATCHERS: tuple[Watcher, ...] = (
    _watch(ConstDictVariable, "nb_or_impl", _of_dict),
    *(
        Watcher(owner, "call_method", "tracing", instead=_merged)
        for owner in (ConstDictVariable, UserDefinedDictVariable)
        if not hasattr(owner, "nb_or_impl")
    ),
    _watch(UserDefinedObjectVariable, "nb_or_impl", _of_object),
    *(_watch(UserDefinedObjectVariable, name, _in_place) for name in _IN_PLACE),
    *(
        Watcher(UserDefinedObjectVariable, "call_method", "tracing", instead=_by_method)
        for _ in {"nb_inplace_add_impl"}.difference(dir(UserDefinedObjectVariable))
    ),
    Watcher(BaseListVariable, "call_method", "tracing", instead=_added_to),
    Watcher(
        AnySetVariable,
        "nb_inplace_subtract_impl",
        "tracing",
        instead=_taken_from,
        needed=False,
    ),
)
