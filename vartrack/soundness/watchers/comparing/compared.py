"""``Decimal(1) == 1``, on a torch that asks no object whose class compares in C: it says False."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from types import WrapperDescriptorType
from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.evaluating.operations import Operations
from vartrack.compat.operators import COMPARES, Entry
from vartrack.soundness.ledger import puts_right
from vartrack.soundness.lookups import find
from vartrack.soundness.sourced import name_of

__all__ = ["ENTRIES", "refuse", "refuse_what_raises", "richcompare", "says_of"]


def says_of(value: Any, other: Any, op: str = "__eq__") -> Any:
    """What the class of ``value`` says of how they compare, before ``other`` is asked."""
    return getattr(type(value), op)(value, other)


def richcompare(
    tracker: Any, tx: Any, constant: VariableTracker, op: str
) -> ConstantVariable | None:
    """What code in C says of an object and a constant; None if it has no answer, as torch says.

    Where torch has a hook of this kind it is watched under the same name.
    """
    value, other = tracker.value, constant.as_python_constant()
    try:
        answer = says_of(value, other, op)
        if answer is NotImplemented:
            answer = says_of(other, value, op)
    except Exception as error:
        refuse(tracker, op, repr(error))
    if answer is NotImplemented:
        return None
    if not isinstance(answer, bool) or name_of(tracker.source) is None:
        # of what is made while tracing torch has only something alike
        refuse(tracker, op, repr(answer))
    return ConstantVariable.create(answer)


def refuse_what_raises(tracker: Any, other: Any, op: str) -> None:
    """Break the graph if code in C raises where it compares the value with a constant."""
    if not other.is_python_constant():
        return
    try:
        says_of(tracker.value, other.as_python_constant(), op)
    except Exception as error:
        refuse(tracker, op, repr(error))


def refuse(tracker: Any, op: str, answer: str) -> Any:
    """Break the graph because of what an operator gives in C."""
    unimplemented(
        gb_type="vartrack: an operator that torch does not know",
        context=f"{op} of {tracker}: {answer}",
        explanation="Python may have another answer for these operands than torch.",
        hints=["Do it outside of the compiled function."],
    )


def _entry(op: str, at: int) -> Callable[..., Any]:
    def call(tx: Any, *operands: Any) -> Any:
        tracker, other = operands[at], operands[1 - at]
        if type(tracker) is not UserDefinedObjectVariable or not puts_right():
            return None
        if not other.is_python_constant():
            return None
        own: Any = find(type(tracker.value), op)
        of_constant = find(type(other.as_python_constant()), op)
        # no code of the user's runs: neither class has any here
        in_c = _is_in_c(own) and _is_in_c(of_constant)
        return richcompare(tracker, tx, other, op) if in_c and own[0] is not object else None

    return call


def _is_in_c(found: Any) -> bool:
    return found is not None and isinstance(found[1], WrapperDescriptorType)


def _entries() -> Iterator[tuple[Any, Entry]]:
    if COMPARES:
        for function in (operator.eq, operator.ne):
            op = f"__{function.__name__}__"
            yield function, ((UserDefinedObjectVariable, VariableTracker), _entry(op, 0))
            yield function, ((VariableTracker, UserDefinedObjectVariable), _entry(op, 1))


ENTRIES = Operations(UserDefinedObjectVariable, {}, _entries)
