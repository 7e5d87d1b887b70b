"""Rows of tensors and arrays at a number that varies: in a tensor, or in an array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from beside_torch import plain
from thrift_values import graphs_of_calls
from torch._dynamo.testing import CompileCounterWithBackend

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

THRIFT = vartrack.stock.derive("thrift")
vartrack.extras.thrift.register(THRIFT)


def _put_at(cache: torch.Tensor, at: torch.Tensor) -> Any:
    cache[at] = 7.0
    cache[:, at, 1] += 1
    return cache.sum()


def _changed_in_place(cache: torch.Tensor, at: torch.Tensor) -> Any:
    row = cache[at]
    row.mul_(2)
    at.sub_(1)
    return cache, cache[at], row


#: The same of tensors that hold the number, as the time steps of a diffusion model.
BY_TENSOR: dict[str, Callable[[torch.Tensor, torch.Tensor], Any]] = {
    "read": lambda c, at: c[at],
    "beside others": lambda c, at: (c[at, 1:], c[:, at], c[..., at, :], c[at, None]),
    "beside a list": lambda c, at: c[at, [0, 1]],
    "twice": lambda c, at: c[at, at],
    "with a number": lambda c, at: c[at, 2, 0],
    "written": _put_at,
    "changed in place": _changed_in_place,
}


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
@pytest.mark.parametrize("name", BY_TENSOR)
def test_a_row_at_a_number_in_a_tensor(name: str, backend: str) -> None:
    use, counting = BY_TENSOR[name], CompileCounterWithBackend(backend)
    alone = CompileCounterWithBackend(backend)
    for registry, counts in ((THRIFT, counting), (None, alone)):
        torch._dynamo.reset()
        with vartrack.use(registry):
            compiled = torch.compile(use, backend=counts)
            for number in (2, 3, 1, 4):
                caches = [torch.arange(75.0).reshape(5, 5, 3) for _ in range(2)]
                given, wanted = (
                    use_(c, torch.tensor(number))
                    for use_, c in zip((compiled, use), caches, strict=True)
                )
                assert plain(given) == plain(wanted)
                assert torch.equal(*caches)
    assert counting.frame_count <= alone.frame_count
    if name not in ("changed in place", "beside a list"):  # of which torch does the rest
        assert counting.frame_count == 1


@pytest.mark.parametrize("dtype", [torch.int32, torch.uint8, torch.bool])
def test_a_tensor_of_another_type_is_read_as_torch_reads_it(dtype: torch.dtype) -> None:
    with vartrack.use(THRIFT):
        compiled = torch.compile(lambda cache, at: cache[at] + 1, backend="eager")
        for number in (1, 0, 3):
            cache, at = torch.arange(12.0).reshape(4, 3), torch.tensor(number, dtype=dtype)
            assert torch.equal(compiled(cache, at), cache[at] + 1)


@pytest.mark.parametrize("make", [np.int64, np.array])
def test_a_row_at_a_number_of_numpy(make: Callable[[int], Any]) -> None:
    graphs = graphs_of_calls(
        lambda x, cache, at: (x + 1, cache[at], cache[:, at, 1], _NUMBERS[at] + x),
        lambda number: (torch.arange(75.0).reshape(5, 5, 3), make(1 + number)),
        THRIFT,
        4,
    )
    assert graphs == 1


_NUMBERS = np.arange(40.0)
_TABLE = np.arange(40).reshape(8, 5)

ARRAYS: dict[str, Callable[[Any, int], Any]] = {
    "a number": lambda x, at: x * _NUMBERS[at],
    "worked out": lambda x, at: x * _NUMBERS[at // 4 * 4] + _NUMBERS[at + 1],
    "from the end": lambda x, at: x * _NUMBERS[-at],
    "a row": lambda x, at: x + _TABLE[at].sum(),
    "a column": lambda x, at: x + _TABLE[:, at].sum() + _TABLE[at, 1:].max(),
    "two": lambda x, at: x + _TABLE[at, at - 1],
    "its type": lambda x, at: (x + 1, type(_NUMBERS[at]) is np.float64),
}


@pytest.mark.parametrize(
    ("name", "base"),
    [
        *((name, vartrack.sound) for name in ARRAYS),
        # torch has an array for such a number, which sound alone puts right
        *((name, vartrack.stock) for name in ARRAYS if name != "its type"),
    ],
    ids=lambda one: getattr(one, "name", one),
)
def test_a_row_of_an_array(name: str, base: vartrack.Registry) -> None:
    """torch dies of such a number, once it varies."""
    registry = base.derive("with thrift")
    vartrack.extras.thrift.register(registry)
    graphs = graphs_of_calls(ARRAYS[name], lambda number: (2 + number,), registry, 3)
    assert graphs <= 2
