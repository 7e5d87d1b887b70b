"""Two functions whose calls Dynamo answers itself: ``dataclasses.fields`` and ``comptime``."""

from __future__ import annotations

import dataclasses
import types
from typing import Any

from torch._dynamo.comptime import comptime
from torch._dynamo.exc import unimplemented
from torch._dynamo.source import AttrSource, DictGetItemSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.lists import TupleVariable
from torch._dynamo.variables.misc import ComptimeVariable, LambdaVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.context import BuilderContext
from vartrack.halves import Sourced
from vartrack.visitor import Visitor

_AS_ANY_FUNCTION = "made while tracing, it is a function like any other"


def fields_of(instance: VariableTracker) -> VariableTracker:
    """What ``dataclasses.fields(instance)`` returns while tracing."""
    if not isinstance(instance, UserDefinedObjectVariable):
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
            for field in dataclasses.fields(instance.value)
        ]
    )


class DataclassFields(Sourced, Visitor):
    one_half = _AS_ANY_FUNCTION
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
    one_half = _AS_ANY_FUNCTION
    unguarded = "it runs at compile time only"
    types = (type(comptime),)

    @staticmethod
    def when(value: Any) -> bool:
        return value is comptime

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return ComptimeVariable()
