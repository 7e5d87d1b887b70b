"""Tensors that torch puts into the graph itself, by its settings: which one it is counts."""

from __future__ import annotations

import pytest
import torch
from facts import Plans, both_runs

ONE = torch.ones(2)
PLANS = Plans()
plan = PLANS.add


class Scale(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.full((2,), 2.0))
        self.register_buffer("shift", torch.ones(2))
        self.kept = torch.ones(2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.weight + self.shift - self.kept


@plan
def of_a_module(wrap):
    model = Scale()
    f = wrap(model)
    yield lambda: f(ONE)
    model.weight = torch.nn.Parameter(torch.full((2,), 3.0))
    yield lambda: f(ONE)
    model.shift = torch.full((2,), 4.0)
    yield lambda: f(ONE)
    model.kept = torch.full((2,), 5.0)
    yield lambda: f(ONE)


@plan
def of_a_closure(wrap):
    held = torch.ones(2)
    f = wrap(lambda x: x * held)
    yield lambda: f(ONE)
    held = torch.full((2,), 4.0)
    yield lambda: f(ONE)


@pytest.mark.parametrize("setting", ["install_free_tensors", "prepare_freezing"])
def test_a_tensor_in_the_graph_is_the_one_that_is_there(setting):
    for plan in PLANS.values():
        with torch.no_grad(), torch._dynamo.config.patch({setting: True}):
            both_runs(plan)
