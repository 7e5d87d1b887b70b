"""`Ordered`: a value as Python's sorting asks for it, by tracing what is less."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.bases.tracing.folding import refuse

__all__ = ["Ordered", "Stopped"]


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
    tx = InstructionTranslator.current_tx()
    answer = BuiltinVariable(operator.lt).call_function(tx, [one, other], {})
    if not answer.is_python_constant():
        refuse("__lt__", f"of a {one.python_type().__name__} gives something not known yet")
    return bool(answer.as_python_constant())
