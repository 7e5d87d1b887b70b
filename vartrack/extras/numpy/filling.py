"""What torch takes a bool of NumPy's for: an input of the graph, and no constant of it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import BaseListVariable
from torch._dynamo.variables.torch import TorchInGraphFunctionVariable

from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.extras.numpy.scalars import NumberVariable

__all__ = ["FILLING"]

#: What works out a size of the numbers that it is given: it is another graph for each.
_SIZED = frozenset({torch.arange, torch.linspace, torch.logspace})
#: What torch has an own way for where it is given tensors; of others it asks for a proxy.
_FILLED = frozenset({torch.full, torch.tensor})


def _as_float(flag: NumberVariable) -> VariableTracker:
    return ConstantVariable.create(float(flag.value))


def _as_input(flag: NumberVariable) -> VariableTracker:
    return flag.in_graph if flag.content is not None else _as_float(flag)


def _with_flags(operand: VariableTracker, make: Callable[[Any], VariableTracker]) -> Any:
    """``operand``, with what is made of bools of NumPy's in their place."""
    known = operand.realize()
    if isinstance(known, BaseListVariable) and any(map(_is_flag, known.items)):
        return type(known)([_with_flags(item, make) for item in known.items])
    return make(known) if _is_flag(known) else operand


def _is_flag(operand: VariableTracker) -> bool:
    known = operand.realize()
    return isinstance(known, NumberVariable) and isinstance(known.example, np.bool_)


def _filled(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def call_function(self: Any, tx: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        if self.value in _SIZED or self.value in _FILLED:
            make = _as_float if self.value in _SIZED else _as_input
            args = [_with_flags(arg, make) for arg in args]
            kwargs = {name: _with_flags(arg, make) for name, arg in kwargs.items()}
        return own(self, tx, args, kwargs)

    return call_function


#: What is put into torch while a registry with this set is in force.
FILLING = Wrappers((TorchInGraphFunctionVariable, "call_function", _filled))
