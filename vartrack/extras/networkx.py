"""`networkx`: graphs that are read, as snapshots of their nodes, edges and attributes.

Nodes, edges, degrees, neighbours and attributes are evaluated while tracing; changing a graph
breaks the graph. The views that a graph keeps in its ``__dict__`` when they are first asked for
(``nodes``, ``edges``, ``adj``, ``degree``) are no part of it. A graph that holds tensors can be
carried along, and nothing else. Subclasses are left alone.

Tried with networkx 3.0 to 3.6.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import networkx as nx
from torch._dynamo.source import AttrSource
from torch._dynamo.variables.base import VariableTracker

from vartrack.bases.content import content_key
from vartrack.bases.snapshot import SnapshotVariable, SnapshotVisitor
from vartrack.bases.tracing.folded import FoldedVariable
from vartrack.compat.names import NO_SUCH_SUBOBJ

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

    from vartrack.dispatch.registry import Registry

__all__ = ["GraphVariable", "Graphs", "ViewVariable", "register"]

_GRAPHS = (nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph)
#: What graphs keep in their ``__dict__`` once it was asked for.
_KEPT = {
    name
    for cls in _GRAPHS
    for base in cls.__mro__
    for name, kept in vars(base).items()
    if isinstance(kept, functools.cached_property)
} | {"__networkx_cache__"}
_VIEWS = ("networkx.classes.coreviews", "networkx.classes.reportviews")


def key_of(graph: Any) -> Any:
    """All that a graph holds but the views that it keeps."""
    held = [(name, part) for name, part in vars(graph).items() if name not in _KEPT]
    try:
        return content_key(held)
    except TypeError as error:
        raise TypeError(f"{error}; pass that to the function as an argument of its own") from error


class GraphVariable(SnapshotVariable):
    """A graph."""

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        if name in _KEPT:
            return self.fold(tx, name, lambda graph: getattr(graph, name))
        stored = vars(self.example).get(name, NO_SUCH_SUBOBJ)
        if self.source is not None and stored is not NO_SUCH_SUBOBJ:
            # a dict, say, that torch traces item by item
            return VariableTracker.build(tx, stored, AttrSource(self.source, name))
        return super().tp_getattro_impl(tx, name)

    def tracked(
        self, tx: Any, what: str, result: Any, function: Callable[[Any], Any], place: Any = None
    ) -> VariableTracker:
        if type(result).__module__ in _VIEWS:
            return ViewVariable(self, what, function)
        return super().tracked(tx, what, result, function, place)


class ViewVariable(FoldedVariable):
    """A view of a graph, such as its edges: whatever it is asked is asked of the graph.

    Args:
        graph: the graph.
        name: what was asked of it for the view.
        view: gives the view of a copy of the graph.
        options: what a tracker takes.
    """

    _nonvar_fields = {"name", "view", *FoldedVariable._nonvar_fields}

    def __init__(
        self, graph: GraphVariable, name: str, view: Callable[[Any], Any], **options: Any
    ) -> None:
        super().__init__(view(graph.example), **options)
        self.graph = graph
        self.name = name
        self.view = view

    def clone(self, **changes: Any) -> VariableTracker:
        return ViewVariable(self.graph, self.name, self.view)

    def depend(self) -> None:
        self.graph.depend()

    def subject(self) -> Any:
        return self.view(self.graph.subject())

    def evaluated(self, tx: Any, what: str, function: Callable[[Any], Any]) -> Any:
        return self.graph.evaluated(tx, what, lambda graph: function(self.view(graph)))

    def tracked(
        self, tx: Any, what: str, result: Any, function: Callable[[Any], Any], place: Any = None
    ) -> VariableTracker:
        return self.graph.tracked(tx, what, result, lambda graph: function(self.view(graph)))

    def tp_iter_impl(self, tx: Any) -> VariableTracker:
        return self.fold(tx, "__iter__", iter)

    def items_of(self, tx: Any) -> list[VariableTracker]:
        return self.tp_iter_impl(tx).unpack_var_sequence(tx)

    def reconstruct(self, codegen: PyCodegen) -> None:
        if self.name not in _KEPT:
            self.refuse(
                self.name, "gave a view while tracing", "Return its items, as with list(view)."
            )
        codegen(self.graph)
        codegen.append_output(codegen.create_load_attr(self.name))


class Graphs(SnapshotVisitor):
    """Graphs, directed or not, with and without parallel edges.

    .. versionadded:: 0.2
    """

    types = _GRAPHS
    exact = True
    key = staticmethod(key_of)
    folded_class = GraphVariable


def register(registry: Registry) -> None:
    """Add the visitor for graphs of `networkx` to ``registry``.

    .. versionadded:: 0.2
    """
    registry.register(Graphs)
