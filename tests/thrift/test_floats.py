"""Floats that vary, where a backend traces the graph again: it has no symbols for such, torch says.

What is worked out of them is worked out by Python at each call, and what is only kept or returned
is none of the graph's business.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import plain
from thrift_values import SOUND, THRIFT
from torch._dynamo.backends.debugging import aot_eager
from torch._dynamo.exc import TorchRuntimeError

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

Run = Callable[[torch.Tensor, Any, float], Any]


class Kept:
    """What a training loop keeps from call to call."""

    def __init__(self) -> None:
        self.total, self.average, self.scale, self.best = 0.0, 0.0, 1.0, float("inf")
        self.count, self.rates = 0, [{"lr": 0.1}, {"lr": 0.2}]

    def update(self, value: float) -> None:
        self.total += value
        self.count += 1
        self.average = self.total / self.count


def decayed(x: torch.Tensor, kept: Kept, value: float) -> Any:
    kept.scale = max(0.4, kept.scale * 0.9)
    return x * kept.scale


def averaged(x: torch.Tensor, kept: Kept, value: float) -> Any:
    kept.update(value)
    return x * kept.average


def timed(x: torch.Tensor, kept: Kept, value: float) -> Any:
    kept.total += value
    return x * 2, kept.total / 3, f"{value / 2:.1f} s"


def by_group(x: torch.Tensor, kept: Kept, value: float) -> Any:
    for group in kept.rates:
        group["lr"] *= 0.9
    return [x * group["lr"] for group in kept.rates]


def weighted(x: torch.Tensor, kept: Kept, value: float) -> Any:
    weights = [value, value + 1, 2.0]
    total = sum(weights)
    return [x * (weight / total) for weight in weights]


def rounded(x: torch.Tensor, kept: Kept, value: float) -> Any:
    return x * round(value, 2), round(value, 1), x * int(value * 10)


def chosen(x: torch.Tensor, kept: Kept, value: float) -> Any:
    kept.scale = max(0.05, kept.scale - 0.1)
    return x * 2 if value < kept.scale + 9 else x


def divided(x: torch.Tensor, kept: Kept, value: float) -> Any:
    try:
        return x * (3.0 / (value - 3.5)), abs(-value) ** 0.5
    except ZeroDivisionError:
        return "zero"


def too_large(x: torch.Tensor, kept: Kept, value: float) -> Any:
    try:
        return x * (1e80**value)
    except OverflowError:
        return "large"


def in_a_break(x: torch.Tensor, kept: Kept, value: float) -> Any:
    half = value * 0.5
    kept.total += half
    torch._dynamo.graph_break()
    return x * half, kept.total


#: Programs, and how many graphs they need at most.
PROGRAMS: dict[str, tuple[Run, int]] = {
    each.__name__: (each, needed)
    for each, needed in (
        *((decayed, 1), (averaged, 2), (timed, 2), (by_group, 2), (weighted, 2)),
        *((rounded, 2), (chosen, 3), (divided, 3), (too_large, 3), (in_a_break, 6)),
    )
}
VALUES = (0.75, 1.25, 2.5, 3.5, 4.25, 0.5)


def called(program: Run, registry: Any, compiled: bool = True) -> tuple[list[Any], int]:
    """What calls give and leave behind, and how many graphs there are; as Python, or compiled."""
    torch._dynamo.reset()
    graphs = 0

    def backend(graph: torch.fx.GraphModule, inputs: Any) -> Any:
        nonlocal graphs
        graphs += 1
        return aot_eager(graph, inputs)

    kept, found = Kept(), []
    with vartrack.use(registry):
        run = torch.compile(program, backend=backend) if compiled else program
        for value in VALUES:
            result = run(torch.ones(2), kept, value)
            found.append(plain((result, vars(kept))))
    return found, graphs


@pytest.mark.parametrize("name", PROGRAMS)
def test_floats_that_vary_take_one_graph(name: str) -> None:
    program, needed = PROGRAMS[name]
    want, _ = called(program, None, compiled=False)
    for registry in (THRIFT, SOUND):
        found, graphs = called(program, registry)
        assert found == want
        assert graphs <= needed
    with contextlib.suppress(TorchRuntimeError):  # torch dies of what is caught in the program
        answers, alone = called(program, vartrack.stock)
        assert graphs <= alone or answers != want
