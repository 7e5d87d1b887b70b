"""Context managers and modes."""

from __future__ import annotations

import contextlib
import inspect
from typing import Any

import torch
from torch._dynamo.decorators import (
    DynamoConfigPatchProxy,
    ErrorOnGraphBreakDecoratorContextManager,
)
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.ctx_manager import (
    AutocastModeVariable,
    DynamoConfigPatchVariable,
    ErrorOnGraphBreakVariable,
    NullContextVariable,
)
from torch._dynamo.variables.torch import (
    TorchCtxManagerClassVariable,
    supported_ctx_manager_classes,
)
from torch._dynamo.variables.torch_function import TorchFunctionModeVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable
from torch.amp.autocast_mode import autocast

from vartrack.compat import behaviour
from vartrack.compat.names import (
    CudagraphOverrideManager,
    CudagraphOverrideVariable,
    GenericContextVariable,
    RecordFunctionVariable,
    UnmanagedAutocast,
    is_generic_context,
)
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.texts.articles import with_article
from vartrack.core.visitor import Visitor
from vartrack.visitors.callables import CALLABLES, FUNCTIONS, is_callable_type, mark
from vartrack.visitors.one_half import REFUSED_WHEN_NEW

_OWN_STATE = "what it holds is read when it is built and is not looked at again"


class TorchFunctionModes(Sourced, Visitor):
    """``TorchFunctionMode`` objects, such as what ``torch.set_default_device`` enters."""

    one_half = REFUSED_WHEN_NEW
    unguarded = "the stack of modes has a guard of its own"
    types = (torch.overrides.TorchFunctionMode,)
    tracked = "existing"
    tracker_class = TorchFunctionModeVariable


class Autocasts(Sourced, Visitor):
    """``torch.autocast`` objects: guarded by content from 2.15 on, before by identity."""

    one_half = REFUSED_WHEN_NEW
    types = (autocast,)

    _fields = ("device", "fast_dtype", "_enabled", "_cache_enabled")

    def guards(self, ctx: BuilderContext, value: Any) -> None:
        if not behaviour.GUARDS_AUTOCAST_BY_CONTENT:
            ctx.guard("ID_MATCH")
            return
        ctx.guard("TYPE_MATCH")
        for name in self._fields:
            ctx.attr(name).guard("EQUALS_MATCH")

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        state = [getattr(value, name) for name in self._fields]
        return AutocastModeVariable(target_values=state, **options)


class UnmanagedAutocasts(Sourced, Visitor):
    """What ``torch.amp._enter_autocast`` returns; up to 2.13 an object like any other."""

    one_half = REFUSED_WHEN_NEW
    on_torch = ">=2.12"
    types = (UnmanagedAutocast,)
    guarded_by = "TYPE_MATCH"
    tracked = "if_supported"
    tracker_class = (
        GenericContextVariable
        if behaviour.UNMANAGED_AUTOCAST_IS_MANAGER
        else UserDefinedObjectVariable
    )


class GenericContextManagers(Sourced, Sourceless, Visitor):
    """Objects whose class enters and leaves a block with functions written in Python."""

    on_torch = {Sourced: ">=2.14", Sourceless: ">=2.15"}
    types = (object,)
    guarded_by = "TYPE_MATCH"
    tracked = "if_supported"
    tracker_class = GenericContextVariable

    @staticmethod
    def when_type(cls: type) -> bool:
        return is_generic_context(cls)

    def visit_sourceless(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        ctx.unsupported(
            "Sourceless context manager without mutation support",
            explanation=f"{with_article(type(value), begins=True)} made while tracing has no "
            "source, so what entering it changes could not be done again in compiled code.",
            context=f"{type(value).__module__}.{type(value).__qualname__}",
            hints=["Make it outside the compiled function, or in the `with` statement itself."],
        )


class ManagerClasses(Sourced, Visitor):
    """The context-manager classes, and functions that make one, that Dynamo enters itself."""

    one_half = "made while tracing, it is a class or function like any other"
    unguarded = "only a class or a Python function can be guarded here"
    types = CALLABLES
    tracker_class = TorchCtxManagerClassVariable

    @staticmethod
    def when_type(cls: type) -> bool:
        return is_callable_type(cls)

    @staticmethod
    def when(value: Any) -> bool:
        if isinstance(value, FUNCTIONS):
            value = mark(value, "_torchdynamo_inline") or value
        try:
            return value in supported_ctx_manager_classes
        except (TypeError, ValueError):  # not hashable
            return False

    def guards(self, ctx: BuilderContext, value: Any) -> None:
        if inspect.isclass(value):
            ctx.guard("CLASS_MATCH")
        elif inspect.isfunction(value):
            ctx.guard("CLOSURE_MATCH")


class NullContexts(Sourced, Visitor):
    """``contextlib.nullcontext()`` that gives nothing when entered."""

    one_half = REFUSED_WHEN_NEW
    types = (contextlib.nullcontext,)
    exact = True
    guarded_by = "TYPE_MATCH"

    @staticmethod
    def when(value: Any) -> bool:
        return inspect.getattr_static(value, "enter_result", None) is None

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return NullContextVariable(**options)


class RecordFunctions(Sourced, Visitor):
    """``torch.profiler.record_function``: in the graph only where ``config`` asks for it.

    Up to 2.12 an object like any other.
    """

    one_half = REFUSED_WHEN_NEW
    on_torch = ">=2.13"
    types = (torch.profiler.record_function,)
    guarded_by = "ID_MATCH"

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return RecordFunctionVariable(value)


class ConfigPatches(Sourced, Visitor):
    """``torch._dynamo.patch_dynamo_config``: it takes effect while tracing."""

    one_half = REFUSED_WHEN_NEW
    unguarded = _OWN_STATE
    types = (DynamoConfigPatchProxy,)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return DynamoConfigPatchVariable(value.changes)


class ErrorOnGraphBreaks(Sourced, Visitor):
    """``torch._dynamo.error_on_graph_break``: it takes effect while tracing."""

    one_half = REFUSED_WHEN_NEW
    unguarded = _OWN_STATE
    types = (ErrorOnGraphBreakDecoratorContextManager,)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return ErrorOnGraphBreakVariable(value.error_on_graph_break)


class CudagraphOverrides(Sourced, Visitor):
    """``torch._dynamo.override_cudagraphs``: a note on the graph that is being made."""

    one_half = REFUSED_WHEN_NEW
    on_torch = ">=2.12"
    unguarded = _OWN_STATE
    types = (CudagraphOverrideManager,)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        tracker: VariableTracker = CudagraphOverrideVariable(value.fwd, value.bwd)
        return tracker
