"""Classes as values."""

from __future__ import annotations

import enum
from typing import Any

import torch
from torch._dynamo import trace_rules
from torch._dynamo.source import is_from_closure_source
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.ctx_manager import PreserveVersionContextVariable
from torch._dynamo.variables.tensor import TensorSubclassVariable
from torch._dynamo.variables.user_defined import (
    UserDefinedClassVariable,
    UserDefinedExceptionClassVariable,
)
from torch.utils._ordered_set import OrderedSet
from torch.utils._python_dispatch import is_traceable_wrapper_subclass_type

from vartrack.compat import behaviour
from vartrack.compat.names import (
    OpaqueClassVariable,
    OrderedSetClassVariable,
    UserDefinedEnumClassVariable,
    is_opaque_class,
)
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.visitor import Visitor
from vartrack.visitors.one_half import AS_ANY_CLASS_WHEN_NEW


class Classes(Sourced, Sourceless, Visitor):
    """Any class that no other visitor takes."""

    types = (type,)
    unguarded = "a class reached through a closure is what super() reads; it does not change"
    tracker_class = UserDefinedClassVariable

    def guards(self, ctx: BuilderContext, value: type) -> None:
        guard_class(ctx)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        # the visitor of its instances may know better what calling the class means
        instances = ctx.compile.sourced[value].visitor
        own = None if instances is None else instances.class_tracker(ctx, value, **options)
        return UserDefinedClassVariable(value, **options) if own is None else own

    def track(self, ctx: BuilderContext, value: Any, tracker: VariableTracker) -> VariableTracker:
        if not behaviour.REPLAYS_CLASSES:
            return tracker
        # torch's own classes count and number things; replaying that would be wrong
        home = getattr(value, "__module__", None) or ""
        if home == "torch" and behaviour.LEAVES_CLASSES_OF_TORCH:
            return tracker
        if home.startswith(("torch.", "torch_")) or value in ctx.tx.output.side_effects:
            return tracker
        return ctx.track_existing(value, tracker)


def guard_class(ctx: BuilderContext) -> None:
    """Guard a class, unless it comes from a closure."""
    if not is_from_closure_source(ctx.source):
        ctx.guard("CLASS_MATCH")


class EnumClasses(Sourced, Visitor):
    """Classes of enums, which are not tracked for changes."""

    one_half = AS_ANY_CLASS_WHEN_NEW
    on_torch = ">=2.11"
    types = (type,)
    unguarded = Classes.unguarded
    tracker_class = (
        UserDefinedClassVariable
        if behaviour.ENUM_MEMBERS_ARE_OBJECTS
        else UserDefinedEnumClassVariable
    )

    @staticmethod
    def when(value: type) -> bool:
        return issubclass(value, enum.Enum)

    def guards(self, ctx: BuilderContext, value: type) -> None:
        guard_class(ctx)


class NewEnumClasses(Sourceless, Visitor):
    """Classes of enums made while tracing, which have a tracker of their own in 2.11 only."""

    one_half = "with a source it is an enum class like any other"
    on_torch = ">=2.11,<2.12"
    types = (type,)
    tracker_class = UserDefinedEnumClassVariable

    @staticmethod
    def when(value: type) -> bool:
        return issubclass(value, enum.Enum)


class OpaqueClasses(Sourced, Visitor):
    """Classes registered as opaque to the graph: process groups, meshes, placements."""

    one_half = AS_ANY_CLASS_WHEN_NEW
    types = (type,)
    unguarded = Classes.unguarded
    tracker_class = OpaqueClassVariable

    @staticmethod
    def when(value: type) -> bool:
        return is_opaque_class(value)

    def guards(self, ctx: BuilderContext, value: type) -> None:
        guard_class(ctx)


class ExceptionClasses(Sourced, Sourceless, Visitor):
    """Exception classes, except those of Python that torch takes as builtins."""

    on_torch = {Sourceless: ">=2.12"}
    types = (type,)
    guarded_by = "ID_MATCH"
    tracker_class = UserDefinedExceptionClassVariable

    @staticmethod
    def when(value: type) -> bool:
        return issubclass(value, BaseException)


class ModuleClassesInGraph(Sourced, Visitor):
    """Parameter, Buffer and BackwardHook, which the graph calls."""

    one_half = AS_ANY_CLASS_WHEN_NEW
    types = (type,)
    guarded_by = "CLASS_MATCH"

    _classes = (
        torch.utils.hooks.BackwardHook,
        torch.nn.Parameter,
        torch.nn.Buffer,
        *((torch.backends.cuda.SDPAParams,) if behaviour.CALLS_SDPA_PARAMS_IN_GRAPH else ()),
    )

    @staticmethod
    def when(value: type) -> bool:
        return value in ModuleClassesInGraph._classes

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        tracker_class: Any = trace_rules.lookup(value)
        return tracker_class(value, **options)


class PreserveVersionClass(Sourced, Visitor):
    """``torch.autograd._unsafe_preserve_version_counter``."""

    one_half = AS_ANY_CLASS_WHEN_NEW
    types = (type,)
    guarded_by = "CLASS_MATCH"

    @staticmethod
    def when(value: type) -> bool:
        return value is torch.autograd._unsafe_preserve_version_counter

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return PreserveVersionContextVariable.constructor(ctx.tx)


class TensorSubclassClasses(Sourced, Visitor):
    """Tensor subclasses that leave dispatch alone."""

    one_half = AS_ANY_CLASS_WHEN_NEW
    unguarded = "torch traces its constructor and guards what that reads"
    types = (type,)
    tracker_class = TensorSubclassVariable

    @staticmethod
    def when(value: Any) -> bool:
        return (
            value is not torch.Tensor
            and issubclass(value, torch.Tensor)
            and value.__torch_dispatch__ is torch.Tensor.__torch_dispatch__
            and not is_traceable_wrapper_subclass_type(value)
        )


class OrderedSetClass(Sourced, Visitor):
    """The class ``torch.utils._ordered_set.OrderedSet``."""

    one_half = AS_ANY_CLASS_WHEN_NEW
    on_torch = ">=2.11"
    types = (type,)
    guarded_by = "ID_MATCH"

    @staticmethod
    def when(value: type) -> bool:
        return value is OrderedSet

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        tracker: VariableTracker = OrderedSetClassVariable()
        return tracker
