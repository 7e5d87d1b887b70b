"""Enum members, and objects of torch that are one of a fixed set."""

from __future__ import annotations

import enum
from typing import Any

import torch
from torch._C._functorch import TransformType
from torch._dynamo.utils import common_constant_types
from torch._dynamo.variables.base import AttributeMutationNew, VariableTracker
from torch._dynamo.variables.torch import DispatchKeySetVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat import behaviour
from vartrack.compat.names import EnumVariable, is_pybind_enum_member
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.visitor import Visitor


class EnumMembers(Sourced, Sourceless, Visitor):
    """Members of Python enums, whatever else the enum derives from."""

    types = (enum.Enum, torch.DispatchKey, TransformType)
    guarded_by = "ID_MATCH"
    tracker_class = (
        UserDefinedObjectVariable if behaviour.ENUM_MEMBERS_ARE_OBJECTS else EnumVariable
    )

    def visit_sourceless(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        if not behaviour.REGISTERS_ENUM_MEMBERS:
            return super().visit_sourceless(ctx, value)
        side_effects: Any = ctx.tx.output.side_effects
        if value in side_effects:
            return side_effects[value]
        tracker = UserDefinedObjectVariable(value)
        return side_effects.track_mutable(value, tracker, AttributeMutationNew)


class PybindEnumMembers(EnumMembers):
    """Members of enums made in C++, told by their name in ``__members__``.

    Up to 2.12 objects like any other.
    """

    on_torch = ">=2.13"
    types = (object,)  # type: ignore[assignment]

    @staticmethod
    def when_type(cls: type) -> bool:
        return hasattr(cls, "__members__") and cls not in common_constant_types

    @staticmethod
    def when(value: Any) -> bool:
        return is_pybind_enum_member(value)


class DispatchKeySets(Sourced, Visitor):
    """``torch.DispatchKeySet``, guarded by the keys in it."""

    one_half = "made while tracing, subclasses have no form"
    types = (torch.DispatchKeySet,)
    guarded_by = "DISPATCH_KEY_SET_MATCH"
    tracker_class = DispatchKeySetVariable


class NewDispatchKeySets(Sourceless, Visitor):
    """``torch.DispatchKeySet`` objects made while tracing."""

    one_half = "with a source, subclasses have a form too"
    types = (torch.DispatchKeySet,)
    exact = True
    fresh = True
    tracker_class = DispatchKeySetVariable

    @staticmethod
    def when_type(cls: type) -> bool:
        # a test, as the other half has the type to itself
        return cls is torch.DispatchKeySet
