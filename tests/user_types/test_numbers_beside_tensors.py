"""Numbers of a class of the user's own, ``class Money(float)``, as operands beside tensors."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import Program, assert_right, outcome

import vartrack
from vartrack import ConstantVisitor, Registry, SnapshotVisitor

pytestmark = pytest.mark.usefixtures("fresh")


class Money(float):
    """A number with a text of its own."""

    def __repr__(self) -> str:
        return f"Money({float(self)})"


class Count(int):
    """A whole one, of which C code asks no method."""

    def __index__(self) -> int:
        return 99

    def __repr__(self) -> str:
        return f"Count({super().__repr__()})"


class Odd(float):
    """A number that says itself what it gives."""

    def __mul__(self, other: Any) -> Any:
        return other * 7

    def __rmul__(self, other: Any) -> Any:
        return other * 9

    def __gt__(self, other: Any) -> Any:
        return other * 3

    def __float__(self) -> float:
        return 99.0


def _registry(base: type[Any], cls: type) -> Registry:
    registry = vartrack.stock.derive(f"{cls.__name__} by {base.__name__}")
    options = {"key": staticmethod(repr)} if cls is Money else {}
    registry.register(type("Numbers", (base,), {"types": (cls,), **options}))
    return registry


def put_in(x: torch.Tensor, v: Any) -> Any:
    x = x.clone()
    x[0] = v
    x += v
    return x


#: What takes the number.
USES: dict[str, Program] = {
    "to the right": lambda x, v: x * v,
    "to the left": lambda x, v: v * x,
    "subtracted from": lambda x, v: v - x,
    "a power": lambda x, v: x**v,
    "compared": lambda x, v: x > v,
    "compared to the left": lambda x, v: v > x,
    "equal": lambda x, v: (x == v, v != x),
    "an argument": lambda x, v: torch.full((2,), v),
    "a named one": lambda x, v: x.clamp(min=v),
    "in a list": lambda x, v: torch.tensor([v, v]),
    "put in": put_in,
}
#: What takes a whole one.
OF_INTS: dict[str, Program] = {
    "a length": lambda x, v: torch.zeros(v),
    "an index": lambda x, v: torch.arange(9)[v],
    "a part": lambda x, v: x[:v],
    "a range": lambda x, v: [x + i for i in range(v)],
}
VALUES: dict[type, Callable[[], list[Any]]] = {
    Money: lambda: [Money(1.5), Money(2.5), Money(3.5)],
    Count: lambda: [Count(2), Count(3), Count(4)],
    Odd: lambda: [Odd(2.0), Odd(3.0), Odd(4.0)],
}
BASES = (ConstantVisitor, SnapshotVisitor)


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("cls", VALUES)
def test_a_number_of_its_own_class_is_an_operand(cls: type, base: type[Any]) -> None:
    uses = USES | OF_INTS if cls is Count else USES
    if base is SnapshotVisitor:
        uses = {name: uses[name] for name in [*uses][-5:]}
    registry = _registry(base, cls)
    for name, use in uses.items():
        ours = outcome(registry, use, VALUES[cls])
        assert ours.status == "right", (name, ours)
        alone = outcome(None, use, VALUES[cls])
        assert alone.status != "right" or ours.graphs <= alone.graphs, (name, ours, alone)


@pytest.mark.parametrize("use", ["to the right", "to the left", "compared"])
def test_it_is_so_in_every_place(use: str) -> None:
    assert_right(_registry(ConstantVisitor, Money), USES[use], VALUES[Money])


def test_zeros_and_nan_are_told_apart() -> None:
    numbers = [0.0, -0.0, float("nan"), float("inf"), 1.5]
    for base in BASES:
        registry = _registry(base, Money)
        for use in ("to the right", "to the left"):
            found = outcome(registry, USES[use], lambda: [*map(Money, numbers)])
            assert found.status == "right", (base, use, found)


def test_what_torch_cannot_trace_of_the_class_is_refused() -> None:
    class Bound(float):
        def __add__(self, other: Any) -> Any:
            os.getcwd()  # noqa: PTH109
            return other * 5

    registry = _registry(ConstantVisitor, Bound)
    values = lambda: [Bound(1.0), Bound(2.0)]  # noqa: E731
    assert outcome(registry, lambda x, v: v + x, values).status == "refused"
    assert outcome(registry, lambda x, v: v + x, values, fullgraph=False).status == "right"
