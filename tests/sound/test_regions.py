"""Regions that torch traces once for several modules: facts about each of them count."""

from __future__ import annotations

import pytest
import torch
from facts import Plans, both_runs, outcomes
from torch import nn

import vartrack.extras

PLANS = Plans()
plan = PLANS.add
ONE = torch.ones(1, 2)


class Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 2)
        self.factor = 2

    @torch.compiler.nested_compile_region
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x) * self.factor


class Layers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.ModuleList([Layer(), Layer(), Layer()])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = layer(x)
        return x


@plan
def attribute_of_a_later_layer(wrap):
    model = Layers()
    f = wrap(model)
    yield lambda: f(ONE)
    model.layers[2].factor = 7
    yield lambda: f(ONE)
    model.layers[0].factor = 5
    yield lambda: f(ONE)


@plan
def hook_on_a_later_layer(wrap):
    model = Layers()
    f = wrap(model)
    yield lambda: f(ONE)
    model.layers[1].register_forward_hook(lambda module, args, out: out + 100)
    yield lambda: f(ONE)
    model.layers[2].linear.register_forward_hook(lambda module, args, out: out + 100)
    yield lambda: f(ONE)


@plan
def value_in_a_closure(wrap):
    factor = [2]

    @torch.compiler.nested_compile_region
    def region(x):
        return x * factor[0]

    f = wrap(lambda x: region(x) + region(x + 1))
    yield lambda: f(ONE)
    factor[0] = 5
    yield lambda: f(ONE)


@pytest.mark.parametrize("name", PLANS)
def test_each_module_is_guarded(name: str) -> None:
    both_runs(PLANS[name])


def test_what_extras_guard_is_no_error() -> None:
    registry = vartrack.default.derive("with thrift")
    vartrack.extras.thrift.register(registry)
    use = PLANS["value_in_a_closure"]
    assert outcomes(use, registry)[0] == outcomes(use, vartrack.sound)[0]


def test_equal_layers_are_one_graph() -> None:
    """As on torch alone."""

    def subgraphs(registry) -> list[str]:
        found = []

        def backend(graph, inputs):
            found.extend(name for name, _ in graph.named_children())
            return graph.forward

        torch._dynamo.reset()
        with vartrack.use(registry):
            torch.compile(Layers(), backend=backend, fullgraph=True)(ONE)
        return found

    assert subgraphs(vartrack.sound) == subgraphs(None)
