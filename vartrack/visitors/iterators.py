"""Ranges, slices and the iterators whose position can be guarded."""

from __future__ import annotations

import copy
import inspect
import itertools
import types
from typing import Any

from torch._dynamo.source import TupleIteratorGetItemSource
from torch._dynamo.utils import (
    range_iterator,
    tuple_iterator,
    tuple_iterator_getitem,
    tuple_iterator_len,
)
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import LocalGeneratorFunctionVariable
from torch._dynamo.variables.iter import ItertoolsVariable
from torch._dynamo.variables.lists import (
    ListIteratorVariable,
    RangeVariable,
    SliceVariable,
    TupleIteratorVariable,
)

from vartrack.compat import shared
from vartrack.compat.names import (
    CountIteratorVariable,
    ListBehindSource,
    ListReverseIteratorVariable,
    items_left,
    list_behind,
    normalize_count_iter,
)
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.visitor import Visitor
from vartrack.visitors.one_half import AS_ANY_CLASS_WHEN_NEW

_PARTS = ("start", "stop", "step")


class Slices(Sourced, Sourceless, Visitor):
    """Slices, whose start, stop and step are built at once."""

    on_torch = {Sourceless: ">=2.12"}
    types = (slice,)
    parts_first = True
    exact = True
    guarded_by = "TYPE_MATCH"

    def children(self, ctx: BuilderContext, value: slice) -> list[VariableTracker]:
        return ctx.visit_attrs(value, _PARTS)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        return SliceVariable(children, ctx.tx, **options)


class Ranges(Sourced, Visitor):
    """Ranges, whose start, stop and step are built at once."""

    one_half = "torch refuses a range made while tracing"
    types = (range,)
    parts_first = True
    exact = True
    guarded_by = "TYPE_MATCH"
    tracker_class = RangeVariable

    def children(self, ctx: BuilderContext, value: range) -> list[VariableTracker]:
        return ctx.visit_attrs(value, _PARTS)


class Iterator(Sourced, Visitor, abstract=True):
    """An iterator that the traced code may advance."""

    one_half = "torch refuses an iterator made while tracing"
    exact = True
    tracked = "mutable"


class TupleIterators(Iterator):
    """Iterators of tuples, by how many items are left."""

    types = (tuple_iterator,)
    guarded_by = "TUPLE_ITERATOR_LEN"
    tracker_class = TupleIteratorVariable

    def children(self, ctx: BuilderContext, value: Any) -> list[VariableTracker]:
        return [
            ctx.under(TupleIteratorGetItemSource, index).visit(tuple_iterator_getitem(value, index))
            for index in range(tuple_iterator_len(value))
        ]


class ListReverseIterators(Iterator):
    """``reversed`` of a list, with the list behind it."""

    on_torch = ">=2.15"
    types = (type(reversed([])),)  # type: ignore[var-annotated]
    guarded_by = "LIST_REVERSEITERATOR_LEN"

    def children(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        return ctx.under(ListBehindSource).visit(list_behind(value))

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        last = items_left(value) - 1
        return ListReverseIteratorVariable(source_seq=children, it_index=last, **options)


class NewGenerators(Sourced, Visitor):
    """A generator that has not begun: its function is called again while tracing."""

    one_half = "torch refuses a generator made while tracing"
    on_torch = ">=2.14"
    types = (types.GeneratorType,)
    exact = True
    guarded_by = "ID_MATCH"

    @staticmethod
    def when(value: Any) -> bool:
        return inspect.getgeneratorstate(value) == inspect.GEN_CREATED

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        code, frame = value.gi_code, value.gi_frame
        names = frame.f_locals
        cells = tuple(types.CellType(names[name]) for name in code.co_freevars)
        function = types.FunctionType(code, frame.f_globals, closure=cells)
        place = ctx.sourceless()
        args = [place.visit(names[name]) for name in code.co_varnames[: code.co_argcount]]
        generator = LocalGeneratorFunctionVariable(place.visit(function))
        return generator.call_function(ctx.tx, args, {})


class RangeIterators(Iterator):
    """Iterators of ranges: one guard covers the numbers left, which are constants."""

    types = (range_iterator,)
    guarded_by = "RANGE_ITERATOR_MATCH"
    tracker_class = ListIteratorVariable

    def children(self, ctx: BuilderContext, value: Any) -> list[VariableTracker]:
        # the guard covers the numbers; a copy, so that the caller's iterator stays where it is
        return [ConstantVariable.create(number) for number in copy.deepcopy(value)]


class Counts(Iterator):
    """``itertools.count`` of literals: its next number and its step share one guard."""

    on_torch = ">=2.12"
    types = (itertools.count,)
    guarded_by = "COUNT_ITERATOR_MATCH"

    @staticmethod
    def when(value: itertools.count[Any]) -> bool:
        return all(map(ConstantVariable.is_literal, normalize_count_iter(value)))

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        first, step = map(ConstantVariable.create, normalize_count_iter(value))
        return CountIteratorVariable(first, step, **options)


class ItertoolsClasses(Sourced, Visitor):
    """The classes of itertools that Dynamo models itself; the others are polyfilled."""

    one_half = AS_ANY_CLASS_WHEN_NEW
    types = (type,)
    guarded_by = "CLASS_MATCH"
    tracker_class = ItertoolsVariable

    _all = frozenset(
        id(member)
        for name, member in vars(itertools).items()
        if inspect.isclass(member) and not name.startswith("_")
    )

    @staticmethod
    def when(value: type) -> bool:
        return id(value) in ItertoolsClasses._all and id(value) not in shared.polyfilled_itertools()
