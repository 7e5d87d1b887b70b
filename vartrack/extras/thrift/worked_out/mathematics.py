"""Functions of `math` that torch has no symbols for: `math.exp(-self.step / 10)`.

torch takes the number for a constant. Here the function is called by Python at each call, before
the graph runs, and what it gives is a number that varies.
"""

from __future__ import annotations

import functools
import math
import types
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.lists import TupleVariable
from torch._dynamo.variables.torch import TorchInGraphFunctionVariable

from vartrack.bases.tracing.late.symbols import is_symbol
from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.names import OF_MATH
from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.extras.thrift.worked_out.methods import made
from vartrack.extras.thrift.worked_out.results import DIVISION

__all__ = ["HOOKS", "quotient_and_rest"]

#: Those that take an iterable, or that torch has operations for.
_NOT = {"dist", "fsum", "prod", "sumprod", "frexp", "modf", "fma", "floor", "ceil", "trunc"}
#: Functions that work out a number, or whether something is so, of numbers alone.
_FUNCTIONS = frozenset(
    function
    for name, function in vars(math).items()
    if type(function) is types.BuiltinFunctionType and name not in _NOT and name not in OF_MATH
)
#: Numbers of which these call no method that a user wrote.
_NUMBERS = (int, float, bool)


def _varies(tracker: VariableTracker) -> bool:
    return waits(tracker) or is_symbol(tracker)


def _worked_out_first(own: Callable[..., VariableTracker]) -> Callable[..., VariableTracker]:
    """``own``, which calls a function that a graph may have."""

    @functools.wraps(own)
    def call_function(self: Any, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        if self.value in _FUNCTIONS and not kwargs:
            given = list(args)
            if any(map(_varies, given)) and all(arg.python_type() in _NUMBERS for arg in given):
                result: Any = made(tx, self.value, given)
                if result is not None:
                    if waits(result):
                        result.rely_on_presence()
                    return result  # type: ignore[no-any-return]
        return own(self, tx, args, kwargs)

    return call_function


def quotient_and_rest(tx: Any, args: list[VariableTracker]) -> VariableTracker | None:
    """``divmod(a, b)`` of two numbers one of which varies; None if torch is to work it out.

    Where the divisor does, Python works it out: in the graph a zero would be divided by outside of
    the program's ``try``.
    """
    number, divisor = args
    if not all(arg.python_type() in _NUMBERS for arg in args):
        return None
    if _varies(divisor):
        return made(tx, divmod, args)
    if not _varies(number) or not divisor.is_python_constant():
        return None
    by = divisor.as_python_constant()
    if not by:
        return None
    return TupleVariable([BuiltinVariable(op).call_function(tx, args, {}) for op in DIVISION])


#: What is put into torch while a registry with this set is in force.
HOOKS = (Wrappers((TorchInGraphFunctionVariable, "call_function", _worked_out_first)),)
