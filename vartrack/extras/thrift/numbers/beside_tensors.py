"""Operations on tensors of floats that take an int for the float that equals it: `x.clamp(low)`.

So `min` and `max` of an int and a float are given as a float, whichever it is.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.lists import ListVariable, TupleVariable
from torch._dynamo.variables.tensor import TensorVariable
from torch._dynamo.variables.torch import TorchInGraphFunctionVariable

from vartrack.bases.tracing.late.waiting import WAITING
from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.extras.thrift.numbers.of_both import is_float, is_of_both, with_floats

__all__ = ["HOOKS"]

#: The operations, by the names of the methods and functions.
_ALIKE = frozenset(
    {"add", "sub", "subtract", "mul", "multiply", "div", "divide", "true_divide", "pow", "rsub"}
    | {"clamp", "clip", "clamp_min", "clamp_max", "masked_fill", "fill", "full_like", "where"}
    | {"lerp", "addcmul", "addcdiv", "leaky_relu", "elu", "celu", "threshold", "hardtanh"}
    | {"softplus", "hardshrink", "softshrink", "nan_to_num", "eq", "ne", "lt", "le", "gt", "ge"}
)
#: Those that give a tensor of the type of the one that is asked, whatever that is.
_OF_ITS_TYPE = frozenset({"new_full", "new_tensor"})
#: Those that make a tensor of numbers in a list.
_OF_A_LIST = frozenset({"new_tensor", "tensor", "as_tensor"})


def _is_alike(name: str, operands: Iterable[VariableTracker]) -> bool:
    """Whether it is all one to an operation of these operands if a number is an int or a float."""
    if name in _OF_ITS_TYPE:
        return True
    if name.removesuffix("_") not in _ALIKE:
        return False
    of_all = [each.dtype for each in operands if type(each) is TensorVariable]  # type: ignore[attr-defined]
    dtypes = [dtype for dtype in of_all if str(dtype) != "torch.bool"]  # a mask has no say
    return bool(dtypes) and all(dtype and dtype.is_floating_point for dtype in dtypes)


def _as_floats(
    name: str, tensors: list[Any], args: Any, kwargs: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """The operands, with floats for such numbers where that is all one."""
    if name in _OF_A_LIST and args:
        args = [_of_floats(tensors, args[0], kwargs), *args[1:]]
    values = [*args, *kwargs.values()]
    if WAITING.isdisjoint(map(type, values)) or not any(map(is_of_both, values)):  # as most are
        return args, kwargs
    known = [each if is_of_both(each) else each.realize() for each in values]
    if not _is_alike(name, [*tensors, *known]):
        return args, kwargs
    return with_floats(args), dict(zip(kwargs, with_floats([*kwargs.values()]), strict=True))


def _of_floats(tensors: list[Any], numbers: Any, kwargs: dict[str, Any]) -> Any:
    """A list of numbers that a tensor is made of, of which the type of that does not depend."""
    made = numbers.unwrap()
    if type(made) not in (ListVariable, TupleVariable) or made.source is not None:
        return numbers
    if not any(map(is_of_both, made.items)):
        return numbers
    dtype = kwargs.get("dtype")
    is_given = bool(tensors) or (dtype is not None and not dtype.is_constant_none())
    if not is_given and not any(is_float(each) for each in made.items if not is_of_both(each)):
        return numbers
    items = with_floats(made.items)
    if type(made) is TupleVariable:
        return TupleVariable(items)
    return ListVariable(items, mutation_type=ValueMutationNew())


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
