"""Tensors and what else they may be; NumPy."""

from __future__ import annotations

import numpy as np
import torch
from order_values import (
    ENTERED,
    Mapping,
    allowed,
    as_module,
    call,
    frozen,
    of,
    tensor_like,
)
from torch import nn

from order_rules.rule import rule

# tensors

rule(
    "a tensor that is a frozen dataclass",
    "TensorSubclasses FrozenDataclasses",
    lambda: tensor_like(frozen(torch.Tensor)),
)
rule(
    "a tensor that is a module",
    "TensorSubclasses Modules",
    lambda: as_module(tensor_like(of("T", torch.Tensor, nn.Module))),
)
rule(
    "a tensor that is a mapping",
    "TensorSubclasses MutableMappings",
    lambda: tensor_like(of("T", torch.Tensor, Mapping)),
)
rule(
    "a tensor that is a context manager",
    "TensorSubclasses GenericContextManagers Objects",
    lambda: tensor_like(of("T", torch.Tensor, **ENTERED)),
)
rule(
    "a tensor that can be called and is allowed in the graph",
    "TensorSubclasses CallableMap",
    lambda: allowed(tensor_like(of("T", torch.Tensor, __call__=call))),
)
rule("a parameter without content", "Objects", nn.UninitializedParameter)
rule("a buffer without content", "Objects", nn.UninitializedBuffer)

# NumPy

rule("a ufunc", "NumpyFunctions Objects", lambda: np.sin)
rule(
    "a ufunc that is allowed in the graph",
    "NumpyFunctions CallableMap",
    lambda: allowed(np.sin),
)
rule("a class of NumPy", "NumpyFunctions Classes", lambda: np.float32)
rule("an array", "NumpyArrays UntracedArrays", lambda: np.ones(2))
rule("a matrix", "UntracedArrays", lambda: np.matrix([[1.0]]))
rule(
    "an array's subclass that can be called",
    "UntracedArrays",
    lambda: np.ones(2).view(of("A", np.ndarray, __call__=call)),
)
rule(
    "a scalar of NumPy that can be called",
    "NumpyScalars NumpyFunctions ConstantSubclasses",
    lambda: of("S", np.float64, __call__=call)(1.5),
)
rule("a dtype of NumPy", "NumpyDTypes Objects", lambda: np.dtype("float32"))
rule("limits of floats", "FloatLimits Objects", lambda: np.finfo(np.float32))
rule("limits of integers", "IntegerLimits Objects", lambda: np.iinfo(np.int32))
