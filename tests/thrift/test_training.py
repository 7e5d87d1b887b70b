"""A training loop as people write it: few graphs, and what Python without a compiler gives."""

from __future__ import annotations

import math
import shutil
from typing import Any

import pytest
import torch
from places import Counting
from torch._inductor.compile_fx import compile_fx

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

THRIFT = vartrack.stock.derive("thrift")
vartrack.extras.thrift.register(THRIFT)

#: How often the gradients are added up before the weights change, and how often it is evaluated.
EVERY, EVALUATED = 4, 100
STEPS = 1000


class Model(torch.nn.Module):
    """A small network that counts its steps and warms up."""

    def __init__(self) -> None:
        super().__init__()
        self.first = torch.nn.Linear(4, 8)
        self.second = torch.nn.Linear(8, 1)
        self.step, self.seen = 0, {"samples": 0}
        self.message = ""

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        if self.training:
            self.step += 1
            self.seen["samples"] += x.shape[0]
            self.message = f"step {self.step}: {self.seen['samples']:,} samples"
        warm = min(1.0, self.step / 50)
        return self.loss(x, y) * warm / EVERY

    def loss(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """The part in which nothing changes but tensors."""
        return (self.second(self.first(x).relu()) - y).square().mean()


def schedule(step: int, steps: int) -> float:
    """The learning rate: up, then down along a cosine."""
    if step < 20:
        return 0.05 * (step + 1) / 20
    return 0.025 * (1 + math.cos(math.pi * step / steps))


def train(steps: int, wrap: Any, update_of: Any = None) -> dict[str, Any]:
    """What a whole training comes to, with the loss and its gradient through ``wrap``.

    Args:
        steps: how many steps are taken.
        wrap: compiles a function, or leaves it as it is.
        update_of: from the optimizer to what is done in the place of its step.
    """
    torch.manual_seed(0)
    model = Model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    loss_of = wrap(model)
    update = update_of(optimizer) if update_of else wrap(optimizer.step)
    losses, log = [], []
    for step in range(steps):
        x = torch.randn(8, 4)
        y = x.sum(1, keepdim=True).sin()
        for group in optimizer.param_groups:
            group["lr"] = schedule(step, steps)
        loss = loss_of(x, y)
        loss.backward()
        losses.append(loss.detach())
        if (step + 1) % EVERY == 0:
            update()
            optimizer.zero_grad()
        if (step + 1) % EVALUATED == 0:
            model.eval()
            with torch.no_grad():
                losses.append(loss_of(x, y))
            model.train()
        if step % 10 == 0:
            log.append(model.message)
    return {
        "losses": torch.stack(losses),
        "log": log,
        "step": (model.step, model.seen),
        "weights": torch.cat([p.detach().flatten() for p in model.parameters()]),
    }


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert found["log"] == expected["log"] and found["step"] == expected["step"]
    for name in ("losses", "weights"):
        assert torch.equal(found[name], expected[name]), name


@pytest.mark.gives_up  # on torch alone
def test_a_training_loop_takes_few_graphs_and_is_right_to_the_last_bit() -> None:
    graphs: list[Counting] = []

    def wrap(function: Any) -> Any:
        graphs.append(Counting())
        return torch.compile(function, backend=graphs[-1])

    with vartrack.use(THRIFT):
        found = train(STEPS, wrap)
    assert_same(found, train(STEPS, lambda function: function))
    of_loss, of_update = (counting.graphs for counting in graphs)
    assert of_loss <= 3
    assert of_update <= 3
    torch._dynamo.reset()
    graphs.clear()
    train(60, wrap)
    assert graphs[0].graphs > 3, "torch compiles for each step, and gives up"


class WholeStep(torch.nn.Module):
    """All of a step in one piece, with the schedule and the flag that adds gradients up."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(4))
        self.register_buffer("total", torch.zeros(4))
        self.step, self.rate = 0, 0.1

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, str]:
        if not self.training:
            return x * self.weight, f"evaluated after step {self.step}"
        self.step += 1
        rate = self.rate * min(1.0, self.step / 50) * 0.999**self.step
        gradient = torch.sign(x * self.weight - 1) * x
        self.total.add_(gradient)
        if self.step % EVERY == 0:
            self.weight.data.sub_(self.total * rate / EVERY)
            self.total.zero_()
        return x * self.weight, f"step {self.step}, rate {rate:.6f}"


def run_whole(steps: int, wrap: Any) -> tuple[list[Any], torch.Tensor]:
    torch.manual_seed(0)
    module = WholeStep()
    run, given = wrap(module), []
    with torch.no_grad():
        for step in range(steps):
            given.append(run(torch.randn(4)))
            if (step + 1) % EVALUATED == 0:
                module.eval()
                given.append(run(torch.randn(4)))
                module.train()
    return given, module.weight


def assert_whole(registry: vartrack.Registry, backend: Any) -> None:
    """The whole step takes three graphs on ``registry``, and is right to the last bit."""
    with vartrack.use(registry):
        given, weight = run_whole(
            STEPS, lambda module: torch.compile(module, backend=backend, fullgraph=True)
        )
    expected, same = run_whole(STEPS, lambda module: module)
    assert torch.equal(weight, same)
    assert [text for _, text in given] == [text for _, text in expected]
    assert all(
        torch.equal(one, other) for (one, _), (other, _) in zip(given, expected, strict=True)
    )
    assert backend.graphs == 3, "adding up, changing the weights, evaluating"


@pytest.mark.parametrize("base", ["stock", "sound"])
def test_a_whole_step_takes_three_graphs(base: str) -> None:
    registry = getattr(vartrack, base).derive(f"{base} with thrift")
    vartrack.extras.thrift.register(registry)
    assert_whole(registry, Counting())


class CountingInductor(Counting):
    """Has inductor compile the graphs that it counts."""

    def __call__(self, graph: torch.fx.GraphModule, inputs: Any) -> Any:
        self.graphs += 1
        return compile_fx(graph, inputs)


def plain_sgd(optimizer: torch.optim.Optimizer) -> Any:
    """What the optimizer does, with each product rounded before it is added.

    torch's own kernels for Python fuse ``alpha`` times one tensor with the sum; inductor does not,
    with vartrack or without. See `test_optimizers`.
    """
    bufs: dict[Any, torch.Tensor] = {}

    @torch.no_grad()
    def step() -> None:
        (group,) = optimizer.param_groups
        for p in group["params"]:
            known = bufs.get(p)
            bufs[p] = p.grad.clone() if known is None else known * group["momentum"] + p.grad
            p += bufs[p] * -group["lr"]

    return step


@pytest.mark.skipif(shutil.which("g++") is None, reason="inductor needs a compiler")
def test_a_whole_step_with_inductor_as_well() -> None:
    assert_whole(THRIFT, CountingInductor())


@pytest.mark.skipif(shutil.which("g++") is None, reason="inductor needs a compiler")
def test_a_training_loop_with_inductor_as_well() -> None:
    backends: list[CountingInductor] = []

    def wrap(function: Any) -> Any:
        backends.append(CountingInductor())
        return torch.compile(function, backend=backends[-1])

    with vartrack.use(THRIFT):
        found = train(STEPS, wrap)
    assert all(backend.graphs <= 3 for backend in backends)

    def restructured(model: Model) -> Model:
        """As torch alone has it compiled once: inductor adds up in another order than Python."""
        model.loss = torch.compile(model.loss)  # type: ignore[method-assign]
        return model

    torch._dynamo.reset()
    with vartrack.use(None):
        assert_same(found, train(STEPS, restructured, plain_sgd))
