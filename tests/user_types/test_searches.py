"""Looking for a value in a list or tuple: by who it is first, then by ``==``, as Python does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from places import Counting

import vartrack
from vartrack import ConstantVisitor, SnapshotVisitor

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.ones(2)
unit = 1


class Never:
    """One that is equal to nothing, itself included."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __eq__(self, other: object) -> bool:
        return False

    def __hash__(self) -> int:
        return 1


class Scaled(Never):
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scaled) and self.n * unit == other.n * unit

    __hash__ = Never.__hash__


class Partly(Never):
    """One that is equal to itself unless it is large."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Partly) and self.n == other.n and self.n < 5

    __hash__ = Never.__hash__


def remove(items: list[Any], item: Any) -> int:
    items.remove(item)
    return len(items)


USES: dict[str, Callable[..., Any]] = {
    "in a list of itself": lambda v, a, b: v in [v],
    "in a list of another": lambda v, a, b: v in [a],
    "in a tuple": lambda v, a, b: v in (a, b, v),
    "not in": lambda v, a, b: v not in (a, b),
    "count": lambda v, a, b: ([v, a].count(b), (v, b).count(v)),
    "index": lambda v, a, b: ([v, a, b].index(b), (a, b, v).index(v)),
    "remove": lambda v, a, b: remove([v, a, b], b),
    "lists": lambda v, a, b: ([v, a] == [v, b], (v, a) == (v, b)),
    "missing": lambda v, a, b: ([v, 1].count(2), 1 in [v], [2, v].index(2)),
}
VALUES = [(1, 2, 3), (1, 1, 2), (7, 7, 7)]


@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor])
@pytest.mark.parametrize("cls", [Never, Scaled, Partly])
@pytest.mark.parametrize("name", USES)
def test_found_as_python_finds_it(name: str, cls: Any, base: Any) -> None:
    given = {"types": (cls,), "key": staticmethod(lambda value: value.n)}
    registry = vartrack.stock.derive("searched")
    registry.register(type("Searched", (base,), given))

    def run(x: torch.Tensor, v: Any, a: Any, b: Any) -> Any:
        return x + 1, USES[name](v, a, b)

    backend = Counting()
    with vartrack.use(registry):
        compiled = torch.compile(run, backend=backend, fullgraph=True)
        for _ in range(2):
            for numbers in VALUES:
                first, second, third = map(cls, numbers)
                for values in [(first, second, third), (first, second, first)]:
                    assert compiled(X, *values)[1] == run(X, *values)[1]
    assert backend.graphs <= 2 * len(VALUES)


def test_a_global_that_equality_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = vartrack.stock.derive("searched")
    given = {"types": (Scaled,), "key": staticmethod(lambda value: value.n)}
    registry.register(type("Searched", (ConstantVisitor,), given))

    def run(x: torch.Tensor, v: Any, a: Any, b: Any) -> Any:
        return x + 1, [v, a].count(b), [v, a, b].index(b), b in [v, a]

    values = (Scaled(1), Scaled(2), Scaled(3))
    with vartrack.use(registry):
        compiled = torch.compile(run, backend="eager", fullgraph=True)
        for number in (1, 0, 1):
            monkeypatch.setitem(globals(), "unit", number)
            assert compiled(X, *values)[1:] == run(X, *values)[1:]
