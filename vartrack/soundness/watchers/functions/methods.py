"""Bound methods: two are equal if they are one function of one object."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterator
from types import MethodType
from typing import Any

from torch._dynamo import utils
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import (
    BaseUserFunctionVariable,
    PolyfilledFunctionVariable,
    UserFunctionVariable,
    UserMethodVariable,
)
from torch._dynamo.variables.lists import BaseListVariable
from torch._dynamo.variables.misc import GetAttrVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.evaluating.operations import Operations
from vartrack.compat.hooks import hook_name
from vartrack.compat.names import HashableTracker
from vartrack.compat.operators import COMPARES, Entry
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger, current
from vartrack.soundness.watchers.functions.builtin_methods import (
    TRACKERS,
    is_bound_in_c,
    is_method_in_c,
    name_in,
    source_of,
    unbuilt_method,
)

__all__ = ["ENTRIES", "WATCHERS"]

#: What stands for a method that is bound to an object.
_BOUND = (UserMethodVariable, UserDefinedObjectVariable)
_IS = BuiltinVariable(operator.is_)


def _compared(
    ledger: Ledger, own: Callable[..., Any], method: Any, tx: Any, other: Any, op: str
) -> Any:
    """``one.act == other.act``: one function of one object, of which torch asks the first."""
    if op not in ("__eq__", "__ne__") or not _is_bound(method):
        return own(method, tx, other, op)
    other = _built(other)
    if not _is_bound(other):
        return own(method, tx, other, op)
    same = _are_equal(ledger, tx, method, other)
    return own(method, tx, other, op) if same is None else _constant(same is (op == "__eq__"))


def _noted(
    ledger: Ledger, result: Any, method: Any, tx: Any, other: Any, op: str, *_: Any, **__: Any
) -> None:
    """The same where nothing is put right: what Python would have said of them is noted."""
    if op in ("__eq__", "__ne__") and _is_bound(method) and _is_bound(other):
        _rely_on_equality(ledger, method, other)


def _built(tracker: Any) -> Any:
    """``tracker``, for which nothing is built but a method in C."""
    return tracker.realize() if is_method_in_c(tracker) else tracker


def _constant(value: bool) -> ConstantVariable:
    return ConstantVariable.create(value)


def _is_bound(tracker: Any) -> bool:
    if type(tracker) is UserMethodVariable:
        return True
    if type(tracker) is UserDefinedObjectVariable:
        return type(tracker.value) is MethodType
    return is_bound_in_c(tracker)


def _rely_on_equality(ledger: Ledger, *methods: Any) -> bool | None:
    """Note whether two are equal; None if it cannot be asked again."""
    sources = [source_of(method) for method in methods]
    names = [name_of(source) for source in sources]
    found = None if None in names else ledger.values_of(sources)
    if found is None:
        return None
    text = f"whether {names[0]} is equal to {names[1]}"
    ledger.sourced.asked("values", ("equal", *names), text, sources, operator.eq)
    return bool(found[0] == found[1])


def _are_equal(ledger: Ledger, tx: Any, *methods: Any) -> bool | None:
    same = _rely_on_equality(ledger, *methods)
    if same is not None:
        return same
    one, other = methods
    if all(type(method) is UserMethodVariable for method in methods):
        is_one = one.fn is other.fn
    elif all(map(is_bound_in_c, methods)):
        is_one = name_in(one) == name_in(other)
    else:
        return None
    if not is_one:
        return False
    answer: bool = _IS.call_function(tx, [one.obj, other.obj], {}).as_python_constant()
    return answer


def _entry(wanted: bool) -> Callable[..., Any]:
    def call(tx: Any, one: Any, other: Any) -> Any:
        ledger = current()
        if ledger is None or not (ledger.guards and ledger.holds("values")):
            return None
        if not (_is_bound(one) and _is_bound(other)):
            return None
        same = _are_equal(ledger, tx, one, other)
        return None if same is None else _constant(same is wanted)

    return call


def _entries() -> Iterator[tuple[Any, Entry]]:
    """On a torch where no tracker is asked how it compares."""
    if COMPARES:
        for function in (operator.eq, operator.ne):
            entry = _entry(function is operator.eq)
            for classes in ((GetAttrVariable, GetAttrVariable), *itertools.product(_BOUND, _BOUND)):
                yield function, (classes, entry)


def _same_key(ledger: Ledger, own: Callable[..., Any], one: Any, other: Any) -> Any:
    """Whether two are one key, or one item of a list: up to 2.12 torch asks for the functions."""
    if not (isinstance(other, VariableTracker) and _is_bound(one) and _is_bound(other)):
        return own(one, other)
    same = _are_equal(ledger, ledger.output().current_tx, one, other)
    return own(one, other) if same is None else same


def _attribute(ledger: Ledger, own: Any, method: Any, tx: Any, name: Any, *more: Any) -> Any:
    """``items.append.__self__``, which 2.15 reads of a copy."""
    return method.obj if is_bound_in_c(method) else own(method, tx, name, *more)


def _contained(ledger: Ledger, own: Any, items: Any, search: Any, tx: Any, *more: Any) -> Any:
    """``items.append in [items.append]``: torch compares methods of two copies of the list."""
    items = [*items]
    places = _places(ledger, tx, items, search)
    return own(items, search, tx, *more) if places is None else _constant(bool(places))


def _searched(
    ledger: Ledger, own: Any, items: Any, tx: Any, name: Any, args: Any, kwargs: Any
) -> Any:
    """``[items.append].index(items.append)``."""
    asked = name in ("index", "count") and len(args) == 1
    places = _places(ledger, tx, items.items, args[0]) if asked else None
    if places is None or (name == "index" and not places):
        return own(items, tx, name, args, kwargs)
    return ConstantVariable.create(len(places) if name == "count" else places[0])


def _indexed(ledger: Ledger, own: Any, items: Any, tx: Any, args: Any, *more: Any) -> Any:
    """The same since 2.15, where it is no method that is called by its name."""
    places = _places(ledger, tx, items.items, args[0]) if len(args) == 1 else None
    return ConstantVariable.create(places[0]) if places else own(items, tx, args, *more)


def _counted(ledger: Ledger, own: Any, function: Any, tx: Any, args: Any, kwargs: Any) -> Any:
    """``items.count``, which is a function then."""
    counts = function.fn is operator.countOf and len(args) == 2
    items: Any = args[0].realize() if counts else None
    listed = isinstance(items, BaseListVariable)
    places = _places(ledger, tx, items.items, args[1]) if listed else None
    return (
        own(function, tx, args, kwargs) if places is None else ConstantVariable.create(len(places))
    )


def _places(ledger: Ledger, tx: Any, items: Any, search: Any) -> list[int] | None:
    """Where a method in C is among ``items``; None if that is not known, or it is none."""
    if not is_method_in_c(search):
        return None
    search = search.realize()
    found = []
    for at, item in enumerate(each.realize() for each in items):
        same: bool | None = item is search
        if not same and _is_bound(item):
            same = _are_equal(ledger, tx, item, search)
        elif not same and (is_bound_in_c(item) or not item.is_python_constant()):
            same = None
        if same is None:
            return None
        if same:
            found.append(at)
    return found


def _hash(ledger: Ledger, own: Any, key: Any) -> int:
    """Of a method in C, by its name alone: which of them are one key `_equal_keys` says."""
    if type(key.vt) is ConstantVariable:  # as nearly always
        return own(key)
    if (method := unbuilt_method(key.vt)) is not None:
        return hash(method.__name__)
    tracker = key.vt.unwrap()
    return hash(name_in(tracker)) if is_bound_in_c(tracker) else own(key)


def _equal_keys(ledger: Ledger, own: Any, key: Any, other: Any) -> Any:
    if type(key.vt) is ConstantVariable:
        return own(key, other)
    one, two = key.vt, getattr(other, "vt", None)
    if two is None or not is_method_in_c(one) or not is_method_in_c(two):
        return own(key, other)
    same = _are_equal(ledger, ledger.output().current_tx, one.realize(), two.realize())
    return own(key, other) if same is None else same


ENTRIES = Operations(GetAttrVariable, {}, _entries)

_COMPARED = tuple(
    Watcher(cls, name, "values", None, after, instead, subclasses=False, needed=False)
    for name, after, instead, classes in (
        (
            hook_name("tp_richcompare_impl"),
            _noted,
            _compared,
            (BaseUserFunctionVariable, UserDefinedObjectVariable, *TRACKERS),
        ),
        # those of the trackers that have none of their own
        (hook_name("tp_richcompare_impl"), _noted, _compared, (VariableTracker,)),
        ("is_python_equal", None, _same_key, (UserFunctionVariable, UserDefinedObjectVariable)),
    )
    for cls in classes
)

WATCHERS: tuple[Watcher, ...] = (
    *_COMPARED,
    *(
        Watcher(
            *(cls, hook_name("tp_getattro_impl"), "tracing"),
            instead=_attribute,
            subclasses=False,
            needed=False,
            of=("__self__",),
        )
        for cls in (VariableTracker, *TRACKERS)
    ),
    Watcher(utils, "iter_contains", "values", instead=_contained),
    Watcher(HashableTracker, "__hash__", "values", instead=_hash),
    Watcher(HashableTracker, "__eq__", "values", instead=_equal_keys),
    Watcher(BaseListVariable, "call_method", "tracing", instead=_searched),
    Watcher(PolyfilledFunctionVariable, "call_function", "tracing", instead=_counted),
    Watcher(BaseListVariable, "_index_or_raise", "tracing", instead=_indexed, needed=False),
)
