"""Functions around another one, which is what gets traced."""

from __future__ import annotations

import functools
import inspect
import types
from typing import Any

import torch
from torch._dynamo import graph_break_hints
from torch._dynamo.utils import is_function
from torch._dynamo.variables.base import AttributeMutationExisting, VariableTracker
from torch._dynamo.variables.functions import (
    WrapperUserFunctionVariable,
)

from vartrack.compat import behaviour
from vartrack.compat.names import FunctoolsWrapsVariable
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.visitor import Visitor
from vartrack.visitors.callables import (
    CALLABLES,
    OPERATORS,
    is_callable_type,
    mark,
)
from vartrack.visitors.one_half import AS_ANY_FUNCTION_WHEN_NEW, REFUSED_WHEN_NEW


class Wrapper(Sourced, Visitor, abstract=True):
    """A function around another one, which is what gets traced."""

    guarded_by = "TYPE_MATCH"
    #: The attribute that holds the inner function.
    inner: str

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        if behaviour.REPLAYS_WRAPPERS:
            options["mutation_type"] = AttributeMutationExisting()
        return WrapperUserFunctionVariable(value, self.inner, **options)


class CompiledFunctions(Wrapper):
    """What ``torch.compile`` returned for a function."""

    one_half = AS_ANY_FUNCTION_WHEN_NEW
    types = OPERATORS
    inner = "_torchdynamo_inline"

    @staticmethod
    def when(value: Any) -> bool:
        return bool(mark(value, "_torchdynamo_inline"))


class ScriptFunctions(Wrapper):
    """What ``torch.jit.script`` or ``torch.jit.trace`` returned for a function."""

    one_half = REFUSED_WHEN_NEW
    types = (torch.jit.ScriptFunction,)
    exact = True
    inner = "_torchdynamo_inline"

    def guards(self, ctx: BuilderContext, value: Any) -> None:
        if behaviour.REFUSES_OPAQUE_SCRIPTS and not hasattr(value, "_torchdynamo_inline"):
            ctx.unsupported(
                "wrap_jit_function: missing _torchdynamo_inline",
                explanation="This scripted function does not say which Python function it is of.",
                context=f"type: {type(value).__name__}",
                hints=graph_break_hints.SUPPORTABLE,
            )
        super().guards(ctx, value)


class ScriptIfTracing(Wrapper):
    """What ``torch.jit.script_if_tracing`` returned."""

    one_half = AS_ANY_FUNCTION_WHEN_NEW
    types = CALLABLES
    inner = "__original_fn"

    @staticmethod
    def when_type(cls: type) -> bool:
        return is_callable_type(cls)

    @staticmethod
    def when(value: Any) -> bool:
        return bool(mark(value, "__script_if_tracing_wrapper"))


class CachedFunctions(Wrapper):
    """``functools.lru_cache`` or ``cache`` around a function."""

    one_half = REFUSED_WHEN_NEW
    types = (functools._lru_cache_wrapper,)
    inner = "__wrapped__"

    @staticmethod
    def when(value: Any) -> bool:
        return is_function(inspect.getattr_static(value, "__wrapped__"))


class WrapsFunction(Sourced, Sourceless, Visitor):
    """``functools.wraps``, which is a function like any other from torch 2.12 on."""

    on_torch = "<2.12"
    types = (types.FunctionType,)
    guarded_by = "ID_MATCH"
    tracker_class = FunctoolsWrapsVariable

    @staticmethod
    def when(value: Any) -> bool:
        return value is functools.wraps
