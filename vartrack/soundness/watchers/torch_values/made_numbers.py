"""Numbers of NumPy that the function works out: torch has arrays without dimensions for them."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import torch
from torch._dynamo.utils import (
    numpy_attr_wrapper,
    numpy_method_wrapper,
    numpy_operator_wrapper,
    numpy_to_tensor_wrapper,
)
from torch.fx import Node

__all__ = ["type_of_made"]

#: What gives numbers where it gives no array with dimensions, as do all functions of an element.
_GIVING = (
    {"all", "any", "argmax", "argmin", "count_nonzero", "dot", "inner", "trace", "vdot"}
    | {"amax", "amin", "average", "max", "mean", "median", "min", "prod", "ptp", "std", "sum"}
    | {"var", "__abs__", "__neg__", "__pos__"}
)
#: What gives a number of one, and an array of an array.
_KEEPING = frozenset(("T", "real", "imag", "copy", "astype", "conj", "round", "conjugate"))
_KINDS = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")
#: By what torch has for them their types.
_TYPES: dict[torch.dtype, type] = {
    getattr(torch, name): np.dtype(name).type for name in (*_KINDS, "complex64", "complex128")
}


def type_of_made(tracker: Any) -> type | None:
    """The type of the number that is worked out; None if it may be an array.

    Args:
        tracker: that of an array without dimensions.
    """
    node = tracker.proxy.node
    return _TYPES.get(node.meta["example_value"].dtype) if _is_number(node) else None


def _is_number(node: Any) -> bool:
    example = node.meta.get("example_value") if isinstance(node, Node) else None
    return isinstance(example, torch.Tensor) and not example.dim() and _gives_number(node)


def _gives_number(node: Any) -> bool:
    """Whether NumPy gives a number there, as it does where it gives no ``out`` back."""
    target = node.target
    if node.kwargs:
        return False
    if target is numpy_attr_wrapper:
        return node.args[1] in _KEEPING and _is_number(node.args[0])
    if isinstance(target, numpy_method_wrapper):
        kept = target.method in _KEEPING and _is_number(node.args[0])
        return kept or target.method in _GIVING
    if isinstance(target, numpy_to_tensor_wrapper):
        return target.f.__name__ in _GIVING or _is_of_elements(target.f.__name__)
    if target is torch.select:  # of a number that varies, as of the set `thrift`
        return True
    if isinstance(target, numpy_operator_wrapper):
        target = target.op
    name = getattr(target, "__name__", "").removeprefix("wrapped_")
    if name == "getitem":
        index = node.args[1] if isinstance(node.args[1], tuple) else (node.args[1],)
        return not any(one is ... for one in index)
    return name in _OPERATORS


#: Operators that give something new, by their names in `operator`.
_OPERATORS = (
    {"add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "neg", "pos", "abs"}
    | {"and_", "or_", "xor", "invert", "lshift", "rshift"}
    | {"lt", "le", "gt", "ge", "eq", "ne"}
)


@functools.cache
def _is_of_elements(name: str) -> bool:
    """Whether a function of NumPy works element by element, or is a type of numbers."""
    function = getattr(np, name, None)
    return isinstance(function, np.ufunc) or (
        isinstance(function, type) and issubclass(function, np.generic)
    )
