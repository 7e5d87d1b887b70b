"""Regular expressions, weak references, loggers, typing objects, modules and other singles."""

from __future__ import annotations

import logging
import random
import re
import types
import typing
import weakref
from typing import Any

import torch
from torch._dynamo import replay_record
from torch._dynamo.source import OptimizerSource
from torch._dynamo.utils import _builtin_final_typing_classes, is_typing
from torch._dynamo.variables.base import AttributeMutationExisting, VariableTracker
from torch._dynamo.variables.misc import (
    ConstantLikeVariable,
    GetAttrVariable,
    LoggingLoggerVariable,
    PythonModuleVariable,
    RandomClassVariable,
    RandomVariable,
    TypingVariable,
    WeakRefVariable,
)
from torch._dynamo.variables.optimizer import OptimizerVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable
from torch.utils._config_module import ConfigModule

from vartrack.context import BuilderContext
from vartrack.halves import Sourced, Sourceless
from vartrack.visitor import Visitor

_REFUSED = "torch refuses it when it is made while tracing"


class RegularExpressions(Sourced, Sourceless, Visitor):
    types = (re.Pattern, re.Match)
    guarded_by = "ID_MATCH"
    tracker_class = ConstantLikeVariable


class WeakReferences(Sourced, Visitor):
    one_half = _REFUSED
    types = (weakref.ReferenceType,)
    exact = True
    guarded_by = "TYPE_MATCH"

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return WeakRefVariable.build(ctx.tx, value, **options)


class RemovableHandles(Sourced, Visitor):
    one_half = _REFUSED
    types = (torch.utils.hooks.RemovableHandle,)
    exact = True

    def visit_sourced(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        ctx.unsupported(
            "Attempted to represent unregistered RemovableHandle",
            explanation="This hook was registered outside the compiled function, and Dynamo can "
            "only remove hooks that it registered itself.",
            hints=["Register and remove the hook in the same function."],
        )


class Loggers(Sourced, Visitor):
    one_half = _REFUSED
    types = (logging.Logger,)
    guarded_by = "TYPE_MATCH"
    tracker_class = LoggingLoggerVariable


class TypingObjects(Sourced, Visitor):
    """``typing.List[int]``, ``int | str``, type variables and their like."""

    one_half = "made while tracing, only some of them have a form"
    types = (
        typing._Final,
        types.UnionType,
        type(typing.Union),
        type,
        *_builtin_final_typing_classes,
    )
    guarded_by = "ID_MATCH"
    tracker_class = TypingVariable

    @staticmethod
    def when(value: Any) -> bool:
        return is_typing(value)


class NewTypingObjects(Sourceless, Visitor):
    one_half = "with a source, more of them have a form"
    types = (types.GenericAlias, types.UnionType, typing._UnionGenericAlias)  # type: ignore[attr-defined]
    tracker_class = TypingVariable


class PythonModules(Sourced, Visitor):
    """Modules, and torch's objects that behave like one."""

    one_half = "made while tracing, only plain modules have a form"
    types = (types.ModuleType, replay_record.DummyModule)
    guarded_by = "MODULE_MATCH"
    tracked = "existing"
    tracker_class = PythonModuleVariable


class ConfigModules(Sourced, Visitor):
    """torch's config modules; before 2.14 they were modules like any other."""

    one_half = _REFUSED
    on_torch = ">=2.14"
    types = (ConfigModule,)
    guarded_by = "MODULE_MATCH"
    tracker_class = UserDefinedObjectVariable


class PlainPythonModules(Sourceless, Visitor):
    one_half = "with a source, subclasses have a form too"
    types = (types.ModuleType,)
    exact = True
    tracker_class = PythonModuleVariable

    @staticmethod
    def when_type(cls: type) -> bool:
        # a test, as the other half has the type to itself
        return cls is types.ModuleType


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
    one_half = "with a source it is a generator with a state"
    types = (random.Random,)
    exact = True

    def visit_sourceless(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        return RandomClassVariable()


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

    one_half = "made while tracing, it is a function like any other"
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


class Optimizers(Sourced, Visitor):
    one_half = _REFUSED
    types = (torch.optim.Optimizer,)
    guarded_by = "ID_MATCH"

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        ctx.source = OptimizerSource(ctx.source)
        return OptimizerVariable(
            value, source=ctx.source, mutation_type=AttributeMutationExisting()
        )
