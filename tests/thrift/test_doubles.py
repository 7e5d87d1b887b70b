"""Numbers that operations take as C++ doubles vary, as long as no backend traces the graph again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import plain
from places import Counting
from thrift_values import SOUND, THRIFT
from torch import nn
from torch._dynamo.testing import CompileCounterWithBackend
from torch.nn import functional as F

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

Run = Callable[[torch.Tensor, float], Any]
#: Between 0 and 1, where no operation sees a difference; and beyond, where some refuse it.
INSIDE = (0.1, 0.2, 0.3, 0.4)
OUTSIDE = (0.5, 0.6, 1.0, 1.5, -0.5, 0.0, 2.0, 0.25)


def of_dropout() -> Run:
    """As curricula and annealing have it; the attribute is set in the graph."""
    layer = nn.Dropout(0.5)

    def run(x: torch.Tensor, number: float) -> Any:
        layer.p = number
        return layer(x), F.alpha_dropout(x, number, training=True), x.clone().bernoulli_(number)

    return run


def of_norms() -> Run:
    norm = nn.BatchNorm1d(4)

    def run(x: torch.Tensor, number: float) -> Any:
        norm.momentum, norm.eps = number, number / 100
        rows = torch.stack([x, x + 1, x * 2])
        layered = F.layer_norm(x, (4,), eps=number / 10) + F.rms_norm(x, (4,), eps=number)
        return norm(rows), norm.running_mean.clone(), layered  # type: ignore[operator, union-attr]

    return run


def of_losses() -> Run:
    def run(x: torch.Tensor, number: float) -> Any:
        target = torch.tensor([1])
        smooth = F.cross_entropy(x[None], target, label_smoothing=number)
        return smooth, F.huber_loss(x, x * 2, delta=number), F.smooth_l1_loss(x, x * 2, beta=number)

    return run


def of_others() -> Run:
    def run(x: torch.Tensor, number: float) -> Any:
        heads = x.reshape(1, 1, 2, 2)
        attended = F.scaled_dot_product_attention(heads, heads, heads, scale=number)
        return attended, torch.quantile(x, number), torch.isclose(x, x + 0.2, rtol=number)

    return run


def refused() -> Run:
    """What an operation refuses is raised in the program."""

    def run(x: torch.Tensor, number: float) -> Any:
        try:
            return F.dropout(x, number), F.huber_loss(x, x * 2, delta=number)
        except (ValueError, RuntimeError):
            return None

    return run


def sized() -> Run:
    """How large the result is depends on the number."""
    return lambda x, number: F.interpolate(x[None, None], scale_factor=1 + 5 * number)


PROGRAMS = (of_dropout, of_norms, of_losses, of_others)


def outcomes(make: Callable[[], Run], numbers: Any, registry: Any, backend: Any = None) -> Any:
    torch._dynamo.reset()
    torch.manual_seed(0)
    run = make()
    if backend is not None:
        run = torch.compile(run, backend=backend)
    with vartrack.use(registry), torch._dynamo.config.patch(recompile_limit=20):
        return [plain(run(torch.arange(4.0) + 1, number)) for number in numbers]


@pytest.mark.parametrize("make", PROGRAMS)
def test_a_double_that_varies_takes_two_graphs(make: Callable[[], Run]) -> None:
    expected = outcomes(make, INSIDE, None)
    for registry in (THRIFT, SOUND):
        backend = Counting()
        assert outcomes(make, INSIDE, registry, backend) == expected
        assert backend.graphs == 2


@pytest.mark.parametrize("make", [refused, sized])
def test_a_double_on_which_the_outcome_depends_in_kind(make: Callable[[], Run]) -> None:
    numbers = OUTSIDE if make is refused else INSIDE
    assert outcomes(make, numbers, SOUND, Counting()) == outcomes(make, numbers, None)


def test_a_backend_that_traces_again_fixes_the_double() -> None:
    given = []
    for registry in (None, THRIFT):
        backend = CompileCounterWithBackend("aot_eager")
        given.append((outcomes(of_losses, INSIDE, registry, backend), backend.frame_count))
    assert given[0] == given[1]
