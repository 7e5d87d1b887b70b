"""The same states, as whole programs reach them."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from typing import Any

import torch
from specs import IntVar, TensorSpec
from torch._dynamo import config
from torch.autograd import forward_ad

from made_rows.modules import freezing
from made_rows.objects import KeyedJaggedTensor, torchrec
from made_rows.tensors import dual_tensor, with_spec


def counted_anew() -> None:
    """Have the code that torch makes up be named alike on both sides."""
    torch.fx.graph_module._loader.next_id = 10_000


def backward_compiled() -> Any:
    counted_anew()

    def step(x: torch.Tensor, weight: torch.Tensor) -> Any:
        (x * weight).sin().sum().backward()
        return weight.grad

    return step, [((torch.ones(3), torch.ones(3, requires_grad=True)), {})]


def sized(x: torch.Tensor, times: int) -> torch.Tensor:
    return x.repeat(times, 1) + x.shape[0]


def told_sizes() -> Any:
    return sized, [((torch.ones(size, 3), times), {}) for size, times in ((2, 4), (5, 6))]


def drawing() -> Any:
    def draw(x: torch.Tensor) -> torch.Tensor:
        return x * random.uniform(0.0, 1.0) + random.randint(1, 3)

    return draw, [((torch.ones(2),), {}), ((torch.ones(3),), {})]


def frozen_module() -> Any:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2)).eval()
    return model, [((torch.ones(3, 2),), {}), ((torch.ones(4, 2),), {})]


def with_tangents() -> Any:
    def squared(x: torch.Tensor) -> torch.Tensor:
        return x * x

    return squared, [((dual_tensor(),), {})]


def of_jagged_tensor() -> Any:
    def read(x: torch.Tensor, keyed: Any) -> torch.Tensor:
        return x + keyed._stride

    return read, [((torch.ones(2), KeyedJaggedTensor()), {})]


@contextlib.contextmanager
def jagged_sizes() -> Iterator[None]:
    with torchrec(), config.patch(force_unspec_int_unbacked_size_like_on_torchrec_kjt=True):
        yield


PROGRAMS: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "compiled autograd": (
        backward_compiled,
        lambda: config.patch(compiled_autograd=True),
    ),
    "random numbers": (drawing, contextlib.nullcontext),
    "freezing": (frozen_module, freezing),
    "dual tensors": (with_tangents, forward_ad.dual_level),
    "keyed jagged tensors": (of_jagged_tensor, jagged_sizes),
}
if IntVar is not None:
    PROGRAMS["sizes told"] = (
        told_sizes,
        with_spec(x=TensorSpec([IntVar("size"), 3]), times=IntVar("times")),
    )
