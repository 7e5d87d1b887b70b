"""Views of a graph of `networkx`: its nodes, edges, neighbours and degrees."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import networkx as nx
from networkx.classes import coreviews, reportviews
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.lists import ListIteratorVariable, TupleVariable

from vartrack.bases.tracing.again.asked_anew import asked_anew
from vartrack.bases.tracing.evaluating.folding import is_plain
from vartrack.bases.tracing.folded.folded_variable import FoldedVariable
from vartrack.bases.tracing.known.operands import constants_of
from vartrack.bases.tracing.mappings.mapping_views import VIEWS as VIEWS_OF_MAPPING
from vartrack.bases.tracing.mappings.mapping_views import MappingViewVariable
from vartrack.bases.tracing.objects.merging import items_given
from vartrack.compat.hooks import BY_METHOD
from vartrack.core.guarding.exporting import is_exporting

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

    from vartrack.bases.snapshot import SnapshotVariable

__all__ = ["GRAPHS", "KEPT", "VIEWS", "ViewVariable", "is_changed", "is_view"]

GRAPHS = (nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph)
#: The views that graphs keep in their ``__dict__`` once they were asked for.
VIEWS = {
    name
    for cls in GRAPHS
    for base in cls.__mro__
    for name, kept in vars(base).items()
    if isinstance(kept, functools.cached_property)
}
#: All that they keep there.
KEPT = VIEWS | {"__networkx_cache__"}
_MODULES = (coreviews.__name__, reportviews.__name__)
#: Views that do no more than to show a dict, and the attribute in which they have it.
_SHOWING: dict[type, str] = {
    coreviews.AdjacencyView: "_atlas",
    coreviews.AtlasView: "_atlas",
    coreviews.MultiAdjacencyView: "_atlas",
    reportviews.NodeView: "_nodes",
}
#: Those that give an item of the dict as it is; the others make a view of it.
_GIVING = (coreviews.AtlasView, reportviews.NodeView)
#: Where a graph has such dicts.
_STORED = ("_node", "_adj", "_pred")


def is_view(value: Any) -> bool:
    """Whether ``value`` is a view of a graph."""
    return type(value).__module__ in _MODULES


def is_changed(tx: Any, graph: Any) -> bool:
    """Whether the traced code has changed a dict of the graph."""
    effects = tx.output.side_effects
    parts, seen = [vars(graph)], {id(vars(graph))}
    for part in parts:
        inner = [one for one in part.values() if type(one) is dict and id(one) not in seen]
        seen.update(map(id, inner))
        parts.extend(inner)
    return any(part in effects and effects.is_modified(effects[part]) for part in parts)


def keys_at(graph: Any, *path: Any) -> tuple[Any, ...]:
    """The keys of a dict that the graph stores, in their order.

    Args:
        graph: the graph.
        path: the name of an attribute, and the keys that lead from it to the dict.
    """
    name, *keys = path
    found = vars(graph)[name]
    for key in keys:
        found = found[key]
    return tuple(found)


class Shown(NamedTuple):
    """The dict that a view shows: its tracker, and the way to it as `keys_at` takes it."""

    tracker: Any
    path: tuple[Any, ...]


#: The views of degrees.
_DEGREES = ("degree", "in_degree", "out_degree")


def degree_of(graph: Any, name: str, node: Any, weight: Any = None) -> Any:
    """The degree of a node, as the view ``name`` has it."""
    return getattr(graph, name)(node, weight=weight)


class ViewVariable(FoldedVariable):
    """A view of a graph, such as its edges.

    A view that shows a dict which the graph stores is read there, so that what is not asked for
    may change. All others are asked of the graph, and depend on all that it holds.

    Args:
        graph: the graph.
        name: what was asked of it for the view.
        view: gives the view of a copy of the graph.
        shown: the dict that it shows, if that is a part of one of the graph's own.
        options: what a tracker takes.
    """

    _nonvar_fields = {"name", "view", *FoldedVariable._nonvar_fields}

    def __init__(
        self,
        graph: SnapshotVariable,
        name: str,
        view: Callable[[Any], Any],
        shown: Shown | None = None,
        **options: Any,
    ) -> None:
        super().__init__(view(graph.example), **options)
        self.graph = graph
        self.name = name
        self.view = view
        self.shown = shown

    def clone(self, **changes: Any) -> VariableTracker:
        return ViewVariable(self.graph, self.name, self.view, self.shown)

    def depend(self) -> None:
        self.graph.depend()

    def is_python_constant(self) -> bool:
        # else torch evaluates what the graph has refused on the view of an old graph
        return not self.graph.refused and super().is_python_constant()

    def subject(self) -> Any:
        return self.view(self.graph.subject())

    def evaluated(self, tx: Any, what: str, function: Callable[[Any], Any]) -> Any:
        return self.graph.evaluated(tx, what, lambda graph: function(self.view(graph)))

    def tracked(
        self, tx: Any, what: str, result: Any, function: Callable[[Any], Any], place: Any = None
    ) -> VariableTracker:
        return self.graph.tracked(tx, what, result, lambda graph: function(self.view(graph)))

    def reconstruct(self, codegen: PyCodegen) -> None:
        if self.name not in VIEWS:
            self.refuse(
                self.name, "gave a view while tracing", "Return its items, as with list(view)."
            )
        codegen(self.graph)
        codegen.append_output(codegen.create_load_attr(self.name))

    # what is asked of the dict that it shows

    def stored(self, tx: Any) -> Shown | None:
        """The dict that it shows; None if it does more than that."""
        place = _SHOWING.get(type(self.example))
        if place is None or self.graph.source is None or is_exporting(tx):
            return None
        if self.shown is None:
            shown, held = getattr(self.example, place), vars(self.graph.example)
            for name in _STORED:
                if type(shown) is dict and held.get(name) is shown:
                    self.shown = Shown(self.graph.tp_getattro_impl(tx, name).realize(), (name,))
        return self.shown

    def keys(self, tx: Any) -> list[VariableTracker] | None:
        """The keys of the dict that it shows; None if they must be asked of the graph."""
        shown = self.stored(tx)
        if shown is None or is_changed(tx, self.graph.example):
            return None
        keys = asked_anew(self.graph, tx, keys_at, *shown.path)
        return None if keys is None else keys.unpack_var_sequence(tx)

    def mp_subscript_impl(self, tx: Any, key: VariableTracker) -> VariableTracker:
        degree = self.degree(tx, [key], {})
        if degree is not None:
            return degree
        shown = self.stored(tx)
        if shown is None or not key.is_python_constant():
            return super().mp_subscript_impl(tx, key)
        node = key.as_python_constant()
        if isinstance(node, slice):
            return super().mp_subscript_impl(tx, key)  # which raises an error of its own
        shown.tracker.call_method(tx, "__contains__", [key], {})  # torch guards no missing key
        item = shown.tracker.call_method(tx, "__getitem__", [key], {}).realize()
        if type(self.example) in _GIVING:
            return item  # type: ignore[no-any-return]
        part = Shown(item, (*shown.path, node))
        return ViewVariable(self.graph, "__getitem__", lambda graph: self.view(graph)[node], part)

    sq_item_impl = mp_subscript_impl

    def sq_contains_impl(self, tx: Any, item: VariableTracker) -> VariableTracker:
        shown = self.stored(tx)
        if shown is None:
            return super().sq_contains_impl(tx, item)
        return shown.tracker.call_method(tx, "__contains__", [item], {})  # type: ignore[no-any-return]

    def sq_length_impl(self, tx: Any) -> VariableTracker:
        shown = self.stored(tx)
        if shown is None:
            return super().sq_length_impl(tx)
        return shown.tracker.call_method(tx, "__len__", [], {})  # type: ignore[no-any-return]

    mp_length_impl = sq_length_impl

    def tp_iter_impl(self, tx: Any) -> VariableTracker:
        keys = self.keys(tx)
        if keys is None:
            return self.fold(tx, "__iter__", iter)
        return ListIteratorVariable(keys, mutation_type=ValueMutationNew())

    def items_of(self, tx: Any) -> list[VariableTracker]:
        return items_given(tx, self.tp_iter_impl(tx))

    def degree(self, tx: Any, args: Any, kwargs: Any) -> VariableTracker | None:
        """The degree of one node; None if something else is asked of the view."""
        if self.name not in _DEGREES or not args:
            return None
        known = constants_of(args, kwargs)
        if known is None or not is_plain(known[0][0]) or not set(known[1]) <= {"weight"}:
            return None
        if known[0][0] not in self.graph.example:
            return None
        (node, *weight), named = known
        operands = (*weight, *named.values())
        asked: Any = self.graph
        return asked.asked(tx, degree_of, self.name, node, *operands)  # type: ignore[no-any-return]

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        degree = self.degree(tx, args, kwargs) if name in ("__call__", "__getitem__") else None
        if degree is not None:
            return degree
        if name in BY_METHOD and not kwargs:
            return getattr(self, BY_METHOD[name])(tx, *args)  # type: ignore[no-any-return]
        keys = self.keys(tx) if name in VIEWS_OF_MAPPING and not args and not kwargs else None
        if keys is None:
            return super().call_method(tx, name, args, kwargs)
        parts = keys
        if name != "keys":
            parts = [self.mp_subscript_impl(tx, key) for key in keys]
        if name == "items":
            parts = [TupleVariable(list(pair)) for pair in zip(keys, parts, strict=True)]
        return MappingViewVariable(self, name, type(getattr(self.example, name)()), parts)
