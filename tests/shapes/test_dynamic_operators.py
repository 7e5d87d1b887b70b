"""What operators give back, custom ones above all."""

from __future__ import annotations

import random
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import pytest
import torch
from dynamic_programs import hold, rows, times
from torch._dynamo import config

# custom operators


Pair = namedtuple("Pair", "low high")


@torch.library.custom_op("vartrack_test::shift", mutates_args=())
def shift(x: torch.Tensor, n: int, f: float) -> torch.Tensor:
    return x * f + n


@shift.register_fake
def _(x: torch.Tensor, n: int, f: float) -> torch.Tensor:
    return torch.empty_like(x)


@torch.library.custom_op("vartrack_test::split", mutates_args=())
def split(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return x + 1, x * 2


@split.register_fake
def _(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.empty_like(x), torch.empty_like(x)


@torch.library.custom_op("vartrack_test::pieces", mutates_args=())
def pieces(x: torch.Tensor) -> list[torch.Tensor]:
    return [x + 1, x * 2, x - 1]


@pieces.register_fake
def _(x: torch.Tensor) -> list[torch.Tensor]:
    return [torch.empty_like(x) for _ in range(3)]


@torch.library.custom_op("vartrack_test::count", mutates_args=())
def count(x: torch.Tensor) -> int:
    return x.size(0) * 2


@count.register_fake
def _(x: torch.Tensor) -> int:
    return x.size(0) * 2


@torch.library.custom_op("vartrack_test::mean", mutates_args=())
def mean(x: torch.Tensor) -> tuple[torch.Tensor, int]:
    return x.mean(0), x.size(0)


@mean.register_fake
def _(x: torch.Tensor) -> tuple[torch.Tensor, int]:
    return x.new_empty(x.shape[1:]), x.size(0)


@torch.library.custom_op("vartrack_test::positive", mutates_args=())
def positive(x: torch.Tensor) -> torch.Tensor:
    return x[x > 0].clone()


@positive.register_fake
def _(x: torch.Tensor) -> torch.Tensor:
    return x.new_empty(torch.library.get_ctx().new_dynamic_size())


@torch.library.custom_op("vartrack_test::bump", mutates_args={"x"})
def bump(x: torch.Tensor) -> None:
    x.add_(1)


@bump.register_fake
def _(x: torch.Tensor) -> None:
    return None


OPERATORS: dict[str, Callable[..., Any]] = {
    "a tensor": lambda x: shift(x, x.size(0), 0.5),
    "two tensors": lambda x: split(x)[0] + split(x)[1],
    "a list": lambda x: pieces(x)[-1] * len(pieces(x)),
    "a number": lambda x: x * count(x),
    "a tensor and a number": lambda x: mean(x)[0] * mean(x)[1],
    "a size of its own": lambda x: positive(x) * 2,
    "nothing": lambda x: (bump(x), x * 2)[1],
}


@pytest.mark.parametrize("name", OPERATORS)
def test_custom_operators(name: str) -> None:
    hold(OPERATORS[name], *times(rows, 4, 5, 6, 7, 8))


def test_results_of_many_kinds() -> None:
    """Operators of torch that give tuples, lists, named tuples, sizes and numbers."""

    def program(x: torch.Tensor) -> Any:
        top = x.topk(2)
        largest = torch.max(x, dim=1)
        parts = x.split(2)
        shape = x.shape
        numbers = (x.numel(), x.dim(), x.stride(0), x.is_contiguous(), x.element_size())
        return top.values, largest, parts[0], shape, numbers, x.unbind(1)[0], x.chunk(2)

    hold(program, *times(lambda n: rows(2 * n), 2, 3, 4, 5, 6, 7, 8))


def test_sizes_as_values() -> None:
    """`torch.Size` as an argument, as a result, and taken apart."""

    def program(x: torch.Tensor, size: torch.Size) -> Any:
        wide, high = size
        return x.reshape(high, wide), torch.Size([wide, high]), size.numel(), x.shape[1:]

    hold(program, *times(lambda n: (rows(n), torch.Size([n, 3])), 4, 5, 6, 7, 8))


def test_items_with_scalar_outputs_captured() -> None:
    """``item()`` gives an unbacked symbol, ``nonzero`` an unbacked size."""

    def program(x: torch.Tensor) -> Any:
        n = x[0, 1].to(torch.int64).item()
        torch._check(n >= 0)
        f = x[0, 2].item()
        return x * n * f, torch.zeros(n + 1)

    with config.patch(capture_scalar_outputs=True, capture_dynamic_output_shape_ops=True):
        hold(program, *times(rows, 4, 5, 6, 7, 8))
        hold(lambda x: x.nonzero() * 2, *times(rows, 4, 5, 6, 7, 8))
    hold(program, *times(rows, 4, 5, 6, 7, 8))


def test_items_of_inputs_that_are_numbers() -> None:
    """A zero-dimensional integer tensor whose item is used as a size."""

    def program(x: torch.Tensor, n: torch.Tensor) -> Any:
        k = n.item()
        torch._check(k >= 0)
        torch._check(k < 4)
        return x[:k]

    with config.patch(capture_scalar_outputs=True):
        hold(program, *times(lambda n: (rows(9), torch.tensor(n)), 2, 3, 1))


def test_random_numbers() -> None:
    """Random calls in the program are recorded, and their results are inputs of the graph."""

    def program(x: torch.Tensor) -> Any:
        return x * random.random() + random.randint(1, 5) + random.uniform(0.0, 1.0)

    found = hold(program, *times(rows, 4, 5, 6, 7, 8))
    assert found.vartrack.graphs() == 2


def test_random_tensors_and_generators() -> None:
    def program(x: torch.Tensor) -> Any:
        torch.manual_seed(3)
        return x + torch.rand_like(x), torch.randint(0, 4, (x.size(0),))

    hold(program, *times(rows, 4, 5, 6, 7, 8))
