"""Floats that vary and come to be zero, infinite or nan: a graph of their own only where it counts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import plain
from places import Counting
from thrift_values import SOUND, THRIFT

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

Run = Callable[[torch.Tensor, float], Any]
NUMBERS = (1.5, 2.5, math.inf, -math.inf, 0.0, -0.0, 3.5, math.nan, -2.5, 1e30)

#: Nothing is worked out of the number but by operations on tensors.
BARE: dict[str, Run] = {
    "product": lambda x, number: (x * number, x / number, number - x),
    "filled": lambda x, number: x.masked_fill(x > 2, number),
    "clamped": lambda x, number: (x.clamp(max=number), torch.full_like(x, number)),
    "returned": lambda x, number: (x + number, number, [number], f"{number:.2f}"),
}
#: What torch works out of a symbol would be wrong here.
WORKED_OUT: dict[str, Run] = {
    "itself": lambda x, number: (x + 1 if number == number else x, number - number, x * number),
    "less itself": lambda x, number: x * (number - number + 1),
    "times zero": lambda x, number: x + number * 0,
    "sign": lambda x, number: x * math.copysign(1.0, number) + number,
    "truth": lambda x, number: x + number if number else x - 1,
    "smallest": lambda x, number: x * min(number, 2.0) + max(-number, -1.0),
    "part of a loop": lambda x, number: sum((x * number * factor for factor in (0, 1)), x),
}


def outcomes(run: Run, registry: Any, backend: Any = None) -> Any:
    torch._dynamo.reset()
    called = run if backend is None else torch.compile(run, backend=backend)
    x = torch.arange(4.0) + 1
    with vartrack.use(registry), torch._dynamo.config.patch(recompile_limit=20):
        return [plain(called(x, number)) for number in NUMBERS]


@pytest.mark.parametrize("name", BARE)
def test_a_number_that_is_only_passed_on_may_be_infinite(name: str) -> None:
    expected = outcomes(BARE[name], None)
    for registry in (THRIFT, SOUND):
        backend = Counting()
        assert outcomes(BARE[name], registry, backend) == expected
        assert backend.graphs <= 3  # torch has a guard of its own on nan
    assert outcomes(BARE[name], THRIFT, "aot_eager") == expected


@pytest.mark.parametrize("name", WORKED_OUT)
def test_a_number_of_which_something_is_worked_out_is_right(name: str) -> None:
    expected = outcomes(WORKED_OUT[name], None)
    for registry in (THRIFT, SOUND):
        assert outcomes(WORKED_OUT[name], registry, Counting()) == expected
