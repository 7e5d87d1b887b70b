"""Methods bound to an object or a class."""

from __future__ import annotations

import inspect
import random
import types
from typing import Any

import torch
from torch._dynamo import graph_break_hints
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.functions import (
    UserMethodVariable,
)
from torch._dynamo.variables.user_defined import (
    UserDefinedObjectVariable,
)
from torch.utils._contextlib import _DecoratorContextManager

from vartrack.compat import behaviour
from vartrack.compat.hooks import read_attribute
from vartrack.compat.making import bound_method
from vartrack.compat.names import (
    BoundBuiltinMethodVariable,
    BuiltinMethodVariable,
    is_manager_clone,
    is_torch_class,
)
from vartrack.core import diagnostics
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.texts.wording import worded
from vartrack.core.visitor import Visitor
from vartrack.visitors.one_half import AS_ANY_FUNCTION_WHEN_NEW, AS_ANY_OBJECT_WITH_SOURCE


class BoundBuiltinMethods(Sourced, Visitor):
    """A method in C bound to an object that is neither torch's nor a random generator."""

    one_half = AS_ANY_FUNCTION_WHEN_NEW
    on_torch = ">=2.13"
    types = (types.BuiltinMethodType,)
    guarded_by = "ID_MATCH"

    @staticmethod
    def when(value: Any) -> bool:
        return descriptor_of(value) is not None

    def children(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        return ctx.attr("__self__").lazy(value.__self__)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        return BoundBuiltinMethodVariable(descriptor_of(value), children, **options)


def descriptor_of(method: Any) -> Any:
    """The descriptor a bound C method was made from; None if it is not for this visitor."""
    receiver = method.__self__
    if receiver is None or isinstance(receiver, (types.ModuleType, random.Random)):
        return None
    owner = receiver if isinstance(receiver, type) else type(receiver)
    if is_torch_class(owner):
        return None
    return inspect.getattr_static(owner, method.__name__, None)


class SupportedBuiltinMethods(Sourced, Visitor):
    """The two methods in C that torch up to 2.12 has a tracker for: of tuple and frozenset."""

    one_half = AS_ANY_FUNCTION_WHEN_NEW
    on_torch = "<2.13"
    types = (types.BuiltinMethodType,)
    guarded_by = "ID_MATCH"
    tracker_class = BuiltinMethodVariable

    @staticmethod
    def when(value: Any) -> bool:
        return bool(BuiltinMethodVariable.is_supported_builtin_method(value))


class ModuleMethods(Sourced, Visitor):
    """A method bound to a module or a tree spec; from 2.12 on an object like any other."""

    one_half = "made while tracing, it is a method like any other"
    on_torch = "<2.12"
    unguarded = "what it is bound to is guarded, and its function where it is called"
    types = (types.MethodType,)

    @staticmethod
    def when(value: Any) -> bool:
        return isinstance(value.__self__, (torch.nn.Module, torch.utils._pytree.TreeSpec))

    def children(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        return ctx.attr("__self__").visit(value.__self__)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        return UserMethodVariable(value.__func__, children, **options)


class BoundMethods(Sourceless, Visitor):
    """A method bound to a class, or to an object that has a tracker already."""

    one_half = AS_ANY_OBJECT_WITH_SOURCE
    types = (types.MethodType,)

    def visit_sourceless(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        receiver, name = value.__self__, value.__func__.__name__
        if isinstance(receiver, type):
            if getattr(receiver, name) != value:
                raise AssertionError(f"{worded(receiver)}.{name} is another method by now")
            try:
                return read_attribute(ctx.visit(receiver), ctx.tx, name)
            except NotImplementedError:
                diagnostics.no_sourceless_form(ctx, value)
        if not behaviour.BUILDS_METHODS_OF_OBJECTS:
            diagnostics.no_sourceless_form(ctx, value)
        tracker = ctx.tx.output.side_effects.id_to_variable.get(id(receiver))
        if tracker is None:
            tracker = self.new_receiver(ctx, value)
        return bound_method(value.__func__, tracker)

    def new_receiver(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        """The tracker of a receiver that has none: only some context managers can have one."""
        receiver = value.__self__
        if (
            not isinstance(receiver, _DecoratorContextManager)
            or not behaviour.BUILDS_CLONES_OF_MANAGERS
        ):
            diagnostics.no_sourceless_form(ctx, value)
        if (
            is_manager_clone(value.__func__, type(receiver))
            and value.__func__ is not torch.autograd.grad_mode.inference_mode.clone
        ):
            return UserDefinedObjectVariable(receiver)
        ctx.unsupported(
            "Sourceless _DecoratorContextManager method reconstruction unsupported",
            explanation=f"{type(receiver).__qualname__}.{value.__func__.__name__} was made while "
            "tracing, and what it changes could not be done again in compiled code.",
            context=f"{type(receiver)}.{value.__func__.__name__}",
            hints=graph_break_hints.SUPPORTABLE,
        )
