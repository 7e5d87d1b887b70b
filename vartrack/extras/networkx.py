"""`networkx`: graphs that are read, as snapshots of their nodes, edges and attributes.

Nodes, neighbours, attributes of nodes and edges, and methods that read no more than these are
read where the graph stores them, each under a guard of its own. Degrees, lists of edges and the
rest are evaluated while tracing, and depend on all that the graph holds; changing a graph breaks
the graph. The views that a graph keeps in its ``__dict__`` when they are first asked for
(``nodes``, ``edges``, ``adj``, ``degree``) are no part of it. Of a graph that holds tensors only
what is read where it is stored can be used. Subclasses are left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo.source import AttrSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.bases.content import content_key
from vartrack.bases.snapshot import SnapshotVariable, SnapshotVisitor
from vartrack.bases.tracing.again.asked_anew import asked_anew
from vartrack.bases.tracing.known.operands import constants_of
from vartrack.compat.hooks import BY_METHOD
from vartrack.compat.names import NO_SUCH_SUBOBJ, is_hashable
from vartrack.extras._networkx_views import GRAPHS, KEPT, VIEWS, ViewVariable, is_changed, is_view

if TYPE_CHECKING:
    from vartrack.dispatch.registry import Registry

__all__ = ["GraphVariable", "Graphs", "register"]

#: Methods whose answer is asked for anew at each call, and is less to ask than all of the graph.
_ASKED = frozenset(
    {
        "has_edge",
        "has_node",
        "is_directed",
        "is_multigraph",
        "number_of_edges",
        "number_of_nodes",
        "order",
        "size",
    }
)
_NEAR = frozenset({"neighbors", "predecessors", "successors"})


def ask(graph: Any, name: str, *operands: Any) -> Any:
    """What the method ``name`` answers."""
    return getattr(graph, name)(*operands)


def near(graph: Any, name: str, *operands: Any) -> tuple[Any, ...]:
    """The nodes that the method ``name`` gives one after the other."""
    return tuple(ask(graph, name, *operands))


def key_of(graph: Any) -> Any:
    """All that a graph holds but the views that it keeps."""
    held = [(name, part) for name, part in vars(graph).items() if name not in KEPT]
    try:
        return content_key(held)
    except TypeError as error:
        raise TypeError(f"{error}; pass that to the function as an argument of its own") from error


class GraphVariable(SnapshotVariable):
    """A graph."""

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        if name in VIEWS:
            return ViewVariable(self, name, lambda graph: getattr(graph, name))
        if name == "name":
            answer = self.asked(tx, getattr, name)
            return super().tp_getattro_impl(tx, name) if answer is None else answer
        stored = vars(self.example).get(name, NO_SUCH_SUBOBJ)
        if self.source is not None and stored is not NO_SUCH_SUBOBJ:
            # a dict, say, that torch traces item by item
            return VariableTracker.build(tx, stored, AttrSource(self.source, name))
        return super().tp_getattro_impl(tx, name)

    def tracked(
        self, tx: Any, what: str, result: Any, function: Callable[[Any], Any], place: Any = None
    ) -> VariableTracker:
        if is_view(result):
            return ViewVariable(self, what, function)
        return super().tracked(tx, what, result, function, place)

    def asked(self, tx: Any, question: Callable[..., Any], *operands: Any) -> Any:
        """What ``question`` gives for the graph as it came, asked anew; None if it cannot be."""
        if self.content is None or is_changed(tx, self.example):
            return None
        self.guard_state()
        return asked_anew(self, tx, question, *operands)

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name in BY_METHOD and not kwargs:
            return getattr(self, BY_METHOD[name])(tx, *args)  # type: ignore[no-any-return]
        known = constants_of(args, kwargs) if name in _ASKED or name in _NEAR else None
        if known is not None and not known[1]:
            answer = self.asked(tx, ask if name in _ASKED else near, name, *known[0])
            if answer is not None and name in _NEAR:
                return answer.call_method(tx, "__iter__", [], {})  # type: ignore[no-any-return]
            if answer is not None:
                return answer  # type: ignore[no-any-return]
        return super().call_method(tx, name, args, kwargs)

    # what the class has in Python, and torch does not trace: one of the views is asked

    def view_of(self, tx: Any, name: str) -> ViewVariable:
        """The tracker of a view that the graph keeps."""
        return self.tp_getattro_impl(tx, name)  # type: ignore[return-value]

    def mp_subscript_impl(self, tx: Any, key: VariableTracker) -> VariableTracker:
        return self.view_of(tx, "adj").mp_subscript_impl(tx, key)

    sq_item_impl = mp_subscript_impl

    def sq_contains_impl(self, tx: Any, item: VariableTracker) -> VariableTracker:
        if not is_hashable(item.realize()):
            return ConstantVariable.create(False)
        return self.view_of(tx, "nodes").sq_contains_impl(tx, item)

    def sq_length_impl(self, tx: Any) -> VariableTracker:
        answer: VariableTracker | None = self.asked(tx, ask, "__len__")
        return answer or self.view_of(tx, "nodes").sq_length_impl(tx)

    mp_length_impl = sq_length_impl

    def nb_bool_impl(self, tx: Any) -> VariableTracker:
        make_bool: Any = VariableTracker.build(tx, bool)
        return make_bool.call_function(tx, [self.sq_length_impl(tx)], {})  # type: ignore[no-any-return]

    def tp_iter_impl(self, tx: Any) -> VariableTracker:
        return self.view_of(tx, "nodes").tp_iter_impl(tx)


class Graphs(SnapshotVisitor):
    """Graphs, directed or not, with and without parallel edges.

    .. versionadded:: 0.2
    """

    types = GRAPHS
    exact = True
    key = staticmethod(key_of)
    folded_class = GraphVariable


def register(registry: Registry) -> None:
    """Add the visitor for graphs of `networkx` to ``registry``.

    .. versionadded:: 0.2
    """
    registry.register(Graphs)
