"""Tensors, parameters, and the tensor subclasses that Dynamo can trace through."""

from __future__ import annotations

import torch
from torch._dynamo import config
from torch._dynamo.variables.base import VariableTracker
from torch._subclasses.fake_tensor import FakeTensor
from torch._subclasses.functional_tensor import FunctionalTensor
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter
from torch.nn.utils._expanded_weights import ExpandedWeight
from torch.utils._python_dispatch import is_traceable_wrapper_subclass

from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced
from vartrack.core.visitor import Visitor
from vartrack.inputs import tensors

#: Tensor classes that answer hardly any question about themselves.
_RETICENT = (UninitializedBuffer, UninitializedParameter, ExpandedWeight)


class TensorInput(Sourced, Visitor, abstract=True):
    """A tensor that becomes a graph input, or a graph attribute where its address is fixed."""

    one_half = "a tensor made while tracing has a proxy and never comes this way"

    def visit_sourced(self, ctx: BuilderContext, value: torch.Tensor) -> VariableTracker:
        return tensors.tensor(ctx, value)


class Tensors(TensorInput):
    """Tensors and parameters of exactly these types, fake and functional ones included."""

    types = (torch.Tensor, torch.nn.Parameter, FakeTensor, FunctionalTensor)
    exact = True


class TensorSubclasses(TensorInput):
    """Subclasses that leave dispatch alone, or that say which tensors they wrap."""

    types = (torch.Tensor,)

    @staticmethod
    def when_type(cls: type) -> bool:
        return cls not in (*Tensors.types, *_RETICENT)

    @staticmethod
    def when(value: torch.Tensor) -> bool:
        cls = type(value)
        if cls in config.nontraceable_tensor_subclasses:
            return False
        if cls.__torch_dispatch__ is torch.Tensor.__torch_dispatch__:
            return True
        return is_traceable_wrapper_subclass(value)
