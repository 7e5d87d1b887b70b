"""Visitors that see what torch's own builder passes over."""

from __future__ import annotations

import cmath
from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo.utils import odict_values
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable, DictValuesVariable
from torch._dynamo.variables.lists import ListVariable

from vartrack.compat import containers
from vartrack.compat.hooks import Hooks
from vartrack.soundness.enum_members import ComparedEnumMembers, TracedEnumMembers
from vartrack.soundness.gone_through import iterates_in_python
from vartrack.soundness.lookups import can_change
from vartrack.soundness.named_tuples import fields_of, gives_stored, unasked
from vartrack.soundness.partial_classes import PartialsOfSubclasses
from vartrack.soundness.tuple_items import StoredItemSource
from vartrack.soundness.view_items import ViewItemSource
from vartrack.visitors.known_objects import WeakReferences
from vartrack.visitors.mappings import (
    DefaultDicts,
    Dicts,
    Items,
    OrderedDicts,
    items_by_position,
)
from vartrack.visitors.sequences import Deques, OrderedDictValues, Tuples, is_settled
from vartrack.visitors.sets import Sets, UserSets
from vartrack.visitors.symbols import ExportedIntegers
from vartrack.visitors.user_sequences import NamedTuples, UserTuples
from vartrack.visitors.wrapped_functions import CachedFunctions

if TYPE_CHECKING:
    from collections import deque

    from torch._dynamo.variables.base import VariableTracker

    from vartrack.core.context import BuilderContext

__all__ = [
    "REPLACED",
    "VISITORS",
    "BoundedDeques",
    "ComparedEnumMembers",
    "DefaultDictsByAnyKey",
    "DictsByAnyKey",
    "IntegersOfExport",
    "NamedTuplesAsStored",
    "OrderedDictsByAnyKey",
    "PartialsOfSubclasses",
    "ReadableValues",
    "SetsAsStored",
    "SettledTuples",
    "TracedEnumMembers",
    "TuplesAsStored",
    "WeakReferencesThemselves",
    "WrittenCaches",
    "WrittenSets",
]


class WrittenCaches(CachedFunctions):
    """What `functools.lru_cache` gives; torch forgets the attributes that it is given."""

    tracked = "existing"


class BoundedDeques(Deques):
    """Deques, with the ``maxlen`` that torch forgets of one that comes from outside."""

    def tracker(
        self, ctx: BuilderContext, value: deque[Any], children: Any, **options: Any
    ) -> VariableTracker:
        """A deque's tracker that drops items beyond its length."""
        assert self.tracker_class is not None, "inherited"
        return self.tracker_class(children, maxlen=ConstantVariable.create(value.maxlen), **options)


class WrittenSets(Sets):
    """Sets of other things than literals: what is added to one from outside is written to it.

    Up to 2.14 torch takes such a set for an object, of which only attributes are written.
    """

    tracked = "mutable"


class SettledTuples(Tuples):
    """Tuples; one with a list or a set in it is no setting of a module, as that can change.

    torch compares such a tuple with itself, so that a change in it is never seen.
    """

    def is_setting(self, ctx: BuilderContext, value: tuple[Any, ...]) -> bool:
        """Whether a tuple is guarded as a whole."""
        return super().is_setting(ctx, value) and is_settled(value)


class OrderedValuesVariable(Hooks, DictValuesVariable):
    """The view that ``OrderedDict.values()`` gives."""

    def python_type(self) -> type:
        """Its type."""
        return odict_values  # type: ignore[no-any-return]

    def call_obj_hasattr(self, tx: Any, name: str) -> ConstantVariable:
        """What it has by its base too, which torch does not ask."""
        return ConstantVariable.create(hasattr(odict_values, name))

    def tp_repr_impl(self, tx: Any) -> VariableTracker:
        """Its text."""
        listed = BuiltinVariable(repr).call_function(tx, [ListVariable(self.view_items_vt)], {})
        return ConstantVariable.create(f"odict_values({listed.as_python_constant()})")


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
    """Dicts with a NaN or an infinity among their keys, by whose text torch cannot find them."""

    def children(self, ctx: BuilderContext, value: dict[Any, Any]) -> Items:
        """The items; of such a dict they are known by their position."""
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


class SetsAsStored(UserSets):
    """Subclasses of sets with an ``__iter__`` of their own, past which C code reads what is stored.

    torch reads the items through it up to 2.14, and its guards as well.
    """

    def children(self, ctx: BuilderContext, value: Any) -> list[VariableTracker]:
        """The items; those that cannot be read one by one are held together."""
        if (
            containers.READS_STORED_ITEMS
            or not iterates_in_python(type(value))
            or {(type(item), item) for item in value} == _stored(value)  # in another order at most
        ):
            return super().children(ctx, value)
        ledger, source = ctx.compile.ledger, ctx.source
        if ledger is not None and source is not None:
            text = f"the items stored in {source.name}"
            ledger.sourced.asked("containers", text, text, [source], _stored)
        return [ctx.sourceless().visit(item) for _, item in _stored(value)]


def _stored(value: Any) -> set[tuple[type, Any]]:
    kind = set if isinstance(value, set) else frozenset
    return {(type(item), item) for item in kind.__iter__(value)}


class _AsStored:
    """Tuples whose class gives other items than are stored in it, which torch takes for them."""

    def children(self, ctx: BuilderContext, value: tuple[Any, ...]) -> list[VariableTracker]:
        """The items, past a method or property of the class that stands before them."""
        cls = type(value)
        names = (*fields_of(cls), "__getitem__") if can_change(cls) else ()
        if names and ctx.compile.ledger is not None:
            ctx.compile.ledger.classes.look(cls, *names, guarded=False)
        if all(gives_stored(cls, name) for name in names):
            return super().children(ctx, value)  # type: ignore[misc,no-any-return]
        return ctx.lazy_items(tuple.__iter__(value), StoredItemSource)


class NamedTuplesAsStored(_AsStored, NamedTuples):
    """Named tuples."""

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        """The tracker; where torch's asks the class for nothing, that of a tuple's subclass."""
        cls = type(value)
        if containers.NAMED_ASK_CLASS or not can_change(cls):
            return super().tracker(ctx, value, children, **options)
        if all(gives_stored(cls, name) for name in unasked(cls)):
            return super().tracker(ctx, value, children, **options)
        return containers.user_tuple(ctx, value, children, options)


class TuplesAsStored(_AsStored, UserTuples):
    """Subclasses of tuple."""


class IntegersOfExport(ExportedIntegers):
    """What ``torch.export`` wraps an int in; anywhere else it is an object like any other."""

    @staticmethod
    def when(value: Any) -> bool:
        """Whether it is that."""
        return torch.compiler.is_exporting()


class WeakReferencesThemselves(WeakReferences):
    """Weak references; torch gives one the place of what it refers to, and so that for it."""

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        """The tracker, with the place of the reference."""
        tracker = super().tracker(ctx, value, children, **options)
        tracker.source = ctx.source
        return tracker


#: Visitors of the stock registry that do not take over where those below decline.
REPLACED = (ExportedIntegers,)
#: What `vartrack.sound` has in the place of visitors of the stock registry.
VISITORS = (
    BoundedDeques,
    ComparedEnumMembers,
    DictsByAnyKey,
    DefaultDictsByAnyKey,
    IntegersOfExport,
    NamedTuplesAsStored,
    OrderedDictsByAnyKey,
    PartialsOfSubclasses,
    ReadableValues,
    SetsAsStored,
    SettledTuples,
    TracedEnumMembers,
    TuplesAsStored,
    WeakReferencesThemselves,
    WrittenCaches,
    WrittenSets,
)
