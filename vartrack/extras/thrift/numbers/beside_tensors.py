"""Operations on tensors of floats that take an int for the float that equals it: `x.clamp(low)`.

So `min` and `max` of an int and a float are given as a float, whichever it is.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.tensor import TensorVariable
from torch._dynamo.variables.torch import TorchInGraphFunctionVariable

from vartrack.bases.tracing.late.waiting import WAITING
from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.extras.thrift.numbers.of_both import is_of_both, with_floats

__all__ = ["HOOKS"]

#: The operations, by the names of the methods and functions.
_ALIKE = frozenset(
    {"add", "sub", "subtract", "mul", "multiply", "div", "divide", "true_divide", "pow", "rsub"}
    | {"clamp", "clip", "clamp_min", "clamp_max", "masked_fill", "fill", "full_like", "where"}
    | {"lerp", "addcmul", "addcdiv", "leaky_relu", "elu", "celu", "threshold", "hardtanh"}
    | {"softplus", "hardshrink", "softshrink", "nan_to_num", "eq", "ne", "lt", "le", "gt", "ge"}
)


def _is_alike(name: str, operands: Iterable[VariableTracker]) -> bool:
    """Whether it is all one to an operation of these operands if a number is an int or a float."""
    if name.removesuffix("_") not in _ALIKE:
        return False
    of_all = [each.dtype for each in operands if type(each) is TensorVariable]  # type: ignore[attr-defined]
    dtypes = [dtype for dtype in of_all if str(dtype) != "torch.bool"]  # a mask has no say
    return bool(dtypes) and all(dtype and dtype.is_floating_point for dtype in dtypes)


def _as_floats(
    name: str, tensors: list[Any], args: Any, kwargs: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """The operands, with floats for such numbers where that is all one."""
    values = [*args, *kwargs.values()]
    if WAITING.isdisjoint(map(type, values)) or not any(map(is_of_both, values)):  # as most are
        return args, kwargs
    known = [each if is_of_both(each) else each.realize() for each in values]
    if not _is_alike(name, [*tensors, *known]):
        return args, kwargs
    return with_floats(args), dict(zip(kwargs, with_floats([*kwargs.values()]), strict=True))


def _method(own: Callable[..., Any]) -> Callable[..., Any]:
    """Calls a method of a tensor."""

    @functools.wraps(own)
    def call_method(self: Any, tx: Any, name: str, args: Any, kwargs: Any) -> Any:
        if args or kwargs:
            args, kwargs = _as_floats(name, [self], args, kwargs)
        return own(self, tx, name, args, kwargs)

    return call_method


def _function(own: Callable[..., Any]) -> Callable[..., Any]:
    """Calls a function of torch's."""

    @functools.wraps(own)
    def call_function(self: Any, tx: Any, args: Any, kwargs: Any) -> Any:
        args, kwargs = _as_floats(getattr(self.value, "__name__", ""), [], args, kwargs)
        return own(self, tx, args, kwargs)

    return call_function


#: What is put into torch while a registry with this set is in force.
HOOKS = (
    Wrappers(
        (TensorVariable, "call_method", _method),
        (TorchInGraphFunctionVariable, "call_function", _function),
    ),
)
