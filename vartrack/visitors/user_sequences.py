"""Subclasses of list and tuple that nothing more is known about, and named tuples."""

from __future__ import annotations

from typing import Any

from torch._dynamo.source import ListGetItemSource
from torch._dynamo.utils import is_namedtuple_cls, namedtuple_fields
from torch._dynamo.variables.base import (
    ValueMutationExisting,
    ValueMutationNew,
    VariableTracker,
)
from torch._dynamo.variables.lists import ListVariable, TupleVariable
from torch._dynamo.variables.user_defined import UserDefinedListVariable, UserDefinedTupleVariable

from vartrack.context import BuilderContext
from vartrack.halves import Sourced, Sourceless
from vartrack.visitor import Visitor


def tuple_inside(ctx: BuilderContext, items: list[VariableTracker]) -> TupleVariable:
    """The plain tuple that the tracker of a tuple subclass keeps its items in."""
    if ctx.source is None:
        return TupleVariable(items, mutation_type=ValueMutationNew())
    return TupleVariable(items, source=ctx.source, mutation_type=ValueMutationExisting())


class NamedTuples(Sourced, Sourceless, Visitor):
    """Named tuples and torch's result tuples: one part per field, reached by its name."""

    types = (tuple,)
    priority = -5
    guarded_by = "SEQUENCE_LENGTH"
    tracked = "existing"

    @staticmethod
    def when_type(cls: type) -> bool:
        return is_namedtuple_cls(cls)

    def children(self, ctx: BuilderContext, value: tuple[Any, ...]) -> list[VariableTracker]:
        return ctx.lazy_attrs(value, namedtuple_fields(type(value)))

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        tracker_class = UserDefinedTupleVariable.get_vt_cls(type(value))
        return tracker_class(value, tuple_vt=tuple_inside(ctx, children), **options)


class UserTuples(Sourced, Visitor):
    """Read with tuple's own methods, so that no code of the subclass runs."""

    one_half = "torch refuses a tuple subclass made while tracing"
    types = (tuple,)
    layer = "last"
    priority = -38
    guarded_by = ("TYPE_MATCH", "SEQUENCE_LENGTH")
    tracked = "existing"

    def children(self, ctx: BuilderContext, value: tuple[Any, ...]) -> list[VariableTracker]:
        return ctx.lazy_items(tuple.__iter__(value))

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        return UserDefinedTupleVariable(value, tuple_vt=tuple_inside(ctx, children), **options)


class UserLists(Sourced, Visitor):
    """Read with list's own methods, so that no code of the subclass runs."""

    one_half = "torch refuses a list subclass made while tracing"
    types = (list,)
    layer = "last"
    priority = -38
    guarded_by = ("TYPE_MATCH", "SEQUENCE_LENGTH")
    tracked = "existing"

    def children(self, ctx: BuilderContext, value: list[Any]) -> list[VariableTracker]:
        return ctx.lazy_items(list.__iter__(value), ListGetItemSource)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        items = ListVariable(children, source=ctx.source, mutation_type=ValueMutationExisting())
        return UserDefinedListVariable(value, list_vt=items, **options)
