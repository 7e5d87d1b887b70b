"""Lists, tuples, sizes and deques of exactly these types."""

from __future__ import annotations

import collections
from typing import Any

import torch
from torch._dynamo import config
from torch._dynamo.source import TypeMROSource
from torch._dynamo.utils import odict_values
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import (
    DequeVariable,
    ListVariable,
    SizeVariable,
    TupleVariable,
)
from torch.fx.immutable_collections import immutable_list

from vartrack.compat import behaviour
from vartrack.compat.making import lazy
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.made import of_items, of_items_fresh
from vartrack.core.visitor import Visitor
from vartrack.inputs import stolen_lists


class Sequence_(Sourced, Visitor, abstract=True):
    """Items one after the other; the length guard pins the type as well."""

    exact = True
    guarded_by = "SEQUENCE_LENGTH"

    def guards(self, ctx: BuilderContext, value: Any) -> None:
        if behaviour.REFUSES_SELF_CONTAINING and any(item is value for item in value):
            ctx.unsupported(
                "list elements are pointing to the list itself",
                explanation=f"This {type(value).__qualname__} holds itself.",
                hints=["Keep what holds itself outside the compiled function."],
            )
        super().guards(ctx, value)

    def children(self, ctx: BuilderContext, value: Any) -> list[VariableTracker]:
        return ctx.lazy_items(value)


class Lists(Sequence_, Sourceless):
    """Lists; one that compiled autograd wants to be freed early stays one graph input."""

    types = (list,)
    tracked = "mutable"
    fresh = True
    tracker_class = ListVariable
    _made = of_items_fresh(ListVariable)

    def children(self, ctx: BuilderContext, value: Any) -> list[VariableTracker]:
        items = super().children(ctx, value)
        if stolen_lists.is_stolen(ctx):
            stolen_lists.unpack(ctx, value, items)
        return items

    def new_children(self, ctx: BuilderContext, value: Any) -> list[VariableTracker]:
        return ctx.lazy_items(value)


class Tuples(Sequence_, Sourceless):
    """Tuples; one of literals that a module holds is guarded as a whole."""

    types = (tuple,)
    tracker_class = TupleVariable
    _made = of_items(TupleVariable)

    def children(self, ctx: BuilderContext, value: Any) -> list[VariableTracker]:
        if self.is_setting(ctx, value):
            # strides, paddings and their like: no symbols for what never changes
            ctx.guard("CONSTANT_MATCH")
            return [ConstantVariable.create(item) for item in value]
        if _is_mro(ctx, value):
            # the first entry is the type itself, which has a source already
            first = lazy(value[0], ctx.source.base, tx=ctx.tx)
            return [first, *(ctx.item(i).lazy(value[i]) for i in range(1, len(value)))]
        return super().children(ctx, value)

    def new_children(self, ctx: BuilderContext, value: Any) -> list[VariableTracker]:
        return ctx.lazy_items(value)

    def is_setting(self, ctx: BuilderContext, value: tuple[Any, ...]) -> bool:
        """Whether a tuple is guarded as a whole: one of literals that a module holds."""
        return ctx.source.guard_source.is_unspecialized_nn_module() and all(
            map(ConstantVariable.is_literal, value)
        )


def is_settled(value: tuple[Any, ...]) -> bool:
    """Whether nothing in a tuple of literals can change."""
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _is_mro(ctx: BuilderContext, value: tuple[Any, ...]) -> bool:
    return (
        isinstance(ctx.source, TypeMROSource)
        and behaviour.MRO_IS_CONSTANT
        and config.assume_dunder_attributes_remain_unchanged
        and bool(value)
        and isinstance(value[0], type)
        and type.__getattribute__(value[0], "__mro__") is value
    )


class Sizes(Sequence_, Sourceless):
    """``torch.Size``; with a source, a constant where ``config.specialize_int`` is on."""

    types = (torch.Size,)
    tracker_class = SizeVariable
    _made = of_items(SizeVariable)

    def visit_sourced(self, ctx: BuilderContext, value: torch.Size) -> VariableTracker:
        if config.specialize_int:
            ctx.guard("CONSTANT_MATCH")
            return ConstantVariable.create(value)
        return super().visit_sourced(ctx, value)


class Deques(Sequence_):
    """Deques; torch forgets the ``maxlen`` of one that comes from outside."""

    one_half = "torch refuses a deque made while tracing"
    types = (collections.deque,)
    tracked = "mutable"
    tracker_class = DequeVariable


class OrderedDictValues(Sequence_):
    """What ``OrderedDict.values()`` gives: to torch it is a list."""

    one_half = "torch refuses a view made while tracing"
    types = (odict_values,)
    tracker_class = ListVariable


class ImmutableLists(Sourceless, Visitor):
    """torch.fx's immutable lists made while tracing."""

    one_half = "with a source it is a list subclass like any other"
    types = (immutable_list,)
    exact = True
    fresh = True
    tracker_class = ListVariable

    def children(self, ctx: BuilderContext, value: list[Any]) -> list[VariableTracker]:
        return ctx.lazy_items(value)
