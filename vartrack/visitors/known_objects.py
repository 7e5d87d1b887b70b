"""Objects of single classes that torch has a tracker for."""

from __future__ import annotations

import contextvars
import inspect
import re
import weakref
from typing import Any

import torch
from torch._dynamo.source import OptimizerSource, SkipGuardSource
from torch._dynamo.variables.base import AttributeMutationExisting, VariableTracker
from torch._dynamo.variables.distributed import WorldMetaClassVariable
from torch._dynamo.variables.misc import (
    ConstantLikeVariable,
    WeakRefVariable,
)
from torch._dynamo.variables.optimizer import OptimizerVariable
from torch._dynamo.variables.user_defined import (
    KeyedJaggedTensorVariable,
    UserDefinedObjectVariable,
)
from torch.distributed.distributed_c10d import _WorldMeta

from vartrack.compat import behaviour
from vartrack.compat.names import (
    ContextVarVariable,
    InspectVariable,
    SentinelVariable,
)
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.visitor import Visitor
from vartrack.visitors.one_half import AS_ANY_CLASS_WHEN_NEW, REFUSED_WHEN_NEW


class ContextVariables(Sourced, Visitor):
    """``contextvars.ContextVar``: reading one is guarded, setting it breaks the graph."""

    one_half = REFUSED_WHEN_NEW
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


class Generators(Sourced, Visitor):
    """A random generator: an object, though torch registers it as opaque to the graph."""

    one_half = "made while tracing, it is opaque to the graph"
    on_torch = ">=2.13"
    types = (torch._C.Generator,)
    exact = True
    guarded_by = "TYPE_MATCH"
    tracked = "if_supported"
    tracker_class = UserDefinedObjectVariable


class Signatures(Sourced, Visitor):
    """What ``inspect.signature`` returns; when it changes, the function's own guards fail."""

    one_half = REFUSED_WHEN_NEW
    on_torch = ">=2.11"
    types = (inspect.Signature,)
    exact = True
    guarded_by = "TYPE_MATCH"
    tracked = "if_supported"

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        tracker: VariableTracker = InspectVariable(value, source=SkipGuardSource(ctx.source))
        return tracker


class SignatureParameters(Signatures, Sourceless):
    """One parameter of a signature."""

    types = (inspect.Parameter,)  # type: ignore[assignment]
    fresh = True

    def new_tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return UserDefinedObjectVariable(value, **options)


class KeyedJaggedTensors(Sourced, Visitor):
    """``KeyedJaggedTensor`` of torchrec, whose lengths ``config`` may make symbols."""

    one_half = REFUSED_WHEN_NEW
    types = ("torchrec.sparse.jagged_tensor:KeyedJaggedTensor",)
    exact = True
    guarded_by = "TYPE_MATCH"
    tracked = "existing"
    tracker_class = KeyedJaggedTensorVariable


class RegularExpressions(Sourced, Sourceless, Visitor):
    """Patterns and matches of ``re``; their methods take constants only."""

    types = (re.Pattern, re.Match) if behaviour.MATCHES_ARE_CONSTANT else (re.Pattern,)
    guarded_by = "ID_MATCH"
    tracker_class = ConstantLikeVariable


class WeakReferences(Sourced, Visitor):
    """``weakref.ref``: the object it refers to is built with it, and so is its callback."""

    one_half = REFUSED_WHEN_NEW
    types = (weakref.ReferenceType,)
    exact = True
    guarded_by = "TYPE_MATCH"

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return WeakRefVariable.build(ctx.tx, value, **options)


class RemovableHandles(Sourced, Visitor):
    """Handles of hooks that were registered outside: they break the graph."""

    one_half = REFUSED_WHEN_NEW
    types = (torch.utils.hooks.RemovableHandle,)
    exact = True

    def visit_sourced(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        ctx.unsupported(
            "Attempted to represent unregistered RemovableHandle",
            explanation="This hook was registered outside the compiled function, and Dynamo can "
            "only remove hooks that it registered itself.",
            hints=["Register and remove the hook in the same function."],
        )


class Optimizers(Sourced, Visitor):
    """Optimizers: where it can, torch runs ``_init_group`` itself instead of tracing it."""

    one_half = REFUSED_WHEN_NEW
    types = (torch.optim.Optimizer,)
    guarded_by = "ID_MATCH"

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        ctx.source = OptimizerSource(ctx.source)
        options = {"source": ctx.source}
        if behaviour.REPLAYS_WRAPPERS:
            options["mutation_type"] = AttributeMutationExisting()
        return OptimizerVariable(value, **options)


class WorldGroups(Sourced, Visitor):
    """``torch.distributed.group`` and ``GroupMember``, which hold the default group."""

    one_half = AS_ANY_CLASS_WHEN_NEW
    unguarded = "what it stands for is guarded where it is read"
    types = (_WorldMeta,)
    exact = True
    tracker_class = WorldMetaClassVariable
