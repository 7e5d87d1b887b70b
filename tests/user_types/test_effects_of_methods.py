"""Methods of constants that torch cannot trace, and that set or change something besides: what they
do happens as often as the program calls them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import ConstantVisitor

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.ones(1)
count = 0
log: list[int] = []
scale = 2


class Counted:
    number = 0


def _counter() -> tuple[Callable[[], None], Callable[[], int]]:
    calls = 0

    def call() -> None:
        nonlocal calls
        calls += 1
        with threading.Lock():
            pass

    return call, lambda: calls


call_counted, calls_counted = _counter()


class Unit:
    """Its methods take a lock that they make, which torch does not trace."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unit) and self.factor == other.factor

    def __hash__(self) -> int:
        return hash(self.factor)

    def locked(self) -> float:
        with threading.Lock():
            return self.factor

    def sets_global(self) -> float:
        global count
        count += 1
        with threading.Lock():
            return self.factor

    @property
    def sets_in_property(self) -> float:
        global count
        count += 1
        with threading.Lock():
            return self.factor

    def adds_to_list(self) -> float:
        log.append(1)
        with threading.Lock():
            return self.factor

    def adds_on_class(self) -> float:
        Counted.number += 1
        with threading.Lock():
            return self.factor

    def sets_on_class(self) -> float:
        Counted.number = Counted.number + 1
        with threading.Lock():
            return self.factor

    def sets_in_cell(self) -> float:
        call_counted()
        return self.factor

    def inside(self) -> float:
        return self.locked() + self.sets_global() + self.adds_to_list()

    def around_locked(self) -> float:
        global count
        count += 1
        return self.locked()

    def reads(self) -> float:
        return self.locked() * scale


def _done() -> tuple[int, int, int, int]:
    return count, len(log), Counted.number, calls_counted()


METHODS = [
    "sets_global",
    "sets_in_property",
    "adds_to_list",
    "adds_on_class",
    "sets_on_class",
    "sets_in_cell",
    "inside",
]


def use(x: torch.Tensor, unit: Unit, name: str) -> torch.Tensor:
    found = getattr(unit, name)
    return x * (found() if callable(found) else found)


@pytest.fixture
def units() -> vartrack.Registry:
    registry = vartrack.stock.derive("units")

    @registry.register
    class Units(ConstantVisitor):
        types = (Unit,)

    return registry


def _how_often(fn: Callable[..., Any], name: str) -> tuple[list[float], list[int]]:
    before = _done()
    results = [fn(X, Unit(factor), name).item() for factor in (2.0, 2.0, 3.0, 2.0)]
    return results, [now - then for now, then in zip(_done(), before, strict=True)]


@pytest.mark.parametrize("name", [*METHODS, "around_locked"])
def test_it_happens_at_each_call(units: vartrack.Registry, name: str) -> None:
    expected = _how_often(use, name)
    with vartrack.use(units):
        assert _how_often(torch.compile(use, backend="eager"), name) == expected


@pytest.mark.parametrize("name", METHODS)
def test_it_does_not_happen_while_tracing(units: vartrack.Registry, name: str) -> None:
    before = _done()
    with (
        vartrack.use(units),
        pytest.raises(Unsupported, match=r"(sets|reads) '(\w|\.)+'") as told,
    ):
        torch.compile(use, backend="eager", fullgraph=True)(X, Unit(2.0), name)
    assert "vartrack: cannot evaluate while tracing" in str(told.value)
    assert _done() == before


def test_what_only_reads_is_evaluated(
    units: vartrack.Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = torch.compile(use, backend="eager", fullgraph=True)
    with vartrack.use(units):
        assert compiled(X, Unit(2.0), "reads").item() == 4.0
        monkeypatch.setattr(f"{__name__}.scale", 3)
        assert compiled(X, Unit(2.0), "reads").item() == 6.0


class Switched:
    """Its method can be traced or not, as it is asked."""

    def __eq__(self, other: object) -> bool:
        return type(other) is Switched

    def __hash__(self) -> int:
        return 1

    def counted(self, lock: bool) -> int:
        global count
        count += 1
        if lock:
            with threading.Lock():
                return 1
        return 2


def with_lock(x: torch.Tensor, switched: Switched) -> torch.Tensor:
    return x * switched.counted(True)


def without(x: torch.Tensor, switched: Switched) -> torch.Tensor:
    return x * switched.counted(False)


def test_what_one_function_cannot_trace_another_can() -> None:
    """That it could not be traced is remembered where it was tried, and not everywhere."""
    registry = vartrack.stock.derive("switched")

    @registry.register
    class Switches(ConstantVisitor):
        types = (Switched,)

    with vartrack.use(registry):
        with pytest.raises(Unsupported, match="sets 'count'"):
            torch.compile(with_lock, backend="eager", fullgraph=True)(X, Switched())
        before = count
        compiled = torch.compile(without, backend="eager", fullgraph=True)
        assert [compiled(X, Switched()).item() for _ in range(2)] == [2.0, 2.0]
        assert count == before + 2
