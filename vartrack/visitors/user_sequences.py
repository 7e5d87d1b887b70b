"""Subclasses of list and tuple that nothing more is known about, and named tuples."""

from __future__ import annotations

import collections
from typing import Any

from torch._dynamo.source import ListGetItemSource
from torch._dynamo.utils import is_namedtuple_cls, namedtuple_fields
from torch._dynamo.variables.base import VariableTracker

from vartrack.compat import containers
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.visitor import Visitor


class NamedTuples(Sourced, Sourceless, Visitor):
    """Named tuples and torch's result tuples: one part per field, reached by its name."""

    types = (tuple,)
    guarded_by = "SEQUENCE_LENGTH"
    tracked = "existing"
    fresh = containers.HOLDS_ITEMS

    @staticmethod
    def when_type(cls: type) -> bool:
        return is_namedtuple_cls(cls)

    def children(self, ctx: BuilderContext, value: tuple[Any, ...]) -> list[VariableTracker]:
        return ctx.lazy_attrs(value, namedtuple_fields(type(value)))

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        return containers.named_tuple(ctx, value, children, options)

    def new_tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        return containers.new_named_tuple(value, children, options)


class UserTuples(Sourced, Visitor):
    """Read with tuple's own methods, so that no code of the subclass runs."""

    one_half = "torch refuses a tuple subclass made while tracing"
    types = (tuple,)
    guarded_by = ("TYPE_MATCH", "SEQUENCE_LENGTH")
    tracked = "existing"

    def children(self, ctx: BuilderContext, value: tuple[Any, ...]) -> list[VariableTracker]:
        return ctx.lazy_items(tuple.__iter__(value))

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        return containers.user_tuple(ctx, value, children, options)


class UserLists(Sourced, Visitor):
    """Read with list's own methods, so that no code of the subclass runs."""

    one_half = "torch refuses a list subclass made while tracing"
    types = (list,)
    guarded_by = ("TYPE_MATCH", "SEQUENCE_LENGTH")
    tracked = containers.TRACKED_DICT

    def children(self, ctx: BuilderContext, value: list[Any]) -> list[VariableTracker]:
        return ctx.lazy_items(list.__iter__(value), ListGetItemSource)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        return containers.user_list(ctx, value, children, options)


class UserDeques(Sourced, Visitor):
    """Read with deque's own methods; its ``maxlen`` is guarded."""

    one_half = "torch refuses a deque made while tracing"
    on_torch = ">=2.14"
    types = (collections.deque,)
    guarded_by = ("TYPE_MATCH", "SEQUENCE_LENGTH")
    tracked = containers.TRACKED_DICT

    def guards(self, ctx: BuilderContext, value: Any) -> None:
        super().guards(ctx, value)
        ctx.attr("maxlen").guard("EQUALS_MATCH")

    def children(self, ctx: BuilderContext, value: Any) -> list[VariableTracker]:
        return ctx.lazy_items(collections.deque.__iter__(value))

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        return containers.user_deque(ctx, value, children, options)
