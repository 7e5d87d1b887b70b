"""The smallest and the largest of numbers that change, with inductor: what Python gives."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import pytest
import torch
from thrift_values import THRIFT
from torch._inductor.utils import fresh_inductor_cache

import vartrack

pytestmark = [
    pytest.mark.usefixtures("fresh"),
    pytest.mark.skipif(shutil.which("g++") is None, reason="inductor needs a compiler"),
]

#: What is worked out of a step.
FACTORS: dict[str, Callable[[int], float]] = {
    "min": lambda step: min(1.0, step / 50),
    "max": lambda step: max(0.05, step / 40),
    "min of three": lambda step: min(1.5, step / 50, (step + 1) / 70),
    "max of three": lambda step: max(0.01, step / 50, (step + 1) / 70),
    "of integers": lambda step: max(2, step - 3) / min(7, step),
}
STEPS = (1, 2, 5, 33, 60, 90)


class Scaled(torch.nn.Module):
    """Multiplies by what is worked out of the step it is at."""

    def __init__(self, factor: Callable[[int], float]) -> None:
        super().__init__()
        self.factor = factor
        self.step = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.factor(self.step)


def outputs(run: Callable[[int], torch.Tensor]) -> list[torch.Tensor]:
    return [run(step) for step in STEPS]


def of_module(model: Any, wrapped: Any, x: torch.Tensor) -> list[torch.Tensor]:
    def run(step: int) -> torch.Tensor:
        model.step = step
        return wrapped(x)  # type: ignore[no-any-return]

    return outputs(run)


def assert_same(found: list[torch.Tensor], expected: list[torch.Tensor]) -> None:
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))


@pytest.mark.parametrize("name", FACTORS)
def test_a_step_of_a_module(name: str) -> None:
    model, x = Scaled(FACTORS[name]), torch.randn(5)
    with vartrack.use(THRIFT), fresh_inductor_cache():
        found = of_module(model, torch.compile(model), x)
    assert_same(found, of_module(model, model, x))


def test_what_torch_alone_stored_is_not_taken() -> None:
    factor, x = FACTORS["min"], torch.randn(5)
    with fresh_inductor_cache():
        alone = torch.compile(lambda x, step: x * factor(step))
        outputs(lambda step: alone(x, step))
        torch._dynamo.reset()
        with vartrack.use(THRIFT):
            thrifty = torch.compile(lambda x, step: x * factor(step))
            found = outputs(lambda step: thrifty(x, step))
    assert_same(found, outputs(lambda step: x * factor(step)))
