"""Kinds of numbers that people report as compiled again and again, before and after.

Each program is ours, written after the report that it names.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from beside_torch import plain
from places import Counting
from torch import nn
from torch._dynamo.backends.debugging import aot_eager_decomp_partition

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

THRIFT = vartrack.stock.derive("thrift")
vartrack.extras.thrift.register(THRIFT)

Plan = Callable[[Callable[..., Any]], Iterator[Any]]
#: By name the program, how many graphs are enough, and whether results are rounded: backends that
#: take operations apart do not round as Python does, with torch alone neither.
REPORTS: dict[str, tuple[Plan, int, bool]] = {}

window = 1


def report(enough: int, rounded: bool = False) -> Callable[[Plan], Plan]:
    """Write a program down, with how many graphs are enough."""

    def register(plan: Plan) -> Plan:
        REPORTS[plan.__name__] = (plan, enough, rounded)
        return plan

    return register


@report(1)
def counter_beside_the_graph(wrap: Any) -> Iterator[Any]:
    """pytorch issues 128319 and 115711: a module that counts its calls."""

    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.calls = 0

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.calls += 1
            return x.sin()

    module = Counting()
    run = wrap(module)
    for _ in range(6):
        yield run(torch.ones(2)), module.calls


@report(1)
def metric_that_counts_updates(wrap: Any) -> Iterator[Any]:
    """torchrec pull request 4338: ``_update_count`` of a metric, set by the wrapper of update."""

    class Metric(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self._update_count, self._computed = 0, None
            self.register_buffer("total", torch.zeros(()))

        def wrapped(self, x: torch.Tensor) -> None:
            self._computed = None
            self._update_count += 1
            self.total += x.sum()

        def compute(self) -> torch.Tensor:
            return self.total / self._update_count

    metric = Metric()
    update = wrap(metric.wrapped)
    for number in range(6):
        update(torch.full((2,), float(number)))
        yield metric.compute(), metric._update_count


def _with_optimizer(wrap: Any, optimizer: Any, schedule: Any, p: nn.Parameter) -> Iterator[Any]:
    step = wrap(optimizer.step)
    for number in range(7):
        p.grad = torch.full((3,), number + 1.0)
        step()
        schedule.step()
        yield p.detach().clone()


@report(2, rounded=True)
def rate_and_betas_in_one_cycle(wrap: Any) -> Iterator[Any]:
    """pytorch issue 133898: AdamW with OneCycleLR, which changes betas as well."""
    p = nn.Parameter(torch.ones(3))
    optimizer = torch.optim.AdamW([p], lr=0.1)
    one_cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.5, total_steps=20)
    return _with_optimizer(wrap, optimizer, one_cycle, p)


@report(2, rounded=True)
def rate_by_a_function(wrap: Any) -> Iterator[Any]:
    """pytorch issues 107076 and 120934: SGD with LambdaLR."""
    p = nn.Parameter(torch.ones(3))
    optimizer = torch.optim.SGD([p], lr=0.1, momentum=0.9)
    by_function = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.9**step)
    return _with_optimizer(wrap, optimizer, by_function, p)


@report(2)
def tokens_seen_by_a_cache(wrap: Any) -> Iterator[Any]:
    """transformers pull request 29114: ``seen_tokens`` of a cache."""

    class Cache:
        def __init__(self) -> None:
            self.seen_tokens = 0

        def update(self, keys: torch.Tensor) -> torch.Tensor:
            self.seen_tokens += keys.shape[0]
            return keys + self.seen_tokens

    class Attention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cache = Cache()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.cache.update(x)

    module = Attention()
    run = wrap(module)
    for size in (5, 1, 1, 1, 1, 1):
        yield run(torch.ones(size, 2)), module.cache.seen_tokens


@report(1)
def index_into_a_schedule(wrap: Any) -> Iterator[Any]:
    """diffusers pull request 4347: ``_step_index`` of a scheduler, which reads its sigmas."""

    class Scheduler:
        def __init__(self) -> None:
            self.sigmas = torch.linspace(1.0, 0.1, 10)
            self._step_index = 0

    class Pipeline(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scheduler = Scheduler()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            scheduler = self.scheduler
            sigma, after = (
                scheduler.sigmas[scheduler._step_index],
                scheduler.sigmas[scheduler._step_index + 1],
            )
            scheduler._step_index += 1
            return x + (after - sigma) * x

    module = Pipeline()
    run, x = wrap(module), torch.ones(2)
    for _ in range(6):
        x = run(x)
        yield x, module.scheduler._step_index


@report(2)
def number_of_a_layer(wrap: Any) -> Iterator[Any]:
    """pytorch issue 128071: ``layer_idx``, which differs in each block that is compiled alone."""

    class Block(nn.Module):
        def __init__(self, layer_idx: int) -> None:
            super().__init__()
            self.layer_idx = layer_idx

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x / math.sqrt(2.0 * (self.layer_idx + 1))

    for number in range(1, 8):
        yield wrap(Block(number))(torch.ones(2))


@report(2)
def epoch_of_the_trainer(wrap: Any) -> Iterator[Any]:
    """Lightning issue 17933: ``current_epoch``, read through the trainer and told in a text."""

    class Trainer:
        current_epoch = 0
        global_step = 0

    class Module(nn.Module):
        def __init__(self, trainer: Trainer) -> None:
            super().__init__()
            self.trainer = trainer

        @property
        def current_epoch(self) -> int:
            return self.trainer.current_epoch

        def forward(self, x: torch.Tensor) -> Any:
            weight = 0.5 if self.current_epoch < 100 else 1.0
            return x * weight, f"epoch {self.current_epoch}, step {self.trainer.global_step:04d}"

    trainer = Trainer()
    run = wrap(Module(trainer))
    for epoch in range(7):
        trainer.current_epoch, trainer.global_step = epoch, 100 * epoch
        yield run(torch.ones(2))


@report(2, rounded=True)
def weight_of_a_mean(wrap: Any) -> Iterator[Any]:
    """pytorch issue 143670: a lerp, whose weight is a scalar of a module that changes."""

    class Averaged(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.decay = 0.5
            self.register_buffer("mean", torch.zeros(2))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.mean.lerp_(x, 1 - self.decay)
            return self.mean.clone()

    module = Averaged()
    run = wrap(module)
    for number in range(7):
        module.decay = min(0.99, (1 + number) / (10 + number))
        yield run(torch.full((2,), float(number)))


@report(2)
def window_in_a_global(wrap: Any) -> Iterator[Any]:
    """pytorch issue 161119: an int in a global, changed between calls."""
    global window

    def shifted(x: torch.Tensor) -> torch.Tensor:
        return x[:-window] + x[window:]

    run = wrap(shifted)
    for size in range(2, 8):
        window = size
        yield run(torch.arange(10.0))


@report(3)
def every_fourth_step(wrap: Any) -> Iterator[Any]:
    """PyTorch Forums and Lightning: gradients are added up, and applied every few steps."""

    class Accumulating(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.counts = {"step": 0}
            self.register_buffer("sum", torch.zeros(2))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.counts["step"] += 1
            self.sum += x
            if self.counts["step"] % 4 == 0:
                mean = self.sum / 4
                self.sum.zero_()
                return mean
            return x

    run = wrap(Accumulating())
    for number in range(12):
        yield run(torch.full((2,), float(number)))


def outcome(plan: Plan, registry: Any, rounded: bool, compiled: bool = True) -> tuple[Any, int]:
    torch._dynamo.reset()
    counting = Counting()

    def backend(graph: Any, inputs: Any) -> Any:
        counting.graphs += 1
        return aot_eager_decomp_partition(graph, inputs) if rounded else graph.forward

    def wrap(function: Any) -> Any:
        return torch.compile(function, backend=backend) if compiled else function

    with vartrack.use(registry):
        results = list(plan(wrap))
    return results, counting.graphs


@pytest.mark.gives_up  # on torch alone
@pytest.mark.parametrize("name", REPORTS)
def test_what_was_compiled_again_and_again(name: str) -> None:
    plan, enough, rounded = REPORTS[name]
    expected, _ = outcome(plan, None, rounded, compiled=False)
    before, many = outcome(plan, None, rounded)
    after, few = outcome(plan, THRIFT, rounded)
    for results in (before, after):
        if rounded:
            torch.testing.assert_close(results, expected, rtol=1e-4, atol=1e-5)
        else:
            assert [plain(result) for result in results] == [plain(result) for result in expected]
    assert few <= enough
    assert many > few, "torch compiles more"
