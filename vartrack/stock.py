"""The `stock` registry: for every program what torch's own builder of this release does."""

from __future__ import annotations

import types

import torch
from torch._subclasses.fake_tensor import FakeTensor

from vartrack.registry import Registry
from vartrack.visitors import STOCK
from vartrack.visitors.order import ORDER

__all__ = ["KEPT", "stock"]

#: Types that Dynamo itself makes, passes on or asks for in every compile. A visitor that took all
#: of their values would stand in for torch, so it must say that it means to.
KEPT: tuple[type, ...] = (
    object,
    type,
    *(types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.ModuleType),
    *(types.NoneType, bool, int, float, str, tuple, list, dict, set, slice, range),
    *(torch.Tensor, torch.nn.Parameter, FakeTensor, torch.nn.Module),
    *(torch.SymInt, torch.SymFloat, torch.SymBool, torch.Size, torch.dtype, torch.device),
)

#: Every visitor that ships with vartrack and fits the running torch.
stock: Registry = Registry("stock", ORDER)
for _visitor in STOCK:
    stock.register(_visitor)
stock.keep(KEPT)
