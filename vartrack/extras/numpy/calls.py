"""Functions of NumPy, called with what this set makes constants of."""

from __future__ import annotations

import types
from typing import Any

import numpy as np
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.lists import BaseListVariable
from torch._dynamo.variables.misc import NumpyVariable

from vartrack.bases.tracing.evaluating.folding import evaluate, refuse, result_tracker
from vartrack.bases.tracing.known.operands import calling
from vartrack.extras.numpy.arrays import has_tensor, is_moment, owned, tells_time
from vartrack.extras.numpy.scalars import NumberVariable
from vartrack.visitors.arrays import NumpyFunctions

__all__ = ["Calls"]

#: Classes whose instances are constants of this set.
_CLASSES = (np.datetime64, np.timedelta64, np.str_, np.bytes_, np.bool_)
#: Types of functions of NumPy alone; before 1.25 it wrapped them in functions of Python.
_FUNCTIONS = {np.ufunc, type(np.sum)} - {types.FunctionType}
#: By id the functions on texts, which torch does not take for NumPy's. From 2.0 to 2.2 they are
#: functions of Python like any other.
_OF_TEXTS: dict[int, Any] = {
    id(function): function
    for module in (np.char, getattr(np, "strings", None))
    for function in (getattr(module, name) for name in getattr(module, "__all__", ()))
    if not isinstance(function, type)
}
_MAKERS = (np.array, np.asarray, np.asanyarray)
#: Starts of the names of functions that read or write files and settings.
_OUTSIDE = ("from", "genfrom", "get", "load", "print", "save", "set")


class FoldingFunctionVariable(NumpyVariable):
    """Is evaluated while tracing if operands are constants of this set, else traced."""

    def call_function(self, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        call = calling(tx, self.text, args, kwargs) if self.folds(args, kwargs) else None
        if call is None:
            return super().call_function(tx, args, kwargs)

        def function(*positional: Any, **named: Any) -> Any:
            return owned(self.value(*positional, **named), *positional, *named.values())

        result = evaluate(tx, self.text, lambda: call(function))
        operands = (operand.as_python_constant() for operand in (*args, *kwargs.values()))
        if is_moment(result) and any(map(tells_time, operands)):
            refuse(self.text, "depends on the time of the call")
        if self.value in _MAKERS and has_tensor(result.dtype):
            return super().call_function(tx, args, kwargs)
        return result_tracker(tx, self.text, result, lambda: call(function))

    @property
    def text(self) -> str:
        """The function's name, for messages."""
        return f"numpy.{getattr(self.value, '__name__', self.value)}"

    def folds(self, args: Any, kwargs: Any) -> bool:
        """Whether this call is one to evaluate."""
        function = self.value
        if isinstance(function, type):
            return function in _CLASSES
        random = isinstance(getattr(function, "__self__", None), np.random.RandomState)
        if random or getattr(function, "__name__", "").startswith(_OUTSIDE):
            return False
        operands = [operand.realize() for operand in (*args, *kwargs.values())]
        if function in _MAKERS and any(map(_is_made_of_inputs, operands)):
            return False
        known = [each.as_python_constant() for each in operands if each.is_python_constant()]
        if function in _MAKERS:
            return len(known) == len(operands)
        return any(map(_is_ours, known))


def _is_made_of_inputs(operand: VariableTracker) -> bool:
    """Whether ``operand`` is a number that the graph has as an input, or holds nothing else."""
    known = operand.realize()
    if isinstance(known, BaseListVariable):
        return bool(known.items) and all(map(_is_made_of_inputs, known.items))
    return isinstance(known, NumberVariable) and known.content is not None


def _is_ours(operand: Any) -> bool:
    """Whether ``operand`` is, or holds, a value of NumPy; those that are traced are not known."""
    if isinstance(operand, (list, tuple)):
        return any(map(_is_ours, operand))
    return isinstance(operand, (np.ndarray, np.generic))


class Calls(NumpyFunctions):
    """NumPy's functions, ufuncs and scalar types.

    .. versionadded:: 0.1
    """

    priority = 1
    tracker_class = FoldingFunctionVariable

    @staticmethod
    def when(value: Any) -> bool:
        known = type(value) in _FUNCTIONS or id(value) in _OF_TEXTS
        return known or NumpyFunctions.when(value)
