"""Objects that are known by their attributes: plain ones, dataclasses and the like."""

from __future__ import annotations

import dataclasses
import functools
import importlib.machinery
import types
from typing import Any

import torch
from torch._dynamo.utils import is_frozen_dataclass
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.user_defined import (
    FrozenDataClassVariable,
    UserDefinedObjectVariable,
)

from vartrack.compat import behaviour
from vartrack.compat.names import ObjectVariable, SimpleNamespaceVariable
from vartrack.core import diagnostics
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.texts.articles import with_article
from vartrack.core.visitor import Visitor
from vartrack.visitors.one_half import AS_ANY_OBJECT_WITH_SOURCE, REFUSED_WHEN_NEW


class Objects(Sourced, Sourceless, Visitor):
    """Any object that no other visitor takes."""

    types = (object,)
    guarded_by = "TYPE_MATCH"
    tracked = "if_supported"
    tracker_class = UserDefinedObjectVariable

    def guards(self, ctx: BuilderContext, value: Any) -> None:
        if any("__class__" in cls.__dict__ for cls in type(value).__mro__[:-1]):
            _refuse_disguise(ctx, value)
        super().guards(ctx, value)

    def visit_sourceless(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        diagnostics.no_sourceless_form(ctx, value)


#: Types that torch asks by ``isinstance``, and whose methods then fail on what only says so.
_TAKEN_AT_ITS_WORD: tuple[type, ...] = (
    *((int, float, str) if behaviour.LOOKS_FOR_CONSTANT_BASES else ()),
    *(tuple, list, set, frozenset),
    *(types.FunctionType, types.ModuleType, functools.partial, torch.Tensor),
    *((torch.nn.Module,) if behaviour.REFUSES_UNINITIALIZED_MODULES else ()),
)


def _refuse_disguise(ctx: BuilderContext, value: Any) -> None:
    """Break the graph if ``isinstance`` takes ``value`` for what it is not; torch fails there."""
    shown = value.__class__
    if isinstance(shown, type) and issubclass(shown, _TAKEN_AT_ITS_WORD):
        ctx.unsupported(
            "vartrack: an object in disguise",
            context=f"{type(value).__module__}.{type(value).__qualname__}",
            explanation=f"The `__class__` of {with_article(type(value))} says that it is "
            f"{with_article(shown)}, which it is not.",
            hints=["Take its attributes outside the compiled function."],
        )


class BareObjects(Sourced, Sourceless, Visitor):
    """``object()`` itself: nothing can be read from it. In 2.10 an object like any other."""

    on_torch = ">=2.11"
    types = (object,)
    exact = True
    guarded_by = "TYPE_MATCH"
    tracker_class = ObjectVariable


class FrozenDataclasses(Sourced, Visitor):
    """Instances of frozen dataclasses, which the graph can take as arguments."""

    one_half = REFUSED_WHEN_NEW
    types = (object,)
    guarded_by = "TYPE_MATCH"
    tracked = "existing"

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        if behaviour.BUILDS_FROZEN_FIELDS:
            return FrozenDataClassVariable.create(ctx.tx, value, **options)
        return FrozenDataClassVariable(value, **options)

    @staticmethod
    def when_type(cls: type) -> bool:
        parameters = getattr(cls, "__dataclass_params__", None)
        return dataclasses.is_dataclass(cls) and getattr(parameters, "frozen", False)

    @staticmethod
    def when(value: Any) -> bool:
        return is_frozen_dataclass(value)


class SimpleNamespaces(Sourced, Visitor):
    """``types.SimpleNamespace`` and subclasses; before 2.15 objects like any other."""

    one_half = REFUSED_WHEN_NEW
    on_torch = ">=2.15"
    types = (types.SimpleNamespace,)
    guarded_by = "TYPE_MATCH"
    tracked = "if_supported"
    tracker_class = SimpleNamespaceVariable


class ClassAttributeDescriptors(Sourceless, Visitor):
    """``types.DynamicClassAttribute``, which class bodies make."""

    one_half = AS_ANY_OBJECT_WITH_SOURCE
    on_torch = ">=2.15"
    types = (types.DynamicClassAttribute,)
    exact = True
    tracker_class = UserDefinedObjectVariable


class Descriptions(Sourceless, Visitor):
    """Objects that say how something is laid out: tree specs, module specs, markers."""

    one_half = AS_ANY_OBJECT_WITH_SOURCE
    types = (
        *((importlib.machinery.ModuleSpec,) if behaviour.BUILDS_MODULE_SPECS else ()),
        torch.utils._pytree.TreeSpec,
        dataclasses._HAS_DEFAULT_FACTORY_CLASS,  # type: ignore[attr-defined]
    )
    tracker_class = UserDefinedObjectVariable


class Constraints(Sourceless, Visitor):
    """The constraints of ``torch.distributions``."""

    one_half = AS_ANY_OBJECT_WITH_SOURCE
    types = (
        torch.distributions.constraints._Real,
        torch.distributions.constraints._Interval,
        torch.distributions.constraints.Constraint,
    )
    exact = True
    fresh = True
    tracker_class = UserDefinedObjectVariable
