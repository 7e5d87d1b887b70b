"""Script objects, and objects of classes that were registered as opaque to the graph."""

from __future__ import annotations

import enum
from typing import Any

import torch
from torch._dynamo import config
from torch._dynamo.source import (
    FlattenScriptObjectSource,
    ScriptObjectQualifiedNameSource,
)
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.lazy import LazyVariableTracker
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable
from torch._library.fake_class_registry import (
    FakeScriptObject,
    maybe_to_fake_obj,
    tracing_with_real,
)

from vartrack.compat import behaviour
from vartrack.compat.making import opaque_object
from vartrack.compat.names import (
    OpaqueBase,
    is_opaque_reference,
    is_opaque_value,
    is_pybind_enum_member,
    should_hoist,
)
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.visitor import Visitor
from vartrack.graph.placeholders import GraphArg, placeholder
from vartrack.inputs.tensors import is_free
from vartrack.visitors.one_half import REFUSED_WHEN_NEW


class Opaque(Sourced, Visitor, abstract=True):
    """An object whose methods the graph calls without looking inside."""

    unguarded = "nothing is guarded while torch traces with the real objects"

    def visit_sourced(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        if not tracing_with_real(value):
            return super().visit_sourced(ctx, value)
        proxy = placeholder(ctx, type(value), value)
        proxy.node.meta["grapharg"] = GraphArg(ctx.source, value, False, None, False, value)
        return opaque_object(ctx.tx, proxy, value, source=ctx.source)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        if behaviour.ATTACHES_OPAQUE and config.install_free_tensors and is_free(ctx.source):
            return ctx.tx.output.register_attr_or_module(value, ctx.source.name, source=ctx.source)
        fake = maybe_to_fake_obj(ctx.tx.output.fake_mode, value)
        proxy = placeholder(ctx, type(value), fake)
        proxy.node.meta["grapharg"] = GraphArg(ctx.source, value, False, None, False, fake)
        return opaque_object(ctx.tx, proxy, fake, **options)


class OpaqueValues(Opaque, Sourceless):
    """Opaque objects that are their content: placements, and what users register so."""

    on_torch = {Sourceless: ">=2.11"}
    types = (object,)
    guarded_by = "CONSTANT_MATCH"

    @staticmethod
    def when_type(cls: type) -> bool:
        # torch registers no class without it; whether it did may change, so that is asked again
        return hasattr(cls, "__fx_repr__")

    @staticmethod
    def when(value: Any) -> bool:
        return is_opaque_value(type(value)) and not (
            isinstance(value, enum.Enum) or is_pybind_enum_member(value)
        )

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        if should_hoist(type(value)):
            return super().tracker(ctx, value, children, **options)
        return opaque_object(ctx.tx, value, held(ctx, value), **options)

    def new_tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return opaque_object(ctx.tx, value, held(ctx, value), **options)


def held(ctx: BuilderContext, value: Any) -> Any:
    """What the tracker of an opaque value holds."""
    if behaviour.KEEPS_OPAQUE_VALUES:
        return value
    return maybe_to_fake_obj(ctx.tx.output.fake_mode, value)


class OpaqueReferences(Opaque, Sourceless):
    """Opaque objects that are themselves: process groups, device meshes, leaf callables."""

    on_torch = {Sourceless: ">=2.12"}
    types = (object,)
    guarded_by = behaviour.OPAQUE_GUARDS

    @staticmethod
    def when_type(cls: type) -> bool:
        # all that torch registers, since there is such a class
        return OpaqueBase is None or isinstance(cls, type(OpaqueBase))

    @staticmethod
    def when(value: Any) -> bool:
        return is_opaque_reference(type(value))

    def new_tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        fake = maybe_to_fake_obj(ctx.tx.output.fake_mode, value)
        return opaque_object(ctx.tx, value, fake)


class FakeScriptObjects(Sourced, Visitor):
    """Stands for an opaque object while an outer tracer is at work."""

    on_torch = ">=2.12"
    one_half = REFUSED_WHEN_NEW
    unguarded = "the real object's visitor does it"
    types = (FakeScriptObject,)

    def visit_sourced(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        return ctx.continue_with(value.real_obj, ctx.source)


class ScriptObjects(Opaque):
    """TorchScript classes that say what they are made of."""

    one_half = REFUSED_WHEN_NEW
    types = (torch.ScriptObject,)

    def guards(self, ctx: BuilderContext, value: Any) -> None:
        # building the name and the content guards them
        for source_class, part in (
            (ScriptObjectQualifiedNameSource, value._type().qualified_name()),
            (FlattenScriptObjectSource, value.__obj_flatten__()),
        ):
            LazyVariableTracker.realize_all(ctx.under(source_class).visit(part))


class UnflattenedScriptObjects(Opaque):
    """TorchScript classes that do not: an object as any other, which the graph never sees."""

    one_half = REFUSED_WHEN_NEW
    types = (torch.ScriptObject,)
    guarded_by = "TYPE_MATCH"
    tracked = "if_supported"

    @staticmethod
    def when(value: Any) -> bool:
        return not hasattr(value, "__obj_flatten__")

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return UserDefinedObjectVariable(value, **options)
