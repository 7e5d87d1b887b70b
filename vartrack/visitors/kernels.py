"""Triton kernels, and the Triton functions that describe tensors to them."""

from __future__ import annotations

import types
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.functions import (
    CreateTMADescriptorExperimentalVariable,
    CreateTMADescriptorStableVariable,
    TritonKernelVariable,
)

from vartrack.compat import triton
from vartrack.compat.names import TritonSetAllocatorVariable
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced
from vartrack.core.visitor import Visitor
from vartrack.visitors.one_half import AS_ANY_FUNCTION_WHEN_NEW, REFUSED_WHEN_NEW

_FIXED = "it is Triton's own function"


class TritonKernels(Sourced, Visitor):
    """What ``triton.jit`` and ``triton.autotune`` return, where torch can use Triton."""

    one_half = REFUSED_WHEN_NEW
    types = ("triton.runtime.jit:JITFunction", "triton.runtime.autotuner:Autotuner")
    guarded_by = "ID_MATCH"

    @staticmethod
    def when(value: Any) -> bool:
        return triton.triton_usable()

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        # neither its place in the kernel table nor a grid is known before it is called
        return TritonKernelVariable(value, None, None, **options)


class TritonFunction(Sourced, Visitor, abstract=True):
    """One of Triton's own functions that run on the host, known by identity."""

    one_half = AS_ANY_FUNCTION_WHEN_NEW
    unguarded = _FIXED
    types = (types.FunctionType, types.MethodType)
    #: Which function of `triton.triton_functions` it is.
    function: str

    @classmethod
    def when(cls, value: Any) -> bool:
        functions = triton.triton_functions()
        return cls.function in functions and value is functions[cls.function]


class TmaDescriptors1d(TritonFunction):
    """``create_1d_tma_descriptor``, which takes what ``data_ptr()`` gave while tracing."""

    function = "create_1d_tma_descriptor"

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return CreateTMADescriptorExperimentalVariable(rank=1)


class TmaDescriptors2d(TritonFunction):
    """``create_2d_tma_descriptor``, which takes what ``data_ptr()`` gave while tracing."""

    function = "create_2d_tma_descriptor"

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return CreateTMADescriptorExperimentalVariable(rank=2)


class StableTmaDescriptors(TritonFunction):
    """``TensorDescriptor.from_tensor``, which takes the tensor itself."""

    function = "TensorDescriptor.from_tensor"

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return CreateTMADescriptorStableVariable()


class TritonAllocators(TritonFunction):
    """``triton.set_allocator``: the graph calls it with an allocator known while tracing."""

    on_torch = ">=2.11"
    function = "set_allocator"

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        tracker: VariableTracker = TritonSetAllocatorVariable(value)
        return tracker
