"""Subclasses of dict that nothing more is known about, and other mutable mappings."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from torch._dynamo.source import DictSubclassGetItemSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.user_defined import MutableMappingVariable

from vartrack.compat import containers
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced
from vartrack.core.visitor import Visitor
from vartrack.visitors.mappings import Items, items_by_position


class UserDicts(Sourced, Visitor):
    """Read with dict's own methods, so that no code of the subclass runs."""

    one_half = "torch refuses a dict subclass made while tracing"
    types = (dict,)
    guarded_by = ("TYPE_MATCH", "SEQUENCE_LENGTH")
    tracked = containers.TRACKED_DICT

    @staticmethod
    def when_type(cls: type) -> bool:
        return cls.__new__ is dict.__new__

    def children(self, ctx: BuilderContext, value: dict[Any, Any]) -> Items:
        return items_by_position(ctx, value, DictSubclassGetItemSource)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Items, **options: Any
    ) -> VariableTracker:
        return containers.user_dict(ctx, value, children, options)


class MutableMappings(Sourced, Visitor):
    """Traced through its own methods; what it holds is not modelled beforehand."""

    one_half = "torch refuses a mapping made while tracing, except through its second builder"
    types = (MutableMapping,)
    guarded_by = "TYPE_MATCH"
    tracked = "existing"
    tracker_class = MutableMappingVariable
