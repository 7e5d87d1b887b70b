"""Dicts with any keys, and the view of an ordered one, as Python has them."""

from __future__ import annotations

import cmath
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from torch._dynamo.utils import odict_values
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import (
    ConstDictVariable,
    DictItemsVariable,
    DictKeysVariable,
    DictValuesVariable,
)
from torch._dynamo.variables.lists import ListVariable

from vartrack.compat.hooks import Hooks
from vartrack.soundness.visitors.moved_keys import refuse_moved_keys
from vartrack.soundness.visitors.view_items import ViewItemSource
from vartrack.visitors.mappings import (
    DefaultDicts,
    Dicts,
    Items,
    OrderedDicts,
    items_by_position,
)
from vartrack.visitors.sequences import OrderedDictValues

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker

    from vartrack.core.context import BuilderContext

__all__ = [
    "ORDERED_VIEWS",
    "DefaultDictsByAnyKey",
    "DictsByAnyKey",
    "OrderedDictsByAnyKey",
    "ReadableValues",
]


class _OfOrderedDict(Hooks):
    """A view of an `OrderedDict`."""

    if TYPE_CHECKING:
        view_items_vt: list[VariableTracker]
        kind: type

    def python_type(self) -> type:
        """Its type."""
        return self.kind

    def call_obj_hasattr(self, tx: Any, name: str) -> ConstantVariable:
        """What it has by its base too, which torch does not ask."""
        return ConstantVariable.create(hasattr(self.kind, name))

    def tp_repr_impl(self, tx: Any) -> VariableTracker:
        """Its text."""
        listed = BuiltinVariable(repr).call_function(tx, [ListVariable(self.view_items_vt)], {})
        return ConstantVariable.create(f"{self.kind.__name__}({listed.as_python_constant()})")


class OrderedKeysVariable(_OfOrderedDict, DictKeysVariable):
    """The view that ``OrderedDict.keys()`` gives."""

    kind: type = type(OrderedDict().keys())


class OrderedValuesVariable(_OfOrderedDict, DictValuesVariable):
    """The view that ``OrderedDict.values()`` gives."""

    kind = odict_values


class OrderedItemsVariable(_OfOrderedDict, DictItemsVariable):
    """The view that ``OrderedDict.items()`` gives."""

    kind: type = type(OrderedDict().items())


#: By the method of an `OrderedDict` what tracks the view that it gives.
ORDERED_VIEWS: dict[str, Any] = {
    "keys": OrderedKeysVariable,
    "values": OrderedValuesVariable,
    "items": OrderedItemsVariable,
}


class ReadableValues(OrderedDictValues):
    """What ``OrderedDict.values()`` gives: to torch a list, of which it cannot read an item."""

    tracker_class = OrderedValuesVariable

    def children(self, ctx: BuilderContext, value: Any) -> list[VariableTracker]:
        """The items, which are read by going through the view."""
        return ctx.lazy_items(value, ViewItemSource)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        """A view of a dict that is not there, with the places of the items for its keys."""
        items = {ConstantVariable.create(at): item for at, item in enumerate(children)}
        return OrderedValuesVariable(ConstDictVariable(items), **options)


#: Types of numbers that may be NaN or infinite.
_INEXACT = frozenset((float, complex))


class _ByAnyKey:
    """Dicts with a NaN or an infinity among their keys, by whose text torch cannot find them.

    And those with keys that Python does not find any more.
    """

    def children(self, ctx: BuilderContext, value: dict[Any, Any]) -> Items:
        """The items; of such a dict they are known by their position."""
        refuse_moved_keys(ctx, value)
        may_be = not _INEXACT.isdisjoint(map(type, value))  # in C, as dicts may be large
        if may_be and any(type(key) in _INEXACT and not cmath.isfinite(key) for key in value):
            return items_by_position(ctx, value)
        return Dicts.children(self, ctx, value)  # type: ignore[arg-type]


class DictsByAnyKey(_ByAnyKey, Dicts):
    """Dicts with any keys."""


class DefaultDictsByAnyKey(_ByAnyKey, DefaultDicts):
    """The same with a default."""


class OrderedDictsByAnyKey(_ByAnyKey, OrderedDicts):
    """The same in an order."""
