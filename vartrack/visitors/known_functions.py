"""Single functions whose calls Dynamo answers itself."""

from __future__ import annotations

import collections
import dataclasses
import sys
import traceback
import types
from typing import Any

import torch
from torch._dynamo import trace_rules
from torch._dynamo.comptime import comptime
from torch._dynamo.exc import unimplemented
from torch._dynamo.source import AttrSource, DictGetItemSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.functions import (
    CollectionsNamedTupleFunction,
    SysFunctionVariable,
)
from torch._dynamo.variables.lists import TupleVariable
from torch._dynamo.variables.misc import (
    ComptimeVariable,
    LambdaVariable,
)
from torch._dynamo.variables.user_defined import (
    UserDefinedClassVariable,
    UserDefinedObjectVariable,
)

from vartrack.compat.making import attribute
from vartrack.compat.names import TorchVersionVariable, TracebackVariable
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.visitor import Visitor
from vartrack.core.wrapping.handlers import is_foreign
from vartrack.visitors.callables import (
    CALLABLES,
    FUNCTIONS,
    is_callable_type,
)
from vartrack.visitors.one_half import AS_ANY_FUNCTION_WHEN_NEW


def fields_of(instance: VariableTracker) -> VariableTracker:
    """What ``dataclasses.fields(instance)`` returns while tracing."""
    made = instance.realize()
    if is_foreign(type(made)):
        value: Any = made.python_type()  # whatever its tracker, the class says it
    elif isinstance(instance, UserDefinedObjectVariable):
        value = instance.value
    else:
        unimplemented(
            gb_type="dataclass fields failure",
            context=f"obj: {instance}; variable type: {type(instance)}",
            explanation=f"dataclasses.fields got {instance}, which is not a user-defined object.",
            hints=["Call dataclasses.fields on the instance itself, or outside the function."],
        )
    place = instance.source and AttrSource(instance.source, "__dataclass_fields__")
    return TupleVariable(
        [
            UserDefinedObjectVariable(field, source=place and DictGetItemSource(place, field.name))
            for field in dataclasses.fields(value)
        ]
    )


class DataclassFields(Sourced, Visitor):
    """``dataclasses.fields``, for instances only: calls with a class break the graph."""

    one_half = AS_ANY_FUNCTION_WHEN_NEW
    types = (types.FunctionType,)
    guarded_by = "CLOSURE_MATCH"

    @staticmethod
    def when(value: Any) -> bool:
        return value is dataclasses.fields

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return LambdaVariable(fields_of, **options)


class Comptime(Sourced, Visitor):
    """``torch._dynamo.comptime.comptime``, which runs a function while compiling."""

    one_half = AS_ANY_FUNCTION_WHEN_NEW
    unguarded = "it runs at compile time only"
    types = (type(comptime),)

    @staticmethod
    def when(value: Any) -> bool:
        return value is comptime

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return ComptimeVariable()


class TorchVersion(Sourced, Visitor):
    """``torch.__version__``, which torch up to 2.12 knows by identity; a text since."""

    one_half = "made while tracing, it has no form"
    on_torch = "<2.13"
    unguarded = "it stays what it is as long as the process runs"
    types = (type(torch.__version__),)

    @staticmethod
    def when(value: Any) -> bool:
        return value is torch.__version__

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        tracker: VariableTracker = TorchVersionVariable()
        return tracker


class FloatHex(Sourced, Visitor):
    """``float.hex`` and ``float.fromhex``, read from the builtin float."""

    one_half = AS_ANY_FUNCTION_WHEN_NEW
    types = FUNCTIONS
    guarded_by = "ID_MATCH"

    @staticmethod
    def when(value: Any) -> bool:
        return value in (float.fromhex, float.hex)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return attribute(BuiltinVariable(float, **options), value.__name__, value)


class ExceptionGetters(Sourced, Visitor):
    """``sys.exc_info`` and ``sys.exception``."""

    one_half = AS_ANY_FUNCTION_WHEN_NEW
    unguarded = "they are the interpreter's own"
    types = (types.BuiltinFunctionType,)
    tracker_class = SysFunctionVariable

    _getters = (sys.exc_info, getattr(sys, "exception", sys.exc_info))

    @staticmethod
    def when(value: Any) -> bool:
        return any(value is getter for getter in ExceptionGetters._getters)


class NamedTupleFactory(Sourced, Visitor):
    """``collections.namedtuple``."""

    one_half = AS_ANY_FUNCTION_WHEN_NEW
    types = (types.FunctionType,)
    guarded_by = "ID_MATCH"
    tracker_class = CollectionsNamedTupleFunction

    @staticmethod
    def when(value: Any) -> bool:
        return value is collections.namedtuple


class FrameClearer(Sourced, Visitor):
    """``traceback.clear_frames``, which is a function like any other from torch 2.11 on."""

    one_half = AS_ANY_FUNCTION_WHEN_NEW
    on_torch = "<2.11"
    unguarded = "it is Python's own"
    types = (types.FunctionType,)

    @staticmethod
    def when(value: Any) -> bool:
        return value is traceback.clear_frames

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        tracker: VariableTracker = TracebackVariable(**options)
        return tracker


class SupportedNew(Sourceless, Visitor):
    """``tuple.__new__`` and the other constructors in C that Dynamo can call."""

    one_half = "with a source it is a bound C method"
    types = CALLABLES

    @staticmethod
    def when_type(cls: type) -> bool:
        return is_callable_type(cls)

    @staticmethod
    def when(value: Any) -> bool:
        return UserDefinedClassVariable.is_supported_new_method(value)

    def children(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        owner: Any = trace_rules.lookup_callable(value.__self__)
        return owner(value.__self__)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        return attribute(children, "__new__", value)
