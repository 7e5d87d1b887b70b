"""Objects that are known by their attributes: plain ones, dataclasses and the like."""

from __future__ import annotations

import contextvars
import dataclasses
import importlib.machinery
import inspect
import types
from typing import Any

import torch
from torch._dynamo.source import SkipGuardSource
from torch._dynamo.utils import is_frozen_dataclass
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.misc import ObjectVariable
from torch._dynamo.variables.user_defined import (
    FrozenDataClassVariable,
    InspectVariable,
    KeyedJaggedTensorVariable,
    UserDefinedObjectVariable,
)

from vartrack import failures
from vartrack.compat.names import (
    ContextVarVariable,
    SentinelVariable,
    SimpleNamespaceVariable,
)
from vartrack.context import BuilderContext
from vartrack.halves import Sourced, Sourceless
from vartrack.visitor import Visitor

_REFUSED = "torch refuses it when it is made while tracing"


class Objects(Sourced, Sourceless, Visitor):
    """Any object that no other visitor takes."""

    types = (object,)
    guarded_by = "TYPE_MATCH"
    tracked = "if_supported"
    tracker_class = UserDefinedObjectVariable

    def visit_sourceless(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        failures.no_sourceless_form(ctx, value)


class BareObjects(Sourced, Sourceless, Visitor):
    """``object()`` itself: nothing can be read from it."""

    types = (object,)
    exact = True
    guarded_by = "TYPE_MATCH"
    tracker_class = ObjectVariable


class SimpleNamespaces(Sourced, Visitor):
    one_half = _REFUSED
    on_torch = ">=2.15"
    types = (types.SimpleNamespace,)
    guarded_by = "TYPE_MATCH"
    tracked = "if_supported"
    tracker_class = SimpleNamespaceVariable


class ContextVariables(Sourced, Visitor):
    one_half = _REFUSED
    on_torch = ">=2.14"
    types = (contextvars.ContextVar,)
    guarded_by = "ID_MATCH"

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return ContextVarVariable(cv_obj=value, **options)


class Sentinels(Sourced, Sourceless, Visitor):
    """``builtins.sentinel`` objects, from Python 3.15 on."""

    on_torch = ">=2.14"
    types = ("builtins:sentinel",)
    exact = True
    guarded_by = "ID_MATCH"
    tracker_class = SentinelVariable


class FrozenDataclasses(Sourced, Visitor):
    one_half = _REFUSED
    types = (object,)
    guarded_by = "TYPE_MATCH"
    tracked = "existing"
    tracker_class = FrozenDataClassVariable

    @staticmethod
    def when_type(cls: type) -> bool:
        parameters = getattr(cls, "__dataclass_params__", None)
        return dataclasses.is_dataclass(cls) and getattr(parameters, "frozen", False)

    @staticmethod
    def when(value: Any) -> bool:
        return is_frozen_dataclass(value)


class Generators(Sourced, Visitor):
    """A random generator: an object, though torch registers it as opaque to the graph."""

    one_half = "made while tracing, it is opaque to the graph"
    types = (torch._C.Generator,)
    exact = True
    guarded_by = "TYPE_MATCH"
    tracked = "if_supported"
    tracker_class = UserDefinedObjectVariable


class Signatures(Sourced, Visitor):
    """What ``inspect.signature`` returns; when it changes, the function's own guards fail."""

    one_half = _REFUSED
    types = (inspect.Signature,)
    exact = True
    guarded_by = "TYPE_MATCH"
    tracked = "if_supported"

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return InspectVariable(value, source=SkipGuardSource(ctx.source))


class SignatureParameters(Signatures, Sourceless):
    """One parameter of a signature."""

    types = (inspect.Parameter,)  # type: ignore[assignment]
    fresh = True

    def new_tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return UserDefinedObjectVariable(value, **options)


class ClassAttributeDescriptors(Sourceless, Visitor):
    """``types.DynamicClassAttribute``, which class bodies make."""

    one_half = "with a source it is an object like any other"
    on_torch = ">=2.15"
    types = (types.DynamicClassAttribute,)
    exact = True
    tracker_class = UserDefinedObjectVariable


class Descriptions(Sourceless, Visitor):
    """Objects that say how something is laid out: tree specs, module specs, markers."""

    one_half = "with a source it is an object like any other"
    types = (
        importlib.machinery.ModuleSpec,
        torch.utils._pytree.TreeSpec,
        dataclasses._HAS_DEFAULT_FACTORY_CLASS,  # type: ignore[attr-defined]
    )
    tracker_class = UserDefinedObjectVariable


class Constraints(Sourceless, Visitor):
    """The constraints of ``torch.distributions``."""

    one_half = "with a source it is an object like any other"
    types = (
        torch.distributions.constraints._Real,
        torch.distributions.constraints._Interval,
        torch.distributions.constraints.Constraint,
    )
    exact = True
    fresh = True
    tracker_class = UserDefinedObjectVariable


class KeyedJaggedTensors(Sourced, Visitor):
    one_half = _REFUSED
    types = ("torchrec.sparse.jagged_tensor:KeyedJaggedTensor",)
    exact = True
    guarded_by = "TYPE_MATCH"
    tracked = "existing"
    tracker_class = KeyedJaggedTensorVariable
