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
from vartrack import ConstantVisitor, SnapshotVisitor

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


# methods that a builtin calls, which torch does not trace: `complex(value)`


class Number:
    def __init__(self, number: int) -> None:
        self.number = number
        self.asked = 0
        self.log: list[int] = []
        self.by_name: dict[str, int] = {}
        self.kept: tuple[int, ...] | None = None


class Filling(Number):
    def __complex__(self) -> complex:
        if self.kept is None:
            self.kept = tuple(range(self.number))
        return complex(len(self.kept))


class FillingSlot:
    __slots__ = ("kept", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self.kept: tuple[int, ...] | None = None

    __complex__ = Filling.__complex__


class FillingName:
    """What it fills is not there before."""

    kept = None

    def __init__(self, number: int) -> None:
        self.number = number

    __complex__ = Filling.__complex__


class Counting(Number):
    def __complex__(self) -> complex:
        self.asked += 1
        return complex(self.number)


class Logging(Number):
    def __complex__(self) -> complex:
        self.log.append(self.number)
        return complex(self.number)


class Naming(Number):
    def __complex__(self) -> complex:
        self.by_name["asked"] = self.by_name.get("asked", 0) + 1
        return complex(self.number)


def as_complex(x: torch.Tensor, value: Any) -> torch.Tensor:
    return x + complex(value).real


@pytest.mark.parametrize("cls", [Filling, FillingSlot, FillingName], ids=lambda cls: cls.__name__)
def test_a_snapshot_that_fills_a_cache_while_it_is_evaluated(cls: Any) -> None:
    """A full one is another content, and takes a graph more; it ended the compile."""
    registry = vartrack.stock.derive("filling")
    registry.register(type("Filled", (SnapshotVisitor,), {"types": (cls,)}))
    with vartrack.use(registry):
        run = torch.compile(as_complex, backend="eager", fullgraph=True)
        assert [run(X, cls(number)).item() for number in (3, 4, 3)] == [4, 5, 4]
        full = cls(5)
        assert complex(full) == 5
        assert run(X, full).item() == 6
        full.number, full.kept = 2, None
        assert run(X, full).item() == 3


@pytest.mark.parametrize(
    "base, cls",
    [
        (SnapshotVisitor, Counting),
        (SnapshotVisitor, Logging),
        (SnapshotVisitor, Naming),
        (ConstantVisitor, Counting),  # what else a constant holds is taken to stay as it is
    ],
)
def test_what_changes_while_it_is_evaluated_is_refused(base: Any, cls: Any) -> None:
    """And nothing is done twice: the value is as it was, and Python changes it at each call."""
    registry = vartrack.stock.derive("changing")
    registry.register(type("Changing", (base,), {"types": (cls,)}))
    value, alone = cls(3), cls(3)
    with vartrack.use(registry):
        with pytest.raises(Unsupported, match=r"complex would change attribute '\w+' of a value"):
            torch.compile(as_complex, backend="eager", fullgraph=True)(X, value)
        assert vars(value) == vars(cls(3))
        run = torch.compile(as_complex, backend="eager")
        for _ in range(3):
            assert run(X, value).item() == as_complex(X, alone).item() == 4
    assert vars(value) == vars(alone)
