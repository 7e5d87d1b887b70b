"""Random generators of Python: the class, its objects and their methods."""

from __future__ import annotations

import random
import types
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.misc import (
    GetAttrVariable,
    RandomClassVariable,
    RandomVariable,
)
from torch._dynamo.variables.user_defined import (
    UserDefinedObjectVariable,
)

from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.visitor import Visitor
from vartrack.visitors.one_half import AS_ANY_CLASS_WHEN_NEW, AS_ANY_FUNCTION_WHEN_NEW


class RandomClass(Sourced, Visitor):
    """``random.Random``."""

    one_half = AS_ANY_CLASS_WHEN_NEW
    types = (type,)
    guarded_by = "ID_MATCH"

    @staticmethod
    def when(value: type) -> bool:
        return value is random.Random

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return RandomClassVariable(**options)


class RandomMethods(Sourced, Visitor):
    """``random.shuffle``, ``sample`` and ``seed``: methods of the one global generator."""

    one_half = "made while tracing, it is a method like any other"
    unguarded = "the generator they belong to is guarded when it is used"
    on_torch = ">=2.14"
    types = (types.MethodType,)

    @staticmethod
    def when(value: Any) -> bool:
        return (
            isinstance(value.__self__, random.Random)
            and value.__name__ in ("shuffle", "sample", "seed")
            and RandomVariable.is_supported_random_obj(value.__self__)
        )

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        generator = ctx.attr("__self__").lazy(value.__self__)
        return GetAttrVariable(generator, value.__name__, py_type=type(value))


class RandomFunctions(Sourced, Visitor):
    """``random.random``, a C method of the one global generator."""

    one_half = AS_ANY_FUNCTION_WHEN_NEW
    on_torch = ">=2.14"
    types = (types.BuiltinMethodType,)
    guarded_by = "FUNCTION_MATCH"
    tracker_class = UserDefinedObjectVariable

    @staticmethod
    def when(value: Any) -> bool:
        return (
            isinstance(value.__self__, random.Random)
            and RandomVariable.is_supported_random_obj(value.__self__)
            and value in UserDefinedObjectVariable._supported_random_functions()
        )


class RandomGenerators(Sourced, Visitor):
    """``random.Random`` objects whose methods nobody replaced."""

    one_half = "made while tracing, torch takes it for the class"
    types = (random.Random,)
    exact = True
    guarded_by = "TYPE_MATCH"
    tracked = "mutable"
    tracker_class = RandomVariable

    @staticmethod
    def when(value: random.Random) -> bool:
        return RandomVariable.is_supported_random_obj(value)


class NewRandomGenerators(Sourceless, Visitor):
    """``random.Random`` objects made while tracing: torch takes one for the class."""

    one_half = "with a source it is a generator with a state"
    types = (random.Random,)
    exact = True

    def visit_sourceless(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        return RandomClassVariable()
