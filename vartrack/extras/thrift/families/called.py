"""What is called, and whether its arguments go by name to a function that is traced."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from torch._dynamo.variables.functions import (
    NestedUserFunctionVariable,
    UserFunctionVariable,
    UserMethodVariable,
)
from torch._dynamo.variables.misc import GetAttrVariable, NullVariable, SuperVariable
from torch._dynamo.variables.nn_module import UnspecializedNNModuleVariable
from torch._dynamo.variables.torch import TorchInGraphFunctionVariable
from torch._dynamo.variables.user_defined import UserDefinedClassVariable

from vartrack.core.user_code import methods

__all__ = ["called_by", "is_all_one_to", "is_function", "takes_by_function"]

#: What takes its arguments by the function that is traced, and does nothing else with them.
_FUNCTIONS = frozenset(
    {UserFunctionVariable, UserMethodVariable, NestedUserFunctionVariable}
    | {UnspecializedNNModuleVariable}
)


def called_by(stack: list[Any]) -> Any:
    """What is called, below its arguments."""
    before = 4 if issubclass(type(stack[-3]), NullVariable) else 3
    return stack[-before].realize().unwrap()


def is_function(stack: list[Any]) -> bool:
    """Whether a function of the program's is called, or a module, with what is on the stack."""
    called = called_by(stack)
    if type(called) is UnspecializedNNModuleVariable or _is_of_base(called):
        return True
    function = getattr(called, "fn", None)
    is_of_torch = (getattr(function, "__module__", None) or "").partition(".")[0] == "torch"
    return type(called) in _FUNCTIONS and not is_of_torch


def is_all_one_to(called: Any) -> bool:
    """Whether it takes each argument by its name, or none at all."""
    if type(called) is GetAttrVariable and called.name == "__new__":  # before `__init__`
        return type(called.obj) is UserDefinedClassVariable and _is_plain(called.obj.value)
    return type(called) is TorchInGraphFunctionVariable


def takes_by_function(called: Any) -> bool:
    """Whether its arguments go to a function that is traced, and nowhere else."""
    if type(called) is UserDefinedClassVariable:
        return _is_plain(called.value)
    return type(called) in _FUNCTIONS or _is_of_base(called)


def _is_of_base(called: Any) -> bool:
    """Whether it is a method of ``super()``."""
    return type(called) is GetAttrVariable and type(called.obj) is SuperVariable


def _is_plain(cls: type) -> bool:
    """Whether instances are made by ``__init__`` alone."""
    makes = methods.held_by(cls, "__new__")
    by_function = type(methods.held_by(cls, "__init__")) is FunctionType
    return by_function and type(cls) is type and makes is vars(object)["__new__"]
