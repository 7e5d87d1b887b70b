"""``Decimal(1) == 1`` and ``obj == n``, where torch asks no object, and says False.

Up to 2.12 it asks none whose class compares in C, and on every release none that is held against a
number that varies.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator
from types import FunctionType, WrapperDescriptorType
from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.tensor import SymNodeVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.evaluating.operations import Operations
from vartrack.bases.tracing.folded.folded_variable import FoldedVariable
from vartrack.compat.names import OBJECTS
from vartrack.compat.operators import COMPARES, SWAPPED, Entry
from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.noting.ledger import puts_right
from vartrack.soundness.reading.lookups import find

__all__ = ["ENTRIES", "WRAPPERS", "refuse", "refuse_what_raises", "richcompare", "says_of"]


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
    built: Any = other.unwrap()
    folded = issubclass(type(built), FoldedVariable)
    # of a type of the user's C code asks no more than whether it is one that it knows
    constant = built.example if folded else built.as_python_constant()
    try:
        says_of(tracker.value, constant, op)
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
        if type(tracker) not in OBJECTS or not puts_right():
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


#: The operators, each with its name.
_COMPARING = {getattr(operator, name): name for name in SWAPPED}


def _objects_first(own: Callable[..., Any]) -> Any:
    """``obj == n``: the object is asked before torch says that it is no number."""

    @functools.wraps(own)
    def _find_binop_handler(op: Any, *types: type) -> Any:
        handlers = own(op, *types)
        if not handlers or UserDefinedObjectVariable not in types or op not in _COMPARING:
            return handlers
        if not any(issubclass(each, SymNodeVariable) for each in types):
            return handlers
        return [functools.partial(_with_number, _COMPARING[op]), *handlers]

    return staticmethod(_find_binop_handler)


def _with_number(name: str, tx: Any, left: VariableTracker, right: VariableTracker) -> Any:
    """What an object says of a number that varies; None if it leaves that to the number."""
    if not puts_right():
        return None
    for one, other, op in ((left, right, name), (right, left, SWAPPED[name])):
        if type(one) in OBJECTS:
            answer = _in_python(tx, one, other, f"__{op}__")
            if answer is not None:
                return answer
    return None


def _in_python(tx: Any, tracker: Any, number: VariableTracker, op: str) -> Any:
    """What a method in Python says; None if there is none, or it leaves that to the number."""
    found = find(type(tracker.value), op)
    if op == "__ne__" and found is not None and found[0] is object:  # it asks __eq__
        equal = _in_python(tx, tracker, number, "__eq__")
        return equal and BuiltinVariable(operator.not_).call_function(tx, [equal], {})
    if found is None or type(found[1]) is not FunctionType:
        return None
    answer = tracker.call_method(tx, op, [number], {})
    return None if answer.is_constant_match(NotImplemented) else answer


WRAPPERS = Wrappers((BuiltinVariable, "_find_binop_handler", _objects_first))
ENTRIES = Operations(UserDefinedObjectVariable, {}, _entries)
