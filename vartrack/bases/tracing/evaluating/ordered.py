"""`Ordered`: a value as Python's sorting asks for it, by tracing what is less."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import BaseListVariable
from torch._dynamo.variables.tensor import SymNodeVariable

from vartrack.bases.tracing.classes.method_guard import guard_method
from vartrack.bases.tracing.evaluating.folding import evaluate, refuse
from vartrack.compat.names import LAZY

__all__ = ["Ordered", "Stopped", "holds"]


#: What is asked of the operand to the left, and of the one to the right where that gives nothing.
_ASKED = {operator.lt: ("__lt__", "__gt__"), operator.gt: ("__gt__", "__lt__")}


class Stopped(BaseException):
    """What stopped a comparison: past torch's sorting, which takes any exception for its own.

    Args:
        error: the exception.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


class Ordered:
    """Stands for a value in a sort of torch's, which compares tuples and so asks for ``==`` first.

    Args:
        tracker: the tracker of the value.
    """

    __slots__ = ("tracker",)

    def __init__(self, tracker: VariableTracker) -> None:
        self.tracker = tracker

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = None  # type: ignore[assignment]

    def __lt__(self, other: Any) -> bool:
        return self.traced(lambda: _is_less(self.tracker, _tracker(other)))

    def __gt__(self, other: Any) -> bool:
        return self.traced(lambda: _is_less(_tracker(other), self.tracker))

    def traced(self, compare: Callable[[], bool]) -> bool:
        """What ``compare`` gives; what it raises is raised when torch's sorting is left."""
        try:
            return compare()
        except Exception as error:
            raise Stopped(error) from error


def _tracker(other: Any) -> VariableTracker:
    return other.tracker if isinstance(other, Ordered) else ConstantVariable.create(other)


def _is_less(one: VariableTracker, other: VariableTracker) -> bool:
    return holds(InstructionTranslator.current_tx(), operator.lt, one, other)


def holds(tx: Any, compare: Any, one: VariableTracker, other: VariableTracker) -> bool:
    """Whether a comparison, which is traced, is true.

    Args:
        tx: the tracer.
        compare: the operator.
        one: what is to the left.
        other: what is to the right.
    """
    for operand, method in zip((one, other), _ASKED[compare], strict=True):
        _guard(tx, operand, method)
    try:
        answer = BuiltinVariable(compare).call_function(tx, [one, other], {}).realize()
        if isinstance(answer, SymNodeVariable):
            return bool(answer.evaluate_expr(tx.output))
        known = answer.as_python_constant()
        if isinstance(known, Ordered):  # a bool of NumPy's, say, which is asked for its truth
            known = BuiltinVariable(bool).call_function(tx, [answer], {}).as_python_constant()
        return bool(evaluate(tx, compare.__name__, lambda: bool(known)))
    except NotImplementedError:  # torch also fails so on tuples of numbers that vary
        name = f"{one.python_type().__qualname__}.__{compare.__name__}__"
        refuse(name, "gives something that is not known yet")


def _guard(tx: Any, operand: VariableTracker, method: str) -> None:
    """Guard what is asked of an operand: of a tuple's items also whether they are equal."""
    if type(operand) in LAZY:
        operand = operand.realize()  # which comparing does in any case
    if isinstance(operand, BaseListVariable):
        for item in operand.items:
            _guard(tx, item.realize(), "__eq__")
            _guard(tx, item, method)
    else:
        guard_method(tx, operand, method)
