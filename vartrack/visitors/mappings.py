"""Dicts of exactly the standard types, and what shows them: views and proxies."""

from __future__ import annotations

import collections
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from torch._dynamo.source import ConstDictKeySource, DictGetItemSource
from torch._dynamo.utils import dict_keys
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable, MappingProxyVariable
from torch.fx.immutable_collections import immutable_dict

from vartrack.compat import containers
from vartrack.compat.names import DictKeySetVariable
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.made import of_pairs_fresh
from vartrack.core.texts.articles import with_article
from vartrack.core.visitor import Visitor

Items = dict[VariableTracker, VariableTracker]


def all_literal(keys: Iterable[Any]) -> bool:
    """Whether every key is a constant that its own text can stand for."""
    return all(map(ConstantVariable.is_literal, keys))


#: What makes the tracker of a part at a place.
MakePart = Callable[[BuilderContext, Any], VariableTracker]


def items_by_key(
    ctx: BuilderContext, value: Mapping[Any, Any], make: MakePart = BuilderContext.lazy
) -> Items:
    """The items of a dict with literal keys: each value lazily, under its key."""
    create = ConstantVariable.create
    return {create(key): make(ctx.dict_item(key), item) for key, item in value.items()}


def items_by_position(
    ctx: BuilderContext,
    value: dict[Any, Any],
    source_class: Any = DictGetItemSource,
    make: MakePart = BuilderContext.lazy,
) -> Items:
    """The items of a dict with other keys: a key is known by its position in the dict.

    Building them hashes the keys, which builds the keys as well.
    """
    ctx.tx.output.guard_on_key_order.add(ctx.source)
    items = {}
    for position, key, item in containers.dict_items(value):
        place = ctx.under(ConstDictKeySource, position)
        items[place.lazy(key)] = make(ctx.under(source_class, place.source), item)
    return items


def new_items(ctx: BuilderContext, value: Mapping[Any, Any]) -> Items:
    """The items of a dict made while tracing, built at once."""
    return {ctx.visit(key): ctx.visit(item) for key, item in value.items()}


class Dicts(Sourced, Sourceless, Visitor):
    """Dicts: literal keys are guarded as they are used, others all at once, in order."""

    types = (dict,)
    exact = True
    guarded_by = "TYPE_MATCH"
    tracked = "mutable"
    fresh = True
    tracker_class = ConstDictVariable
    _made = of_pairs_fresh(ConstDictVariable)

    def children(self, ctx: BuilderContext, value: dict[Any, Any]) -> Items:
        if all_literal(value):
            return items_by_key(ctx, value)
        return items_by_position(ctx, value)

    def new_children(self, ctx: BuilderContext, value: dict[Any, Any]) -> Items:
        return new_items(ctx, value)


class DefaultDicts(Sourced, Visitor):
    """``defaultdict``: a dict with its factory, which is built at once."""

    one_half = "torch refuses a defaultdict made while tracing"
    types = (collections.defaultdict,)
    exact = True
    guarded_by = "TYPE_MATCH"
    tracked = containers.TRACKED_DEFAULT_DICT

    children = Dicts.children

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Items, **options: Any
    ) -> VariableTracker:
        return containers.default_dict(ctx, value, children, options)


class OrderedDicts(Sourced, Sourceless, Visitor):
    """``OrderedDict``, whose items are guarded as those of a dict."""

    types = (collections.OrderedDict,)
    exact = True
    guarded_by = "TYPE_MATCH"
    tracked = containers.TRACKED_ORDERED_DICT
    fresh = True

    children = Dicts.children
    new_children = Dicts.new_children

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Items, **options: Any
    ) -> VariableTracker:
        return containers.ordered_dict(ctx, value, children, options)

    def new_tracker(
        self, ctx: BuilderContext, value: Any, children: Items, **options: Any
    ) -> VariableTracker:
        return containers.new_ordered_dict(children, options)


class ImmutableDicts(Sourceless, Visitor):
    """torch.fx's immutable dicts made while tracing."""

    one_half = "with a source it is a dict subclass like any other"
    types = (immutable_dict,)
    exact = True
    fresh = True

    new_children = Dicts.new_children

    def new_tracker(
        self, ctx: BuilderContext, value: Any, children: Items, **options: Any
    ) -> VariableTracker:
        return containers.immutable_dict(children, options)


class MappingProxies(Sourced, Sourceless, Visitor):
    """Read-only views of dicts; in one with a source, all keys must be literals."""

    on_torch = {Sourceless: ">=2.11"}
    types = (types.MappingProxyType,)
    exact = True
    guarded_by = ("TYPE_MATCH", "MAPPING_KEYS_CHECK")
    tracked = "mutable"

    def children(self, ctx: BuilderContext, value: Mapping[Any, Any]) -> ConstDictVariable:
        if not all_literal(value):
            refuse_keys(ctx, value, "mappingproxy")
        create = ConstantVariable.create
        items = {create(key): ctx.item(key).lazy(item) for key, item in value.items()}
        return ConstDictVariable(items, source=None)

    def new_children(self, ctx: BuilderContext, value: Mapping[Any, Any]) -> ConstDictVariable:
        return ConstDictVariable(new_items(ctx, value), mutation_type=ValueMutationNew())

    tracker_class = MappingProxyVariable


class DictKeys(Sourced, Visitor):
    """The keys of a dict that is not at hand itself."""

    one_half = "torch refuses a view made while tracing"
    types = (dict_keys,)
    guarded_by = ("SEQUENCE_LENGTH", "EQUALS_MATCH")
    tracker_class = DictKeySetVariable

    def guards(self, ctx: BuilderContext, value: Iterable[Any]) -> None:
        if not all_literal(value):
            refuse_keys(ctx, value, "dict_keys")
        super().guards(ctx, value)

    def children(self, ctx: BuilderContext, value: Iterable[Any]) -> list[VariableTracker]:
        return ctx.sourceless().lazy_items(value)


def refuse_keys(ctx: BuilderContext, keys: Iterable[Any], what: str) -> None:
    """Break the graph because some key of a ``what`` is not a literal."""
    odd = [key for key in keys if not ConstantVariable.is_literal(key)]
    ctx.unsupported(
        f"non-const keys in {what}",
        explanation=f"The keys of {with_article(what)} must be literals (numbers, strings and "
        "their like).",
        context=f"non-const keys: {odd}",
        hints=[
            f"Pass the dict itself instead of {with_article(what)} of it, or use keys of literal "
            "types.",
            "A visitor registered for the keys' own type does not help here.",
        ],
    )
