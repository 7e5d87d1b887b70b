"""Descriptors and method-wrappers in C. Python makes new ones at will, so none is guarded."""

from __future__ import annotations

import inspect
import types
from typing import Any

from torch._dynamo.variables.base import VariableTracker

from vartrack.compat import behaviour
from vartrack.compat.names import (
    GetSetDescriptorVariable,
    MemberDescriptorVariable,
    MethodWrapperVariable,
    PropertyVariable,
)
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.texts.wording import worded
from vartrack.core.visitor import Visitor

_NO_IDENTITY = "Python may make a new one at every access"


class GetSetDescriptors(Sourced, Sourceless, Visitor):
    """Attributes that functions in C read and write, such as ``torch.Tensor.grad``."""

    on_torch = {Sourceless: ">=2.11"}
    unguarded = _NO_IDENTITY
    types = (types.GetSetDescriptorType,)
    tracker_class = GetSetDescriptorVariable


class MemberDescriptors(Sourced, Sourceless, Visitor):
    """Attributes that C keeps at a fixed place, such as those of ``__slots__``.

    Up to 2.12 objects like any other.
    """

    on_torch = ">=2.13"
    unguarded = _NO_IDENTITY
    types = (types.MemberDescriptorType,)
    tracker_class = MemberDescriptorVariable


class Properties(Sourced, Sourceless, Visitor):
    """Properties as objects of their own; before 2.15 they were objects like any other."""

    on_torch = ">=2.15"
    types = (property,)
    exact = True
    guarded_by = "TYPE_MATCH"
    tracked = "existing"
    tracker_class = PropertyVariable


class MethodWrappers(Sourced, Sourceless, Visitor):
    """A bound slot, such as ``(5).__add__``."""

    unguarded = _NO_IDENTITY
    types = (types.MethodWrapperType,)

    def children(self, ctx: BuilderContext, value: Any) -> VariableTracker | None:
        if not behaviour.SLOTS_HOLD_RECEIVERS:
            return None
        return ctx.attr("__self__").lazy(value.__self__)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        if children is None:
            whole: VariableTracker = MethodWrapperVariable(value, **options)
            return whole
        slot = inspect.getattr_static(type(value.__self__), value.__name__)
        if not isinstance(slot, types.WrapperDescriptorType):
            raise AssertionError(f"{worded(value)} is bound to {worded(slot)}, which is no slot")
        return MethodWrapperVariable(slot, children, **options)
