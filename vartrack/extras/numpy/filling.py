"""Tensors of a bool of NumPy's, `torch.full(size, flag)`: it is a number there, and no bool."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.torch import TorchInGraphFunctionVariable

from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.extras.numpy.scalars import NumberVariable

__all__ = ["FILLING"]


#: What works out the type of a tensor from the numbers that it is given.
_MAKING = frozenset({torch.arange, torch.full, torch.linspace, torch.logspace})


def _number(operand: VariableTracker) -> VariableTracker:
    known = operand.unwrap()
    if not isinstance(known, NumberVariable) or not isinstance(known.example, np.bool_):
        return operand
    return ConstantVariable.create(float(known.value))


def _filled(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def call_function(self: Any, tx: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        if self.value in _MAKING:
            args = [_number(arg) for arg in args]
            kwargs = {name: _number(arg) for name, arg in kwargs.items()}
        return own(self, tx, args, kwargs)

    return call_function


#: What is put into torch while a registry with this set is in force.
FILLING = Wrappers((TorchInGraphFunctionVariable, "call_function", _filled))
