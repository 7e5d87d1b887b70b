"""Autograd functions and their contexts, the engine, functorch, attention parameters."""

from __future__ import annotations

import types
from typing import Any

import torch
from torch._dynamo.external_utils import FakeCompiledAutogradEngine
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.functions import UserFunctionVariable
from torch._dynamo.variables.misc import (
    AutogradEngineVariable,
    AutogradFunctionContextVariable,
    AutogradFunctionVariable,
    LambdaVariable,
    SavedTensorBox,
)
from torch._dynamo.variables.sdpa import SDPAParamsVariable
from torch._dynamo.variables.torch import FuncTorchInterpreterVariable
from torch._functorch.pyfunctorch import FuncTorchInterpreter
from torch.autograd.function import FunctionCtx, FunctionMeta

from vartrack.compat.making import attribute
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.visitor import Visitor
from vartrack.visitors.one_half import (
    AS_ANY_CLASS_WHEN_NEW,
    AS_ANY_FUNCTION_WHEN_NEW,
    REFUSED_WHEN_NEW,
)


class AutogradFunctions(Sourced, Visitor):
    """Subclasses of ``torch.autograd.Function``."""

    one_half = AS_ANY_CLASS_WHEN_NEW
    types = (FunctionMeta,)
    exact = True
    guarded_by = "CLASS_MATCH"
    tracker_class = AutogradFunctionVariable


class AutogradContexts(Sourced, Visitor):
    """The ``ctx`` of an autograd function, with the tensors it saved."""

    one_half = REFUSED_WHEN_NEW
    types = (FunctionCtx,)
    guarded_by = "TYPE_MATCH"
    tracked = "existing"

    def children(self, ctx: BuilderContext, value: Any) -> list[VariableTracker]:
        try:
            saved = value.saved_tensors
        except RuntimeError:  # freed already, or not saved yet
            return []
        if not isinstance(saved, tuple):
            return []
        place = ctx.attr("saved_tensors")
        place.guard("SEQUENCE_LENGTH")
        return [place.item(index).visit(tensor) for index, tensor in enumerate(saved)]

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        return AutogradFunctionContextVariable(
            value, saved_tensors=SavedTensorBox(children), **options
        )


class AutogradApply(Sourced, Visitor):
    """``MyFunction.apply``, kept in a variable."""

    one_half = "made while tracing, it is a method like any other"
    types = (types.MethodType,)

    @staticmethod
    def when(value: Any) -> bool:
        owner = value.__self__
        return (
            type(owner) is FunctionMeta
            and getattr(value, "__name__", "") == "apply"
            and getattr(owner, "apply", None) == value
        )

    def guards(self, ctx: BuilderContext, value: Any) -> None:
        ctx.attr("__func__").guard("CLOSURE_MATCH")

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        owner = AutogradFunctionVariable(value.__self__, source=ctx.attr("__self__").source)
        return attribute(owner, "apply", value)


class AutogradEngines(Sourced, Visitor):
    """The autograd engine: only its ``queue_callback`` is traced, in compiled autograd."""

    one_half = REFUSED_WHEN_NEW
    types = (torch._C._ImperativeEngine,)
    guarded_by = "ID_MATCH"
    tracker_class = AutogradEngineVariable


class FinalCallbacks(Sourced, Visitor):
    """Stands in compiled autograd for the callbacks that run when backward is done."""

    one_half = AS_ANY_FUNCTION_WHEN_NEW
    types = (types.FunctionType,)
    guarded_by = "CLOSURE_MATCH"

    @staticmethod
    def when(value: Any) -> bool:
        return value is FakeCompiledAutogradEngine._exec_final_callbacks_stub

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        tx = ctx.tx

        def run() -> VariableTracker:
            callbacks = tx.output.side_effects.get_ca_final_callbacks_var()
            runner = UserFunctionVariable(FakeCompiledAutogradEngine.exec_final_callbacks)
            return runner.call_function(tx, [callbacks], {})

        return LambdaVariable(run)


class FunctorchInterpreters(Sourced, Visitor):
    """What runs the transforms of ``torch.func``, such as ``grad`` and ``vmap``."""

    one_half = "made while tracing, only the base class has a form"
    types = (FuncTorchInterpreter,)
    guarded_by = "ID_MATCH"

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return FuncTorchInterpreterVariable(value)


class BareFunctorchInterpreters(Sourceless, Visitor):
    """``FuncTorchInterpreter`` itself; torch has no form for subclasses without a source."""

    one_half = "with a source it is an interpreter like any other"
    types = (FuncTorchInterpreter,)
    exact = True
    fresh = True
    tracker_class = FuncTorchInterpreterVariable

    @staticmethod
    def when_type(cls: type) -> bool:
        return cls is FuncTorchInterpreter


class AttentionParameters(Sourced, Visitor):
    """What ``torch.backends.cuda`` asks which attention kernel fits."""

    one_half = REFUSED_WHEN_NEW
    types = (torch._C._SDPAParams,)
    guarded_by = "TYPE_MATCH"

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return SDPAParamsVariable.create(ctx.tx, value, ctx.source)
