"""Optimizers whose settings change: two compiles, and to the last bit what torch gives for constants."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import pytest
import torch
from places import Counting
from thrift_values import THRIFT
from torch import optim
from torch._dynamo import config
from torch._inductor.compile_fx import compile_fx

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

#: By name what makes an optimizer of some parameters, and which of its settings changes.
OPTIMIZERS: dict[str, tuple[Callable[..., Any], str]] = {
    "SGD": (optim.SGD, "lr"),
    "SGD with momentum": (
        lambda p: optim.SGD(p, momentum=0.9, weight_decay=0.01, nesterov=True),
        "lr",
    ),
    "momentum of SGD": (lambda p: optim.SGD(p, momentum=0.9), "momentum"),
    "decay of SGD": (lambda p: optim.SGD(p, weight_decay=0.9), "weight_decay"),
    "Adam": (optim.Adam, "lr"),
    "betas of Adam": (optim.Adam, "betas"),
    "AdamW": (optim.AdamW, "lr"),
    "betas of AdamW": (optim.AdamW, "betas"),
    "decay of AdamW": (optim.AdamW, "weight_decay"),
    "Adamax": (optim.Adamax, "lr"),
    "NAdam": (optim.NAdam, "lr"),
    "RAdam": (optim.RAdam, "lr"),
    "RMSprop": (optim.RMSprop, "lr"),
    "alpha of RMSprop": (optim.RMSprop, "alpha"),
    "Adagrad": (optim.Adagrad, "lr"),
    "Adadelta": (optim.Adadelta, "lr"),
    "ASGD": (optim.ASGD, "lr"),
    "Rprop": (optim.Rprop, "lr"),
}
RATES = (0.1, 0.05, 0.0625, 0.07)


class CountingInductor(Counting):
    """Has inductor compile the graphs that it counts."""

    def __call__(self, graph: torch.fx.GraphModule, inputs: Any) -> Any:
        self.graphs += 1
        return compile_fx(graph, inputs)


def train(
    name: str, registry: vartrack.Registry | None, backend: Any, scheduled: bool = False
) -> tuple[list[torch.Tensor], int]:
    """The weights after each step, and how often the step was compiled."""
    torch._dynamo.reset()
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.randn(4, 8))
    make, setting = OPTIMIZERS[name]
    optimizer = make([weight])
    by_function = optim.lr_scheduler.LambdaLR(optimizer, lambda step: RATES[step % len(RATES)])
    step = optimizer.step if backend is None else torch.compile(optimizer.step, backend=backend)
    weights = []
    with vartrack.use(registry), config.patch(recompile_limit=50):
        for rate in RATES:
            weight.grad = torch.randn_like(weight)
            if scheduled:
                by_function.step()
            else:
                value = (1 - rate, 1 - rate / 8) if setting == "betas" else rate
                optimizer.param_groups[0][setting] = value
            step()
            weights.append(weight.detach().clone())
    return weights, 0 if backend is None else backend.graphs


def assert_same(found: list[torch.Tensor], expected: list[torch.Tensor]) -> None:
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))


@pytest.mark.parametrize("scheduled", [False, True], ids=["set", "scheduled"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_two_compiles(name: str, scheduled: bool) -> None:
    expected, _ = train(name, None, Counting(), scheduled)
    found, graphs = train(name, THRIFT, Counting(), scheduled)
    assert_same(found, expected)
    assert graphs <= 2


#: Those that torch alone compiles each time.
ANEW = ("SGD with momentum", "betas of Adam", "RMSprop")


@pytest.mark.skipif(shutil.which("g++") is None, reason="inductor needs a compiler")
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_with_inductor_as_well(name: str) -> None:
    with config.patch(specialize_float=True):
        expected, of_constants = train(name, None, CountingInductor())
    found, graphs = train(name, THRIFT, CountingInductor())
    # not what eager Python gives, which fuses other products and sums than inductor does
    assert_same(found, expected)
    assert graphs <= 2 < of_constants
    if name in ANEW:
        assert train(name, None, CountingInductor())[1] > 2
