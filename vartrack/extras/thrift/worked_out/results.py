"""What operators give for late numbers and texts, put off until the graph has run."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.bases.tracing.late.late_text import LateText
from vartrack.bases.tracing.late.waiting import waits
from vartrack.extras.thrift.asking import answering
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.late.made import LateResult, is_result
from vartrack.extras.thrift.worked_out import lengths

__all__ = ["DIVISION", "OPERANDS", "put_off"]

#: The types of operands and results: their operators are written in C and change nothing.
_LITERALS = frozenset({bool, int, float, complex, str})
#: Of how many operations a result is made at most, as code is written for each.
_LONGEST = 32
#: The operators of one operand.
_OF_ONE: frozenset[Any] = frozenset(
    {len, bool, abs, operator.not_, operator.neg, operator.pos, operator.invert}
)


def _nothing(*args: VariableTracker) -> None:
    """No question: who needs the result needs the operands."""


def _not(value: VariableTracker) -> bool | None:
    answer = answering.truth(value)
    return None if answer is None else not answer


#: What `divmod` gives.
DIVISION = (operator.floordiv, operator.mod)
#: What fails if the second operand is zero.
_DIVIDING = ("truediv", "floordiv", "mod")
_DIVISIONS: frozenset[Any] = frozenset(getattr(operator, name) for name in _DIVIDING)

#: From a function to the operator that gives the same, and what asks for its result. Only what
#: cannot fail for other values of the same types: that would be outside of the program's ``try``.
_OPERATORS: dict[Callable[..., Any], tuple[Callable[..., Any], Callable[..., Any]]] = {
    len: (len, answering.length),
    bool: (bool, answering.truth),
    operator.truth: (bool, answering.truth),
    operator.not_: (operator.not_, _not),
    abs: (abs, _nothing),
    operator.abs: (abs, _nothing),
    **{op: (op, _nothing) for op in (operator.neg, operator.pos, operator.invert, min, max)},
    **{op: (op, functools.partial(answering.compared, op)) for op in answering.ORDERED},
    **{
        getattr(operator, name): (getattr(operator, own), _nothing)
        for own in ("add", "sub", "mul", "and_", "or_", "xor", *_DIVIDING)
        for name in (own, f"i{own.rstrip('_')}")  # the second is the one that changes in place
    },
}

#: How many operands each of these functions has.
OPERANDS: dict[Callable[..., Any], int] = {
    function: 1 if op in _OF_ONE else 2 for function, (op, _) in _OPERATORS.items()
}


def put_off(function: Callable[..., Any], args: list[VariableTracker]) -> Any:
    """What ``function(*args)`` gives for late values; None if it can neither wait nor be asked.

    Returns:
        The result, put off; a constant, if it was asked at once.
    """
    result = _worked_out(function, args)
    if result is None and _OPERATORS[function][0] is len:
        result = lengths.length_of(args[0])
    return _OPERATORS[function][1](*args) if result is None else result


def _worked_out(function: Callable[..., Any], args: list[Any]) -> LateResult | None:
    """What ``function(*args)`` gives for late values; None if it cannot wait."""
    values, size = [], 0
    for arg in args:
        if is_late(arg) or is_result(arg) or (type(arg) is LateText and waits(arg)):
            values.append(arg.example)
            size += arg.size if is_result(arg) else 1
        elif type(known := arg.unwrap()) is ConstantVariable:
            values.append(known.value)
        else:
            return None
    op, ask = _OPERATORS[function]
    types = {type(value) for value in values}
    if not size or size > _LONGEST or not types <= _LITERALS:
        return None
    if op in _DIVISIONS and (waits(args[1]) or not values[1] or str in types):
        return None
    if op is operator.invert and types != {int}:
        return None  # of a bool Python warns
    if op in (min, max) and len(types) > 1:
        return None  # which of them it gives decides on the type
    try:
        result = op(*values)
    except Exception:
        return None  # torch raises it in the program
    if type(result) not in _LITERALS or result != result:
        return None  # a NaN is equal to itself alone, and another one each time it is worked out
    return LateResult.of(op, args, result, functools.partial(ask, *args))
