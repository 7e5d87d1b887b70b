"""Sets, frozen sets and torch's ordered set, and their subclasses."""

from __future__ import annotations

import types
from collections.abc import Iterable
from typing import Any

import torch
from torch._dynamo import graph_break_hints
from torch._dynamo.source import NonSerializableSetGetItemSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._ops import OpOverload, OpOverloadPacket
from torch.utils._ordered_set import OrderedSet

from vartrack.compat import behaviour, containers
from vartrack.compat.names import FrozensetVariable, OrderedSetVariable, SetVariable
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.made import of_items_fresh
from vartrack.core.visitor import Visitor
from vartrack.visitors.one_half import REFUSED_WHEN_NEW


def items_in_order(ctx: BuilderContext, value: Iterable[Any]) -> list[VariableTracker]:
    """The items as they come now; in another order at a later call, their guards fail."""
    return ctx.lazy_items(containers.set_items(value), NonSerializableSetGetItemSource)


class LiteralSets(Sourced, Visitor):
    """A set whose items are all literals is guarded as a whole."""

    one_half = "made while tracing, it is a set like any other"
    types = (set,)
    exact = True
    guarded_by = "CONSTANT_MATCH"
    tracked = "mutable"

    @staticmethod
    def when(value: set[Any]) -> bool:
        return ConstantVariable.is_literal(value)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return ConstantVariable.create(value, **options)


class Sets(Sourced, Sourceless, Visitor):
    """Sets of other things than literals, and all made while tracing; tensors are refused."""

    types = (set,)
    exact = True
    guarded_by = ("TYPE_MATCH", "SEQUENCE_LENGTH")
    tracked = containers.TRACKED_SET
    fresh = True
    tracker_class = SetVariable
    _made = of_items_fresh(SetVariable)

    def guards(self, ctx: BuilderContext, value: Iterable[Any]) -> None:
        if any(isinstance(item, torch.Tensor) for item in value):
            ctx.unsupported(
                "Attempted to wrap a set with tensors",
                explanation="A set has no order of its own, and tensors in a graph need one.",
                context="Python set containing torch.Tensor elements",
                hints=[
                    "Keep the tensors in a list or as the keys of a dict.",
                    *graph_break_hints.SUPPORTABLE,
                ],
            )
        super().guards(ctx, value)

    def children(self, ctx: BuilderContext, value: Iterable[Any]) -> list[VariableTracker]:
        return items_in_order(ctx, value)


class OrderedSets(Sets):
    """torch's ``OrderedSet``, whose items are guarded in their order."""

    on_torch = ">=2.11"
    types = (OrderedSet,)
    tracker_class = OrderedSetVariable
    _made = of_items_fresh(OrderedSetVariable)

    def guards(self, ctx: BuilderContext, value: Iterable[Any]) -> None:
        super().guards(ctx, value)
        keys = ctx.attr("_dict")
        keys.guard("DICT_KEYS_MATCH")
        ctx.tx.output.guard_on_key_order.add(keys.source)


class LiteralFrozensets(Sourced, Sourceless, Visitor):
    """Frozen sets of literals, which are constants."""

    types = (frozenset,)
    exact = True
    guarded_by = "CONSTANT_MATCH"

    @staticmethod
    def when(value: frozenset[Any]) -> bool:
        return ConstantVariable.is_literal(value)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return ConstantVariable.create(value, **options)


class OperatorFrozensets(Sourced, Visitor):
    """Sets of torch functions, operators or pytree containers, which equality can guard."""

    one_half = REFUSED_WHEN_NEW
    types = (frozenset,)
    exact = True
    guarded_by = "EQUALS_MATCH" if behaviour.COMPARES_FROZENSETS else "ID_MATCH"
    tracker_class = FrozensetVariable

    @staticmethod
    def when(value: frozenset[Any]) -> bool:
        return all(map(_is_operator, value))

    def children(self, ctx: BuilderContext, value: frozenset[Any]) -> list[VariableTracker]:
        return ctx.sourceless().lazy_items(value)


def _is_operator(item: Any) -> bool:
    if type(item) is types.BuiltinMethodType and item.__module__ == "torch":
        return True
    if item in torch.utils._pytree.BUILTIN_TYPES:
        return True
    return behaviour.COMPARES_FROZENSETS and isinstance(item, (OpOverload, OpOverloadPacket))


class UserSets(Sourced, Visitor):
    """Subclasses of set and frozenset, and frozen sets of other things than literals."""

    one_half = REFUSED_WHEN_NEW
    types = (set, frozenset)
    guarded_by = ("TYPE_MATCH", "SEQUENCE_LENGTH")
    tracked = containers.TRACKED_DICT

    def children(self, ctx: BuilderContext, value: Iterable[Any]) -> list[VariableTracker]:
        return items_in_order(ctx, value)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        return containers.user_set(ctx, value, children, options)
