"""The networkx set: graphs that are read, changed between calls, and refused where they change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import networkx as nx
import pytest
import torch
from beside_torch import assert_refused, assert_right, outcome, registry_with
from places import compare_with_eager

import vartrack
from vartrack import Registry

pytestmark = pytest.mark.usefixtures("fresh")

Program = tuple[Callable[..., Any], Callable[[], Any]]


@pytest.fixture(scope="module")
def registry() -> Registry:
    return registry_with("networkx")


def made(nodes: int, cls: type[nx.Graph] = nx.Graph) -> Any:
    graph = cls(name="made")
    for node in range(nodes):
        graph.add_node(node, w=float(node + 1))
    for node in range(nodes - 1):
        graph.add_edge(node, node + 1, weight=node + 0.5)
    return graph


def changing(cls: type[nx.Graph] = nx.Graph) -> Callable[[], Iterator[Any]]:
    def values() -> Iterator[Any]:
        yield made(3, cls)
        graph = made(4, cls)
        yield graph
        graph.add_edge(0, 2, weight=9.0)
        yield graph
        graph.nodes[0]["w"] = 7.0
        yield graph
        assert len(graph.edges) + len(graph.adj) + len(graph.degree)
        yield graph

    return values


def views_asked_for() -> Iterator[Any]:
    """The graph keeps each view in its ``__dict__`` once it was asked for."""
    graph = made(3)
    yield graph
    assert graph.nodes is not None
    assert graph.edges is not None
    assert graph.adj is not None
    assert graph.degree is not None
    yield graph


def caught(x: torch.Tensor, v: Any) -> Any:
    try:
        return x * v.nodes[3]["w"]
    except KeyError:
        return x - 1


def tensors() -> Iterator[Any]:
    graph = made(3)
    graph.nodes[0]["t"] = torch.ones(4)
    yield graph
    graph.nodes[0]["t"] = torch.ones(4) * 3
    yield graph


def graph_attributes() -> Iterator[Any]:
    graph = made(3)
    graph.graph.update(k=2.0, t=torch.ones(4))
    yield graph
    graph.graph["k"] = 3.0
    yield graph
    graph.graph["t"] = torch.ones(4) * 7
    yield graph


def odd_nodes() -> Iterator[Any]:
    for end, weight in (("b", 1), (("c", 1), 1), (torch.float32, 1), (torch.float32, True)):
        graph = nx.DiGraph()
        graph.add_edge("a", end, w=weight)
        yield graph


RIGHT: dict[str, Program] = {
    "carried": (lambda x, v: (x, v is None), lambda: [made(n) for n in range(1, 13)]),
    "isinstance": (lambda x, v: isinstance(v, nx.Graph), lambda: [made(n) for n in range(1, 13)]),
    "sizes": (
        lambda x, v: (x * v.number_of_nodes(), len(v), v.number_of_edges(), v.order(), v.size()),
        changing(),
    ),
    "nodes": (
        lambda x, v: (list(v), list(v.nodes), list(v.nodes()), 3 in v, 3 in v.nodes),
        changing(),
    ),
    "node attributes": (
        lambda x, v: (x * v.nodes[0]["w"], list(v.nodes(data="w")), v.nodes.get(0)["w"]),
        changing(),
    ),
    "nodes with attributes": (
        lambda x, v: [(n, d["w"]) for n, d in v.nodes(data=True)],
        changing(),
    ),
    "edges": (
        lambda x, v: (list(v.edges), len(v.edges), (0, 1) in v.edges, list(v.edges([0]))),
        changing(),
    ),
    "edge attributes": (
        lambda x, v: (x * v.edges[0, 1]["weight"], v[0][1]["weight"], v.get_edge_data(0, 1)),
        changing(),
    ),
    "edges with attributes": (
        lambda x, v: [(a, b, d["weight"]) for a, b, d in v.edges(data=True)],
        changing(),
    ),
    "degrees": (
        lambda x, v: (
            x * v.degree[1],
            v.degree(1),
            dict(v.degree()),
            dict(v.degree(weight="weight")),
        ),
        changing(),
    ),
    "neighbours": (
        lambda x, v: (list(v.neighbors(1)), list(v.adj[1]), list(v[1]), v.has_edge(0, 2)),
        changing(),
    ),
    "adjacency": (lambda x, v: [(n, list(near)) for n, near in v.adjacency()], changing()),
    "directed": (
        lambda x, v: (
            list(v.successors(1)),
            list(v.predecessors(1)),
            v.in_degree(1),
            v.out_degree[1],
        ),
        changing(nx.DiGraph),
    ),
    "parallel edges": (
        lambda x, v: (v.number_of_edges(0, 1), list(v.edges(keys=True)), v[0][1][0]["weight"]),
        changing(nx.MultiGraph),
    ),
    "kinds": (
        lambda x, v: (v.is_directed(), v.is_multigraph(), list(v.edges)),
        lambda: [made(3), made(3, nx.DiGraph), made(3, nx.MultiDiGraph), made(3)],
    ),
    "messages": (
        lambda x, v: torch.stack(
            [x * sum(v[n][m]["weight"] for m in v.neighbors(n)) for n in v.nodes]
        ),
        changing(),
    ),
    "a missing node": (caught, changing()),
    "the graph's own": (
        lambda x, v: (x * v.graph["k"] + v.graph["t"], len(v._node)),
        graph_attributes,
    ),
    "nodes of any type": (
        lambda x, v: (list(v.nodes), [weight for *_, weight in v.edges(data="w")]),
        odd_nodes,
    ),
    "views asked for": (
        lambda x, v: (list(v.edges), len(v.nodes), dict(v.degree)),
        views_asked_for,
    ),
    "tensors": (lambda x, v: x * v.nodes[0]["t"], tensors),
    "counted with tensors": (lambda x, v: (len(v), v.number_of_nodes(), list(v)), tensors),
    "tensors carried": (lambda x, v: (x, v is None), tensors),
    "a text": (lambda x, v: (str(v), v.name), changing()),
    "its attributes set": (lambda x, v: v.graph.update(k=1), lambda: [made(3)]),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_and_no_dearer_than_with_torch_alone(registry: Registry, name: str) -> None:
    assert_right(registry, *RIGHT[name])


def test_views_that_a_graph_keeps_are_no_change(registry: Registry) -> None:
    assert outcome(registry, *RIGHT["views asked for"]) == ("right", 1, "")


def set_and_counted(x: torch.Tensor, v: Any) -> Any:
    v.graph["k"] = 5
    return x * v.number_of_nodes()


REFUSED: dict[str, tuple[Callable[..., Any], Callable[[], Any], str]] = {
    "a node is added": (lambda x, v: v.add_node(99), lambda: [made(3)], "would change a value"),
    "an edge is added": (lambda x, v: v.add_edge(0, 7), lambda: [made(3)], "would change a value"),
    "read after a change": (set_and_counted, lambda: [made(3)], "has changed before"),
    "tensors": (lambda x, v: v.degree(weight="t"), tensors, "as an argument of its own"),
    "listed with tensors": (lambda x, v: list(v.nodes(data="t")), tensors, "holds a Tensor"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_right_is_refused(registry: Registry, name: str) -> None:
    assert_refused(registry, *REFUSED[name])


def of_others() -> Iterator[Any]:
    """What the programs below do not ask for changes."""
    graph = made(4)
    yield graph
    graph.nodes[3]["w"] = 9.0
    yield graph
    graph.edges[2, 3]["weight"] = 7.0
    yield graph
    graph.graph["scale"] = 3.0
    yield graph
    graph.nodes[2]["more"] = [1, 2]
    yield graph


ASKED: dict[str, Callable[..., Any]] = {
    "counted": lambda x, v: (x * len(v), bool(v), v.order(), v.number_of_nodes(), len(v.nodes)),
    "edges counted": lambda x, v: (v.number_of_edges(), v.number_of_edges(0, 1), v.size()),
    "contained": lambda x, v: (0 in v, 99 in v, [1] in v, v.has_node(0), 1 in v.nodes),
    "has edge": lambda x, v: (v.has_edge(0, 1), v.has_edge(0, 3), 1 in v.adj[0], 3 in v[0]),
    "listed": lambda x, v: (list(v), list(v.nodes), [*v], list(v.nodes.keys())),
    "an attribute": lambda x, v: x * v.nodes[0]["w"],
    "of an edge": lambda x, v: (x * v[0][1]["weight"], v.adj[0][1]["weight"]),
    "attributes": lambda x, v: [d["w"] for n, d in v.nodes.items() if n == 0],
    "neighbours": lambda x, v: (list(v.neighbors(1)), list(v[1]), list(v.adj[1])),
    "edges of a node": lambda x, v: [d["weight"] for m, d in v[1].items() if m == 0],
    "kind": lambda x, v: (v.is_directed(), v.is_multigraph(), v.name),
    "caught": caught,
}


@pytest.mark.parametrize("name", ASKED)
def test_what_is_not_asked_for_may_change(registry: Registry, name: str) -> None:
    values = of_others if name != "caught" else lambda: [made(3), made(3)]
    assert outcome(registry, ASKED[name], values) == ("right", 1, "")


def changed_first(x: torch.Tensor, v: Any) -> Any:
    v.nodes[0]["w"] = 8.0
    return v.nodes[0]["w"], len(v), list(v), x * v.nodes[1]["w"]


def removed_first(x: torch.Tensor, v: Any) -> Any:
    del v._node[2]
    return list(v), len(v), 2 in v, v.number_of_nodes()


@pytest.mark.parametrize("program", [changed_first, removed_first])
def test_what_the_function_changed_itself(registry: Registry, program: Any) -> None:
    for fullgraph in (True, False):
        found = outcome(registry, program, lambda: [made(3), made(3), made(4)], fullgraph=fullgraph)
        assert found.status in (("right",) if not fullgraph else ("right", "refused")), found


class Tree(nx.Graph):
    """A subclass, which is left to torch."""

    def twice(self) -> int:
        return len(self._node) * 2


def test_subclasses_are_left_alone(registry: Registry) -> None:
    assert getattr(registry.resolve(Tree()), "name", "") != "Graphs"
    assert_right(
        registry,
        lambda x, v: x * v.twice(),
        lambda: [Tree([(0, 1)]), Tree([(0, n) for n in (1, 2)])],
    )


def test_a_view_can_be_returned(registry: Registry) -> None:
    assert outcome(registry, lambda x, v: v.edges, lambda: [made(3)]).status == "right"


@pytest.mark.parametrize(
    "function",
    [
        lambda x, v: x * len(v),
        lambda x, v: x * v.degree[0],
        lambda x, v: x * v.degree(0),
        lambda x, v: x * v.degree(0, weight="weight"),
    ],
)
def test_a_number_of_a_graph_varies(registry: Registry, function: Callable[..., Any]) -> None:
    graphs = [nx.star_graph(n) for n in (2, 3, 4, 5)]
    assert compare_with_eager(registry, function, graphs) == 2


def test_the_degree_of_a_node_that_goes(registry: Registry) -> None:
    graph = made(3)
    with vartrack.use(registry):
        compiled = torch.compile(lambda x, v: x * v.degree[0], backend="eager", fullgraph=True)
        for change in (lambda: None, lambda: graph.add_edge(0, 2), lambda: graph.remove_node(1)):
            change()
            assert compiled(torch.ones(1), graph).item() == graph.degree[0]
        graph.remove_node(0)
        with pytest.raises((KeyError, torch._dynamo.exc.Unsupported)):
            compiled(torch.ones(1), graph)
