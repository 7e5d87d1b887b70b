"""Comparing values of a class that has some comparisons of its own, and others of a type in C.

Up to 2.12 torch makes each comparison of ``__eq__`` and ``__lt__``, which is wrong of a ``class
Name(str)`` that has one of the two: ``name != "a"`` asks ``str.__ne__``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from types import FunctionType, WrapperDescriptorType
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.evaluating.operations import Operations
from vartrack.compat.containers import plain_inside
from vartrack.compat.hooks import read_attribute
from vartrack.compat.operators import COMPARES, SWAPPED, Entry
from vartrack.soundness.noting.ledger import puts_right
from vartrack.soundness.reading.lookups import find
from vartrack.soundness.watchers.comparing.compared import refuse, says_of

__all__ = ["ENTRIES"]

_METHODS = tuple(f"__{name}__" for name in SWAPPED)


def _found(cls: type) -> tuple[bool, bool]:
    """Whether comparisons of ``cls`` are in Python, and whether some are in a type in C."""
    found = [one for name in _METHODS if (one := find(cls, name)) is not None]
    in_python = any(type(held) is FunctionType for _, held in found)
    return in_python, any(
        owner is not object and isinstance(held, WrapperDescriptorType) for owner, held in found
    )


def _is_mixed(tracker: VariableTracker) -> bool:
    return isinstance(tracker, UserDefinedObjectVariable) and all(_found(type(tracker.value)))


def _entry(name: str) -> Callable[..., Any]:
    def call(tx: Any, left: VariableTracker, right: VariableTracker) -> Any:
        if not puts_right() or not (_is_mixed(left) or _is_mixed(right)):
            return None
        sides = [(left, right, name), (right, left, SWAPPED[name])]
        one, other = left.python_type(), right.python_type()
        if one is not other and issubclass(other, one):
            sides.reverse()
        for first, second, op in sides:
            answer = _asked(tx, first, second, op)
            if not answer.is_constant_match(NotImplemented):
                return answer
        return refuse(left, f"__{name}__", "NotImplemented")

    return call


def _asked(tx: Any, one: Any, other: Any, name: str) -> VariableTracker:
    """What the class of ``one`` says of how it compares, before ``other`` is asked."""
    op = f"__{name}__"
    found = find(one.python_type(), op)
    if found is not None and type(found[1]) is FunctionType:
        answer: VariableTracker = read_attribute(one, tx, op).call_function(tx, [other], {})
        return answer.realize()
    inside = [plain_inside(each) or each for each in (one, other)]
    if inside[0] is one and all(each.is_python_constant() for each in inside):
        # no code of the user's runs: what compares is in C
        return ConstantVariable.create(says_of(_value(one), _value(other), op))
    if inside[0] is not one and inside[0].python_type() is inside[1].python_type():
        compare = BuiltinVariable(getattr(operator, name))
        return compare.call_function(tx, inside, {}).realize()  # type: ignore[no-any-return]
    return refuse(one, op, "unknown")


def _value(tracker: Any) -> Any:
    value = getattr(tracker, "value", None)
    return tracker.as_python_constant() if value is None else value


def _entries() -> Iterator[tuple[Any, Entry]]:
    if COMPARES:
        for name in SWAPPED:
            compare = _entry(name)
            function = getattr(operator, name)
            yield function, ((UserDefinedObjectVariable, VariableTracker), compare)
            yield function, ((VariableTracker, UserDefinedObjectVariable), compare)


ENTRIES = Operations(UserDefinedObjectVariable, {}, _entries)
