"""Mappings whose methods are in C: they are compared, are keys, and run no Python code of others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, KeysView, Mapping
from typing import Any

import pytest
import torch
from beside_torch import assert_right, outcome, registry_with
from multidict import MultiDict
from places import assert_alike

import vartrack
from vartrack import MappingVisitor, Registry

pytestmark = pytest.mark.usefixtures("fresh")


class Flags(frozenset[str], Mapping[str, int]):  # type: ignore[misc]
    """A mapping that is compared, gone through and hashed in C."""

    def __getitem__(self, key: str) -> int:
        return len(key)

    def keys(self) -> KeysView[str]:
        return Mapping.keys(self)


OTHER = Flags({"a", "b"})


def flags() -> list[Flags]:
    return [Flags({"a" * n, "b"}) for n in (1, 2, 1, 3)]


@pytest.fixture(scope="module", params=[vartrack.stock, vartrack.sound], ids=lambda one: one.name)
def registry(request: pytest.FixtureRequest) -> Registry:
    derived: Registry = request.param.derive("mappings in C")
    derived.register(type("OfFlags", (MappingVisitor,), {"types": (Flags,)}))
    return derived


@pytest.mark.parametrize(
    "use",
    [
        *("v == v", "v != v", "v == None", "None != v", "v == 3", "v == 'a'", "v in [v]"),
        *("v in (None, v)", "v.__eq__(v)", "v.__eq__(None)", "v <= v", "[v].count(v)"),
    ],
)
def test_beside_itself_and_literals_one_graph_will_do(use: str, registry: Registry) -> None:
    """torch takes one for each value."""
    found = outcome(registry, eval(f"lambda x, v: (x, {use})"), flags)
    assert (found.status, found.graphs) == ("right", 1), found


@pytest.mark.parametrize(
    "use",
    [
        *("v == other", "other != v", "v < other", "v >= other", "(v, 1) == (other, 1)"),
        *("hash(v) == hash(other)", "v.__hash__() == hash(other)", "{v: 1}.get(other)"),
        *("v in {other}", "len({v, other})", "[other, v].index(v)", "v == {'a': 1, 'b': 1}"),
    ],
)
def test_what_it_holds_is_guarded_where_it_counts(use: str, registry: Registry) -> None:
    assert_right(registry, eval(f"lambda x, v: (x, {use})", {"other": OTHER}), flags)


class Counted(MultiDict[int]):
    """Its items are counted where they are asked for by key, which methods in C do not do."""

    asked = 0

    def __getitem__(self, key: str) -> int:
        type(self).asked += 1
        return super().__getitem__(key)


USES: dict[str, Callable[[torch.Tensor, Any], Any]] = {
    "values": lambda x, v: x + sum(v.values()),
    "items": lambda x, v: (x, [*v.items()]),
    "by its method": lambda x, v: (x, [*v.values().__iter__()], hasattr(v.items(), "__iter__")),
    "get": lambda x, v: x * v.get("a"),
    "get of none": lambda x, v: x * v.get("z", 2),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_methods_in_c_do_not_ask_by_key(use: Callable[..., Any]) -> None:
    def counts(run: Callable[..., Any]) -> Iterator[tuple[Any, int]]:
        for number in (1, 2, 2):
            Counted.asked = 0
            yield run(torch.ones(2), Counted(a=number, b=3)), Counted.asked

    with vartrack.use(registry_with("mappings")):
        compiled = torch.compile(use, backend="eager", fullgraph=True)
        for (found, asked), (expected, times) in zip(counts(compiled), counts(use), strict=True):
            assert_alike(found, expected)
            assert asked == times
