"""`hash(v)` of what is hashed by who it is takes no graph for each object, under any base."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from places import Counting

import vartrack
from vartrack import ConstantVisitor, OpaqueVisitor, RecordVisitor, SnapshotVisitor


class Part:
    def __init__(self, a: int = 1) -> None:
        self.a = a


class Slotted:
    __slots__ = ("a",)

    def __init__(self, a: int = 1) -> None:
        self.a = a


USES: dict[str, Callable[[torch.Tensor, Any], Any]] = {
    "compared": lambda x, v: (x + 1, hash(v) == hash(v)),
    "returned": lambda x, v: (x + 1, hash(v)),
    "an operand": lambda x, v: x + 0 * hash(v),
    "its type": lambda x, v: (x + 1, isinstance(hash(v), int)),
    "reduced": lambda x, v: (x + 1, hash(v) % 2 >= 0),
    "a text": lambda x, v: (x + 1, f"{hash(v)}"),
}
BASES: dict[Any, dict[str, Any]] = {
    ConstantVisitor: {},
    OpaqueVisitor: {},
    RecordVisitor: {"fields": ("a",)},
    SnapshotVisitor: {},
}


def graphs(registry: vartrack.Registry | None, use: Any, values: list[Any]) -> tuple[int, bool]:
    """How many, and whether each answer was Python's."""
    torch._dynamo.reset()
    backend = Counting()

    def inside(x: torch.Tensor, v: Any) -> Any:
        return use(x, v)

    with vartrack.use(registry):
        run = torch.compile(lambda x, v: inside(x, v), backend=backend, fullgraph=True)
        x = torch.ones(2)
        right = all(str(run(x, value)) == str(use(x, value)) for value in values)
    return backend.graphs, right


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("cls", [Part, Slotted])
@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_one_graph_for_all_objects(use: Any, cls: Any, base: Any) -> None:
    registry = vartrack.stock.derive("hashed")
    registry.register(type("Hashed", (base,), {"types": (cls,), **BASES[base]}))
    values = [cls(), cls(), cls(2), cls(3)]
    assert graphs(registry, use, values) == (1, True)
    assert graphs(None, use, values)[0] == 1  # of which some are old answers


INDEXED: dict[str, Callable[[torch.Tensor, Any], Any]] = {
    "an index": lambda x, v: (x + 1, [1, 2, 3][hash(v) % 3]),
    "a key": lambda x, v: (x + 1, {hash(v): 1}),
    "hashed again": lambda x, v: (x + 1, hash((hash(v), 1))),
}


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("use", INDEXED.values(), ids=INDEXED)
def test_where_the_number_is_needed_it_is_that_of_the_object(use: Any, base: Any) -> None:
    registry = vartrack.stock.derive("hashed")
    registry.register(type("Hashed", (base,), {"types": (Part,), **BASES[base]}))
    assert graphs(registry, use, [Part(), Part(), Part()])[1]
