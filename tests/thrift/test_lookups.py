"""Tensors that are looked up by a number that changes."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import plain
from places import Counting
from thrift_values import graphs_of_calls
from torch._dynamo.exc import TorchDynamoException
from torch._dynamo.testing import CompileCounterWithBackend

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

THRIFT = vartrack.stock.derive("thrift")
vartrack.extras.thrift.register(THRIFT)

TABLE: dict[Any, Any] = {}


def filled(numbers: Any) -> dict[Any, Any]:
    return {number: torch.full((2,), float(number)) for number in numbers}


class Keyed(torch.nn.Module):
    def __init__(self, key: Any, table: dict[Any, Any] | None = None) -> None:
        super().__init__()
        self.key, self.table = key, table

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + (TABLE if self.table is None else self.table)[self.key]


def same_after(changes: list[Callable[[Keyed], None]], module: Keyed, function: Any = None) -> int:
    """How many graphs it takes, each change made twice: before a compiled and another call."""
    function = function or (lambda module, x: module(x))
    other = Keyed(module.key, None if module.table is None else dict(module.table))
    backend = Counting()
    with vartrack.use(THRIFT):
        compiled = torch.compile(function, backend=backend)
        for number, change in enumerate(changes):
            found = []
            for run, one in ((compiled, module), (function, other)):
                change(one)
                try:
                    found.append(plain(run(one, torch.ones(2))))
                except (KeyError, TypeError, RuntimeError) as error:
                    found.append(isinstance(error, KeyError))
            assert found[0] == found[1], number
    return backend.graphs


def keyed(key: Any) -> Callable[[Keyed], None]:
    return lambda module: setattr(module, "key", key)


def entry(key: Any, make: Callable[[], Any]) -> Callable[[Keyed], None]:
    def change(module: Keyed) -> None:
        assert module.table is not None
        module.table[key] = make()

    return change


@pytest.mark.parametrize("kind", [int, float])
def test_the_key_is_no_reason_to_compile_again(kind: Any) -> None:
    keys = [kind(number) for number in range(2, 9)]
    assert same_after([keyed(key) for key in keys], Keyed(keys[0], filled(keys))) == 1


def test_a_table_in_a_global_and_keys_of_many_modules() -> None:
    TABLE.clear()
    TABLE.update(filled(range(2, 9)))
    backend = Counting()
    with vartrack.use(THRIFT):
        compiled = torch.compile(lambda module, x: module(x), backend=backend, fullgraph=True)
        for key in range(2, 9):
            assert torch.equal(
                compiled(Keyed(float(key)), torch.ones(2)), torch.full((2,), key + 1.0)
            )
    assert backend.graphs == 1


def test_what_is_found_can_be_anything_later() -> None:
    changes = [
        *(keyed(float(key)) for key in range(2, 6)),
        entry(5.0, lambda: torch.zeros(2)),
        entry(5.0, lambda: torch.zeros(2, dtype=torch.float64)),
        entry(5.0, lambda: torch.zeros(1)),
        entry(5.0, lambda: torch.zeros(2, requires_grad=True)),
        entry(5.0, lambda: torch.nn.Parameter(torch.ones(2))),
        entry(5.0, lambda: 3),
        entry(5.0, lambda: 4),
        entry(5.0, lambda: None),
        keyed(7.0),  # is not there
        keyed(3.0),
        keyed("text"),
        keyed(True),
        keyed(3),
        keyed(math.nan),
        keyed(math.inf),
        keyed(4.0),
        lambda module: module.table.clear(),  # type: ignore[union-attr]
        lambda module: module.table.update(filled([4.0])),  # type: ignore[union-attr]
        lambda module: setattr(module, "table", filled([4.0, 5.0])),
        keyed(5.0),
    ]
    same_after(changes, Keyed(2.0, filled([2.0, 3.0, 4.0, 5.0])))


def test_a_tensor_that_is_found_twice_is_one_tensor() -> None:
    def program(module: Keyed, x: torch.Tensor) -> torch.Tensor:
        assert module.table is not None
        found = module.table[module.key]
        fixed = module.table[3.0]
        found.add_(1)
        return x + found * fixed

    keys = [2.0, 4.0, 5.0, 3.0, 2.0, 3.0]
    module = Keyed(2.0, filled([2.0, 3.0, 4.0, 5.0]))
    other = Keyed(2.0, filled([2.0, 3.0, 4.0, 5.0]))
    with vartrack.use(THRIFT):
        compiled = torch.compile(program, backend="aot_eager")
        for key in keys:
            module.key = other.key = key
            assert torch.equal(compiled(module, torch.ones(2)), program(other, torch.ones(2))), key
    assert plain(module.table) == plain(other.table)


def test_a_table_that_the_code_changes_is_read_as_torch_reads_it() -> None:
    def program(module: Keyed, x: torch.Tensor) -> torch.Tensor:
        assert module.table is not None
        module.table[module.key] = x * 2
        return module.table[module.key] + 1

    same_after([keyed(float(key)) for key in range(2, 7)], Keyed(2.0, filled([2.0])), program)


def test_what_is_missing_and_caught() -> None:
    def program(module: Keyed, x: torch.Tensor) -> torch.Tensor:
        assert module.table is not None
        try:
            return x + module.table[module.key]
        except KeyError:
            return x - 1

    changes = [keyed(float(key)) for key in (2, 3, 9, 10, 3, 2)]
    same_after(changes, Keyed(2.0, filled([2.0, 3.0])), program)


class Schedule:
    def __init__(self) -> None:
        self.at, self.rates, self.names = (
            0,
            [9.5, 6.5, 3.5, 2.5, 0.5, 7.5],
            ("a", "b", "a", "b", "a"),
        )


def _rate(plan: Schedule, x: torch.Tensor) -> Any:
    rate = plan.rates[plan.at]
    plan.at += 1
    return x * rate


def _told(plan: Schedule, x: torch.Tensor) -> Any:
    told = plan.rates[plan.at], plan.names[plan.at]
    plan.at += 1
    return x + 1, told


def _asked(plan: Schedule, x: torch.Tensor) -> Any:
    is_b = plan.names[plan.at] == "b"
    plan.at += 1
    return x * 2 if is_b else x + 1


def _missing(plan: Schedule, x: torch.Tensor) -> Any:
    try:
        rate = plan.rates[plan.at]
    except IndexError:
        return x - 1
    plan.at += 3
    return x + 1, rate


def _written(plan: Schedule, x: torch.Tensor) -> Any:
    rate = plan.rates[plan.at]
    plan.rates[plan.at] = 1.0
    plan.at += 1
    return x + 1, rate


def _removed(plan: Schedule, x: torch.Tensor) -> Any:
    rate = plan.rates[plan.at]
    plan.rates.pop(0)
    return x + 1, rate


@pytest.mark.parametrize(
    ("use", "graphs"),
    [(_rate, 2), (_told, 1), (_asked, 2), (_missing, 3), (_written, 5), (_removed, 5)],
)
@pytest.mark.parametrize("base", [None, vartrack.sound], ids=["thrift", "sound"])
def test_an_item_at_an_index_that_changes_is_read_again(use: Any, graphs: int, base: Any) -> None:
    registry = (base or vartrack.stock).derive("with thrift")
    vartrack.extras.thrift.register(registry)
    backend, given, wanted = Counting(), Schedule(), Schedule()
    with vartrack.use(registry):
        compiled = torch.compile(use, backend=backend, fullgraph=True)
        for _ in range(5):
            assert plain(compiled(given, torch.ones(2))) == plain(use(wanted, torch.ones(2)))
            assert vars(given) == vars(wanted)
    assert backend.graphs <= graphs


def _put(cache: torch.Tensor, at: int) -> Any:
    cache[:, at] = torch.arange(3) * at
    cache[..., at, 1:] += 1
    cache[0, at, 0] = 7.0
    return cache[:, : at + 1].sum()


#: By name what is done with a tensor and a number, which ones, and how many graphs are enough.
ROWS: dict[str, tuple[Callable[[torch.Tensor, int], Any], tuple[int, ...], int]] = {
    "read": (lambda c, at: (c[:, at], c[1, at, 1:], c[..., at, :], c[0, at, at - 2]), (2, 3, 4), 2),
    "written": (_put, (2, 3, 4, 5), 2),
    "from the end": (lambda c, at: c[:, at], (-1, -2, -3, 2, 3), 3),
    "beside others": (lambda c, at: (c[None, :, at], c[:, at, [0, 1]]), (2, 3, 4), 3),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_at_a_number_that_varies(name: str) -> None:
    use, numbers, enough = ROWS[name]
    graphs = graphs_of_calls(
        lambda x, cache, at: (x + 1, use(cache, at)),
        lambda number: (torch.arange(36.0).reshape(2, 6, 3), numbers[number]),
        THRIFT,
        len(numbers),
    )
    assert graphs <= enough


def test_a_row_that_is_not_there_is_an_error() -> None:
    with vartrack.use(THRIFT):
        compiled = torch.compile(lambda cache, at: cache[:, at] + 1, backend="eager")
        for at in (1, 2, 3):
            assert torch.equal(compiled(torch.ones(2, 4), at), torch.full((2,), 2.0))
        with pytest.raises((IndexError, TorchDynamoException)):
            compiled(torch.ones(2, 4), 4)


def test_a_cache_that_is_filled_row_by_row() -> None:
    class Cache(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.keys, self.filled = torch.zeros(2, 8, 3), 0
            self.layer = torch.nn.Linear(3, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            keys = self.layer(x)
            self.keys[:, self.filled] = keys.detach()
            self.filled += 1
            return (keys * self.keys[:, self.filled - 1]).sum() + self.keys[:, : self.filled].mean()

    cache = Cache()
    beside, backend = copy.deepcopy(cache), CompileCounterWithBackend("aot_eager")
    with vartrack.use(THRIFT):
        compiled = torch.compile(cache, backend=backend, fullgraph=True)
        for number in range(4):
            for run in (compiled, beside):
                run(torch.full((2, 3), 1.0 + number)).backward()
            assert torch.equal(cache.keys, beside.keys)
            assert torch.equal(cache.layer.weight.grad, beside.layer.weight.grad)
    assert backend.frame_count <= 2
