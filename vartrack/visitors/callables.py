"""What counts as callable, for the tests that look at functions, classes and callable objects."""

from __future__ import annotations

import inspect
import types
from typing import TYPE_CHECKING, Any

from torch._dynamo import trace_rules
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.functions import PolyfilledFunctionVariable
from torch._dynamo.variables.torch import TorchInGraphFunctionVariable
from torch._ops import HigherOrderOperator, OpOverload, OpOverloadPacket

from vartrack.compat import shared
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.visitor import Visitor

if TYPE_CHECKING:
    from vartrack.core.made import Again

#: The types of functions, in Python and in C.
FUNCTIONS: tuple[type, ...] = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
)
#: Functions and operators.
OPERATORS: tuple[type, ...] = (*FUNCTIONS, OpOverload, OpOverloadPacket)
#: Every type that something callable can have: those with a visitor of their own, and any other.
CALLABLES: tuple[type, ...] = (*OPERATORS, types.MethodType, HigherOrderOperator, type, object)


def is_callable_type(cls: type) -> bool:
    """Whether instances of ``cls`` can be called."""
    # not hasattr, which would find how the class itself is called
    return any("__call__" in vars(base) for base in cls.__mro__)


class Polyfilled(Sourced, Visitor):
    """What ``substitute_in_graph`` has a Python replacement for, reached by identity."""

    one_half = "made while tracing, torch finds it by its callable map"
    types = CALLABLES
    tracker_class = PolyfilledFunctionVariable

    @staticmethod
    def when_type(cls: type) -> bool:
        return is_callable_type(cls)

    @staticmethod
    def when(value: Any) -> bool:
        return id(value) in shared.identity_table()

    def guards(self, ctx: BuilderContext, value: Any) -> None:
        if inspect.isclass(value):
            ctx.guard("CLASS_MATCH")
        elif inspect.ismodule(value):
            ctx.guard("MODULE_MATCH")
        else:
            ctx.guard("ID_MATCH")


class CallableMap(Sourced, Sourceless, Visitor):
    """Builtins, and what the user allowed in the graph or kept out of it."""

    types = CALLABLES
    unguarded = "a C function that the user keeps out of the graph has no stable identity"

    @staticmethod
    def when_type(cls: type) -> bool:
        return is_callable_type(cls)

    @staticmethod
    def when(value: Any) -> type[VariableTracker] | None:  # type: ignore[override]
        return trace_rules.lookup_callable(value)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return self.tracker_class_of(ctx, value).create_with_source(value, **options)

    def new_tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return self.tracker_class_of(ctx, value)(value)  # type: ignore[no-any-return]

    def _again(self, ctx: BuilderContext, value: Any) -> Again:
        return self.tracker_class_of(ctx, value)  # type: ignore[no-any-return]

    def tracker_class_of(self, ctx: BuilderContext, value: Any) -> Any:
        """What `when` found; the compile is told if the user had a part in it."""
        tracker_class: Any = ctx.found
        in_graph = tracker_class is TorchInGraphFunctionVariable
        if in_graph and trace_rules.is_callable_allowed(value):
            ctx.tx.output.has_user_defined_allowed_in_graph = True
        return tracker_class


class ByTraceRule(Sourced, Sourceless, Visitor, abstract=True):
    """A function whose tracker class torch's trace rules know, guards included."""

    unguarded = "descriptors and methods in C have no stable identity"

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        tracker_class: Any = trace_rules.lookup(value)
        return tracker_class.create_with_source(value, **options)

    def new_tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        tracker_class: Any = trace_rules.lookup(value)
        return tracker_class(value)


#: Functions in C, which hold no attributes of their own.
_WITHOUT_ATTRIBUTES = (
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.MethodWrapperType,
)


def mark(value: Any, name: str) -> Any:
    """The attribute ``name`` of a function or object, read without running any code; or None.

    The same as ``inspect.getattr_static``, which takes a hundred times as long for a function.
    """
    cls = type(value)
    if cls is types.FunctionType:
        return value.__dict__.get(name)
    if cls in _WITHOUT_ATTRIBUTES:
        return None
    return inspect.getattr_static(value, name, None)
