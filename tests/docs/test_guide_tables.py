"""What the tables of the guide's first page say holds: each row is tried with a program."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import torch
from places import Counting
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import (
    ConstantVisitor,
    OpaqueVisitor,
    RecordVisitor,
    SnapshotVisitor,
    Visitor,
)
from vartrack.extras.tried import TRIED

pytestmark = pytest.mark.usefixtures("fresh")

GUIDE = Path(__file__).parents[2] / "docs" / "guide"
PAGE = (GUIDE / "index.md").read_text(encoding="utf-8")


class Slotted:
    __slots__ = ("name", "rate")

    def __init__(self, rate: int, name: str) -> None:
        self.rate = rate
        self.name = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Slotted) and (self.rate, self.name) == (other.rate, other.name)

    def __hash__(self) -> int:
        return hash((self.rate, self.name))

    def __len__(self) -> int:
        return self.rate


class Plain:
    def __init__(self, rate: int, name: str) -> None:
        self.rate = rate
        self.name = name

    def __len__(self) -> int:
        return self.rate


class Compared(Plain):
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Compared) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(self.rate)


@dataclass
class Shape:
    rate: int
    name: str

    def __len__(self) -> int:
        return self.rate

    @property
    def double(self) -> int:
        return self.rate * 2


def made(base: Any, cls: type, **attributes: Any) -> type[Visitor]:
    return type("Ours", (base,), {"types": (cls,), **attributes})


#: For each row of the second table the type and its visitor.
ROWS: dict[str, list[tuple[Any, type[Visitor] | None]]] = {
    "none": [(Plain, None), (Shape, None)],
    "`ConstantVisitor`": [
        (Slotted, made(ConstantVisitor, Slotted)),
        (Compared, made(ConstantVisitor, Compared)),
    ],
    "`SnapshotVisitor`": [
        (Plain, made(SnapshotVisitor, Plain)),
        (
            Plain,
            made(SnapshotVisitor, Plain, key=staticmethod(lambda value: (value.rate, value.name))),
        ),
        (Slotted, made(SnapshotVisitor, Slotted)),
    ],
    "`RecordVisitor`": [
        (Plain, made(RecordVisitor, Plain, fields=("rate", "name"))),
        (Slotted, made(RecordVisitor, Slotted, fields=("rate", "name"))),
    ],
    "`OpaqueVisitor`": [(Plain, made(OpaqueVisitor, Plain))],
}
CASES = [(row, cls, visitor) for row, cases in ROWS.items() for cls, visitor in cases]


def graphs(visitor: Any, function: Callable[..., Any], values: list[Any]) -> int:
    """How many graphs it takes to be right for all values."""
    torch._dynamo.reset()
    registry = vartrack.stock.derive("of the table")
    if visitor is not None:
        registry.register(visitor)
    backend = Counting()
    with vartrack.use(registry if visitor else None):
        run = torch.compile(function, backend=backend, fullgraph=True)
        for value in values:
            found, expected = run(torch.ones(2), value), function(torch.ones(2), value)
            if isinstance(expected, tuple):
                assert found[1] is expected[1]
                found, expected = found[0], expected[0]
            assert torch.equal(found, expected)
    return backend.graphs


def rows(heading: str) -> list[list[str]]:
    """The rows of the table whose first column is called ``heading``."""
    lines = PAGE.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    found = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split(" |")])
    return found


def test_every_row_is_tried() -> None:
    assert [row[0] for row in rows("base")] == [*ROWS]


@pytest.mark.parametrize("row, cls, visitor", CASES)
@pytest.mark.parametrize(
    "function",
    [
        lambda x, v: (x + 1, v),
        lambda x, v: x + 1 if v is None else x + 2,
        lambda x, v: x + len([v, v]),
    ],
)
def test_a_value_that_is_only_carried(row: str, cls: Any, visitor: Any, function: Any) -> None:
    """One graph for all values of a type."""
    assert graphs(visitor, function, [cls(n, f"name{n}") for n in range(12)]) == 1


@pytest.mark.parametrize("row, cls, visitor", CASES)
def test_one_field_that_is_read(row: str, cls: Any, visitor: Any) -> None:
    """The others may change."""
    values = [cls(3, f"name{n}") for n in range(4)]
    if row == "`OpaqueVisitor`":
        with pytest.raises(Unsupported, match="is opaque"):
            graphs(visitor, lambda x, v: x * v.rate, values)
        return
    assert graphs(visitor, lambda x, v: x * v.rate, values) == 1
    changed = [cls(n, "name") for n in (1, 2, 1)]
    assert graphs(visitor, lambda x, v: x * v.rate, changed) == 2


@pytest.mark.parametrize("row, cls, visitor", CASES)
def test_something_else(row: str, cls: Any, visitor: Any) -> None:
    """All of it counts for a constant and a snapshot, and what is read for the others."""
    values = [cls(3, f"name{n}") for n in (1, 2, 1)]
    if row == "`OpaqueVisitor`":
        with pytest.raises(Unsupported, match="is opaque"):
            graphs(visitor, lambda x, v: x * len(v), values)
        return
    whole = row in ("`ConstantVisitor`", "`SnapshotVisitor`")
    if whole:  # of what C code computes, and may be changed
        assert graphs(visitor, lambda x, v: x * v.__dir__().__len__(), values) == 2
    if row == "`ConstantVisitor`":  # of what it computes, the answer counts
        assert graphs(visitor, lambda x, v: x * v.__sizeof__(), values) == 1
    assert graphs(visitor, lambda x, v: x * len(v), values) <= (2 if whole else 1)


# the first table


def test_torch_copes_with_plain_objects() -> None:
    """Attributes, methods, properties, comparison; a change is noticed, in place as well."""

    def used(x: torch.Tensor, v: Shape) -> torch.Tensor:
        return x * v.rate + v.double + len(v.name) + (2 if v == v else 1)

    shapes = [Shape(1, "a"), Shape(2, "a"), Shape(1, "bb"), Shape(1, "a")]
    assert graphs(None, used, shapes) <= 4
    moving = Shape(1, "a")
    compiled = torch.compile(used, backend="eager", fullgraph=True)
    for rate, name in ((1, "a"), (2, "a"), (2, "bbb")):
        moving.rate, moving.name = rate, name
        assert torch.equal(compiled(torch.ones(2), moving), used(torch.ones(2), moving))


def test_torch_does_not_cope_with_their_texts() -> None:
    """As the page says: it keeps the first, or breaks the graph."""
    compiled = torch.compile(lambda x, v: (x, str(v)), backend="eager", fullgraph=True)
    try:
        texts = [compiled(torch.ones(1), Shape(n, "a"))[1] for n in (1, 2)]
    except Unsupported:
        return
    assert texts[0] == texts[1] != str(Shape(2, "a"))


def test_torch_does_not_cope_with_what_the_others_are_for() -> None:
    """Else there were nothing to register."""
    found = vartrack.suggest(Decimal(1), Decimal(2))
    assert found.base == "ConstantVisitor"
    assert {trial.torch for trial in found.trials} > {"ok"}


class Grid:
    """With a cache."""

    def __init__(self, width: int) -> None:
        self.width = width

    @functools.cached_property
    def cells(self) -> tuple[int, ...]:
        return tuple(range(self.width))

    def __round__(self, digits: int = 0) -> int:
        return len(self.cells)


def test_a_cache_is_left_out_of_the_key() -> None:
    """With the key a full cache is no change; a cached property is left out by itself."""

    def rounded(x: torch.Tensor, v: Grid) -> torch.Tensor:
        return x + round(v)

    def filled(width: int) -> Grid:
        grid = Grid(width)
        assert grid.cells
        return grid

    with_key = made(SnapshotVisitor, Grid, key=staticmethod(lambda grid: grid.width))
    assert graphs(with_key, rounded, [Grid(2), filled(2), Grid(3), filled(3)]) == 2
    without = made(SnapshotVisitor, Grid)
    assert graphs(without, rounded, [Grid(2), filled(2)]) == 1


def test_the_sets_say_what_they_were_tried_on() -> None:
    rows = [line for line in (GUIDE / "sets.md").read_text().splitlines() if line.startswith("| `")]
    said = {row.split("`")[1]: row.split("|")[-2].strip() for row in rows}
    assert said.keys() == set(vartrack.extras.NAMES)
    for name, (_, oldest, newest) in TRIED.items():
        assert said[name] == f"{oldest} to {newest}"
