"""A value beside itself: compared, looked for and hashed, which depends on little of what it holds."""

from __future__ import annotations

import datetime
import math
import pathlib
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import attrs
import msgspec
import networkx as nx
import pandas as pd
import pydantic
import pytest
import sympy
import torch
from beside_torch import outcome, registry_with
from box import Box
from frozendict import frozendict
from omegaconf import OmegaConf
from packaging.version import Version

import vartrack
from vartrack import ConstantVisitor, Registry, SnapshotVisitor

pytestmark = pytest.mark.usefixtures("fresh")


class Model(pydantic.BaseModel):
    n: int


@attrs.define
class Point:
    n: int


class Struct(msgspec.Struct):
    n: int


#: From a number to a value, another one for each.
VALUES: dict[str, Callable[[int], Any]] = {
    "attrs": Point,
    "Box": lambda n: Box(n=n),
    "date": lambda n: datetime.date(2024, 1, n + 1),
    "Decimal": Decimal,
    "frozendict": lambda n: frozendict(n=n),
    "Graph": lambda n: nx.path_graph(n + 1),
    "Interval": lambda n: pd.Interval(0, n + 1),
    "msgspec": Struct,
    "OmegaConf": lambda n: OmegaConf.create({"n": n}),
    "Path": lambda n: pathlib.Path(f"folder{n}"),
    "pydantic": lambda n: Model(n=n),
    "Symbol": lambda n: sympy.Symbol(f"s{n}"),
    "UUID": lambda n: uuid.UUID(int=n),
    "Version": lambda n: Version(f"1.{n}"),
}

#: What depends on whether a value is equal to itself, which all of them are.
BESIDE_ITSELF: dict[str, Callable[[torch.Tensor, Any], Any]] = {
    "==": lambda x, v: v == v,
    "!=": lambda x, v: v != v,
    "is": lambda x, v: v is v,
    "in a list": lambda x, v: v in [v],
    "in a tuple behind another": lambda x, v: v in (None, v),
}


@pytest.fixture(scope="module")
def registry() -> Registry:
    names = ("attrs", "mappings", "msgspec", "networkx", "omegaconf", "packaging", "pandas")
    return registry_with(*names, "pydantic", "stdlib", "sympy")


@pytest.mark.parametrize("make", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("use", BESIDE_ITSELF.values(), ids=BESIDE_ITSELF)
def test_a_value_beside_itself_needs_one_graph(
    registry: Registry, use: Callable[..., Any], make: Callable[[int], Any]
) -> None:
    found = outcome(registry, use, lambda: map(make, range(1, 5)))
    assert found.status == "right", found
    alone = outcome(None, use, lambda: map(make, range(1, 5)))
    assert found.graphs == 1 or alone.graphs > 1, (found, alone)
    assert found.graphs <= alone.graphs or alone.status != "right", (found, alone)


@pytest.mark.parametrize("use", BESIDE_ITSELF.values(), ids=BESIDE_ITSELF)
def test_what_is_not_equal_to_itself(registry: Registry, use: Callable[..., Any]) -> None:
    """NaN is asked at every call, and so is what is equal to itself."""

    def values() -> Iterator[Decimal]:
        return map(Decimal, ("1", "nan", "2", "nan", "3"))

    assert outcome(registry, use, values).status == "right"


def test_a_comparison_that_changes_the_value_is_not_asked_at_every_call() -> None:
    class Counted:
        def __init__(self) -> None:
            self.asked = 0

        def __eq__(self, other: object) -> bool:
            self.asked += 1
            return self is other and self.asked % 2 == 1

        __hash__ = None  # type: ignore[assignment]

    for base in (ConstantVisitor, SnapshotVisitor):
        registry = vartrack.stock.derive("counted")
        registry.register(type("Counteds", (base,), {"types": (Counted,)}))
        kept, other = Counted(), Counted()

        def asked(x: torch.Tensor, v: Any) -> torch.Tensor:
            return x + 1 if v == v else x + 2

        with vartrack.use(registry):
            run = torch.compile(asked, backend="eager")
            for _ in range(4):
                assert torch.equal(run(torch.ones(1), kept), asked(torch.ones(1), other))
                assert kept.asked == other.asked
        torch._dynamo.reset()


def unhashable(x: torch.Tensor, v: Any) -> Any:
    try:
        return {v: 1}
    except TypeError as error:
        return str(error)


def no_hash(x: torch.Tensor, v: Any) -> Any:
    try:
        return hash(v) == 0
    except TypeError as error:
        return str(error)


@pytest.mark.parametrize("use", [unhashable, no_hash])
@pytest.mark.parametrize("name", ["attrs", "msgspec", "pydantic"])
def test_that_a_value_has_no_hash_is_a_matter_of_its_type(
    registry: Registry, name: str, use: Callable[..., Any]
) -> None:
    found = outcome(registry, use, lambda: map(VALUES[name], range(4)))
    assert (found.status, found.graphs) == ("right", 1), found


#: What depends on the hash of what is found by who it is.
HASHED: dict[str, Callable[[torch.Tensor, Any], Any]] = {
    "a key": lambda x, v: {v: 3}[v],
    "an element": lambda x, v: (v in {v}, len({v, v})),
    "removed": lambda x, v: {v: 1}.pop(v, 2),
}


@pytest.mark.parametrize("use", HASHED.values(), ids=HASHED)
def test_what_is_hashed_by_identity_depends_on_no_content(
    registry: Registry, use: Callable[..., Any]
) -> None:
    found = outcome(registry, use, lambda: map(VALUES["Graph"], range(4)))
    assert (found.status, found.graphs) == ("right", 1), found


def test_the_hash_of_what_is_hashed_by_identity_is_that_of_the_call(registry: Registry) -> None:
    """Torch alone has that of the first; here it is a number of the program."""
    graphs = [VALUES["Graph"](n) for n in range(4)]
    with vartrack.use(registry):
        run = torch.compile(lambda x, v: (x + 1, hash(v)), backend="eager", fullgraph=True)
        for graph in (*graphs, *graphs):
            assert run(torch.ones(2), graph)[1] == hash(graph)


#: Two graphs, and whether the one is where the other is.
TWO: dict[str, Callable[..., Any]] = {
    "in a dict": lambda x, one, two: x + 1 if one in {two: 1} else x + 2,
    "in a set": lambda x, one, two: x + len({one, two}),
    "in a list": lambda x, one, two: x + 1 if one in [two] else x + 2,
    "is": lambda x, one, two: x + 1 if one is two else x + 2,
    "==": lambda x, one, two: x + 1 if one == two else x + 2,
    "hashed and later the other": lambda x, one, two: x + {one: 1, two: 2}[one],
}


@pytest.mark.parametrize("first", range(4))
@pytest.mark.parametrize("use", TWO.values(), ids=TWO)
def test_two_that_are_found_by_identity_may_become_one(
    registry: Registry, use: Callable[..., Any], first: int
) -> None:
    """Whichever comes first: two of them, alike or not, or one of them twice."""
    one, like, other = nx.path_graph(3), nx.path_graph(3), nx.path_graph(4)
    pairs = [(one, like), (one, one), (one, other), (other, other)]
    backend = Graphs()
    with vartrack.use(registry):
        run = torch.compile(use, backend=backend, fullgraph=True)
        for a, b in [*pairs[first:], *pairs[:first]]:
            assert torch.equal(run(torch.ones(1), a, b), use(torch.ones(1), a, b))
    assert backend.made == 2


class Graphs:
    """A backend that counts its graphs."""

    made = 0

    def __call__(self, graph: torch.fx.GraphModule, inputs: Any) -> Callable[..., Any]:
        self.made += 1
        return graph.forward


def test_nan_is_found_by_who_it_is() -> None:
    """As everywhere in Python."""
    registry = registry_with("stdlib")
    nan = Decimal("nan")
    assert math.isnan(nan)
    found = outcome(registry, lambda x, v: (v in [v], v == v), lambda: [nan, Decimal(1), nan])
    assert found.status == "right", found
