"""Equal containers: their items are asked for ``==`` alone, and one is equal to itself.

torch asks the items of dicts for ``!=``, which may say something else, and keeps what two items of
a view said without looking at whether they were one.
"""

from __future__ import annotations

import operator
from collections import OrderedDict
from types import FunctionType
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.functions import UserFunctionVariable
from torch._dynamo.variables.lists import DequeVariable

from vartrack.bases.tracing.in_torch.searching import equal_dicts
from vartrack.compat.containers import plain_inside
from vartrack.compat.hooks import COMPARES_BY_METHOD, hook_name
from vartrack.compat.names import object_protocol
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.gone_through import type_at_hand
from vartrack.soundness.reading.lookups import find

__all__ = ["WATCHERS"]

_COMPARE = hook_name("tp_richcompare_impl")
_IS, _NOT = map(BuiltinVariable, (operator.is_, operator.not_))


def _of_dicts(ledger: Ledger, own: Any, left: Any, tx: Any, other: Any, op: str) -> Any:
    """``left == right`` of dicts with items that say themselves what is unequal to them."""
    if op == "__ne__":
        return _unequal(ledger, own, left, tx, other, op)
    right = plain_inside(other) or other
    if op != "__eq__" or not isinstance(right, ConstDictVariable):
        return own(left, tx, other, op)
    ordered = all(issubclass(each.python_type(), OrderedDict) for each in (left, right))
    if ordered or not _have_unequal(ledger, (*left.items.values(), *right.items.values())):
        return own(left, tx, other, op)
    return UserFunctionVariable(equal_dicts).call_function(tx, [_IS, left, right], {})


def _of_deques(ledger: Ledger, own: Any, left: Any, tx: Any, other: Any, op: str) -> Any:
    """``left != right``: of the first two items that are not equal it is asked if they differ."""
    right = plain_inside(other) or other
    if op != "__ne__" or not isinstance(right, DequeVariable):
        return own(left, tx, other, op)
    if not _have_unequal(ledger, (*left.items, *right.items)):
        return own(left, tx, other, op)
    return UserFunctionVariable(_deques_differ).call_function(tx, [left, right], {})


def _by_function(ledger: Ledger, own: Any, builtin: Any, tx: Any, args: Any, kwargs: Any) -> Any:
    """The same up to 2.12, where `operator.ne` asks for ``==``."""
    if len(args) != 2 or kwargs:
        return own(builtin, tx, args, kwargs)
    left, right = (arg.realize() for arg in args)
    deque = plain_inside(left) or left
    if not isinstance(deque, DequeVariable):
        return own(builtin, tx, args, kwargs)

    def compared(*_: Any) -> Any:
        return own(builtin, tx, args, kwargs)

    return _of_deques(ledger, compared, deque, tx, right, "__ne__")


def _have_unequal(ledger: Ledger, trackers: tuple[Any, ...]) -> bool:
    """Whether ``!=`` of one of them may be other than ``not ==``; nothing is built for it."""
    for cls in set(map(type_at_hand, trackers)):
        ledger.classes.look(cls, "__eq__", "__ne__")
        if _is_of_two_minds(cls):
            return True
    return False


def _is_of_two_minds(cls: type) -> bool:
    """Whether it has a ``__ne__`` in Python, or one in C beside an ``__eq__`` of its own."""
    equal, unequal = find(cls, "__eq__"), find(cls, "__ne__")
    if unequal is None or unequal[0] is object:
        return False  # that asks for `==`
    return type(unequal[1]) is FunctionType or equal is None or equal[0] is not unequal[0]


def _deques_differ(left: Any, right: Any) -> bool:
    if len(left) != len(right):
        return True
    for one, other in zip(left, right):  # noqa: B905, traced as it stands
        if one is not other and not one == other:  # noqa: SIM201, `!=` may say something else
            return True if one != other else False  # noqa: SIM210, it may be no bool
    return False


def _unequal(ledger: Ledger, own: Any, tracker: Any, tx: Any, other: Any, op: str) -> Any:
    """``one != other`` that is ``not one == other``: torch takes that for a constant."""
    if op != "__ne__":
        return own(tracker, tx, other, op)
    equal: VariableTracker = getattr(tracker, _COMPARE)(tx, other, "__eq__")
    if equal.is_constant_match(NotImplemented):
        return equal
    if equal.is_python_constant():
        return ConstantVariable.create(not equal.as_python_constant())
    return _NOT.call_function(tx, [equal], {})


WATCHERS: tuple[Watcher, ...] = (
    Watcher(
        ConstDictVariable, _COMPARE, "tracing", instead=_of_dicts, subclasses=False, needed=False
    ),
    (
        Watcher(
            *(BuiltinVariable, "call_function", "tracing"),
            instead=_by_function,
            subclasses=False,
            of=(operator.ne,),
        )
        if COMPARES_BY_METHOD
        else Watcher(DequeVariable, _COMPARE, "tracing", instead=_of_deques, needed=False)
    ),
    Watcher(object_protocol, "object_richcompare", "tracing", instead=_unequal, needed=False),
)
