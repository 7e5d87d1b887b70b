"""Bound methods: two are equal if they are one function of one object."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterator
from types import MethodType
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import (
    BaseUserFunctionVariable,
    UserFunctionVariable,
    UserMethodVariable,
)
from torch._dynamo.variables.misc import GetAttrVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.evaluating.operations import Operations
from vartrack.compat.hooks import hook_name
from vartrack.compat.operators import COMPARES, Entry
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger, current
from vartrack.soundness.sourced import name_of
from vartrack.soundness.watchers.functions.builtin_methods import (
    TRACKERS,
    is_bound_in_c,
    name_in,
    source_of,
)

__all__ = ["ENTRIES", "WATCHERS"]

#: What stands for a method that is bound to an object.
_BOUND = (UserMethodVariable, UserDefinedObjectVariable)
_IS = BuiltinVariable(operator.is_)


def _compared(
    ledger: Ledger, own: Callable[..., Any], method: Any, tx: Any, other: Any, op: str
) -> Any:
    """``one.act == other.act``: one function of one object, of which torch asks the first."""
    both = _is_bound(method) and _is_bound(other)
    if op not in ("__eq__", "__ne__") or not both:
        return own(method, tx, other, op)
    same = _are_equal(ledger, tx, method, other)
    return own(method, tx, other, op) if same is None else _constant(same is (op == "__eq__"))


def _noted(
    ledger: Ledger, result: Any, method: Any, tx: Any, other: Any, op: str, *_: Any, **__: Any
) -> None:
    """The same where nothing is put right: what Python would have said of them is noted."""
    if op in ("__eq__", "__ne__") and _is_bound(method) and _is_bound(other):
        _rely_on_equality(ledger, method, other)


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


ENTRIES = Operations(GetAttrVariable, {}, _entries)

WATCHERS: tuple[Watcher, ...] = tuple(
    Watcher(cls, name, "values", None, after, instead, subclasses=False, needed=False)
    for name, after, instead, classes in (
        (
            hook_name("tp_richcompare_impl"),
            _noted,
            _compared,
            (BaseUserFunctionVariable, UserDefinedObjectVariable, *TRACKERS),
        ),
        ("is_python_equal", None, _same_key, (UserFunctionVariable, UserDefinedObjectVariable)),
    )
    for cls in classes
)
