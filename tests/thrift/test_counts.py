"""Counters that live outside: their number is a symbol."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from beside_torch import Program, assert_right, outcome
from places import Counting
from thrift_values import SOUND, THRIFT
from torch._dynamo import config

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

Calls = Callable[[], Iterator[dict[str, Any]]]


def counting(*numbers: int) -> Calls:
    """One counter for all calls."""

    def calls() -> Iterator[dict[str, Any]]:
        held = {"counter": itertools.count(*numbers), "step": 0}
        for _ in range(6):
            yield held

    return calls


def steps() -> Iterator[dict[str, Any]]:
    for step in (1, 2, 2, 3, -1):
        yield {"counter": itertools.count(4, step)}


def of_all_kinds() -> Iterator[dict[str, Any]]:
    for numbers in ((4,), (4.5,), (7, 2), (2.5,), (True,), (0,), (5, 0.5)):
        yield {"counter": itertools.count(*numbers)}


def stored(x: torch.Tensor, v: Any) -> None:
    v["step"] = next(v["counter"])


def stored_twice(x: torch.Tensor, v: Any) -> Any:
    v["step"] = next(v["counter"])
    v["log"] = [v["step"], next(v["counter"])]
    return v["log"]


def put_into_graph(x: torch.Tensor, v: Any) -> Any:
    return x * next(v["counter"]) + next(v["counter"])


def every_third(x: torch.Tensor, v: Any) -> Any:
    return 1 if next(v["counter"]) % 3 == 0 else 2


def needed(x: torch.Tensor, v: Any) -> Any:
    return "x" * int(next(v["counter"]))


def not_advanced(x: torch.Tensor, v: Any) -> Any:
    return isinstance(v["counter"], itertools.count), v["counter"]


#: Programs, and how many graphs six calls need.
COUNTED: dict[str, tuple[Program, int]] = {
    "stored": (stored, 1),
    "stored twice": (stored_twice, 2),
    "returned": (lambda x, v: next(v["counter"]), 1),
    "in the graph": (put_into_graph, 1),
    "in a text": (lambda x, v: f"step {next(v['counter'])}", 1),
    "asked": (every_third, 2),
    "gone through": (lambda x, v: list(zip(v["counter"], "ab", strict=False)), 1),
    "needed": (needed, 6),
    "not advanced": (not_advanced, 1),
}


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("name", COUNTED)
def test_a_counter_needs_no_graph_for_each_number(name: str, registry: vartrack.Registry) -> None:
    program, needed = COUNTED[name]
    for numbers in ((), (5,), (2, 3), (-1,)):
        found = outcome(registry, program, counting(*numbers))
        assert (found.status, found.detail) == ("right", ""), numbers
        assert found.graphs <= needed, numbers


@pytest.mark.parametrize("calls", [counting(), counting(7, 2), steps, of_all_kinds])
@pytest.mark.parametrize("name", COUNTED)
def test_it_is_right_in_every_place(name: str, calls: Calls) -> None:
    with config.patch(recompile_limit=20):
        assert_right(SOUND, COUNTED[name][0], calls)


def test_a_number_too_large_for_a_symbol_is_as_on_torch() -> None:
    def calls() -> Iterator[dict[str, Any]]:
        for _ in range(2):
            yield {"counter": itertools.count(2**70)}

    assert_right(SOUND, stored, calls)


class Stepping(torch.nn.Module):
    """A module that counts its calls by a counter."""

    def __init__(self) -> None:
        super().__init__()
        self.counter, self.step = itertools.count(), -1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.step = next(self.counter)
        return x * self.step


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
def test_a_module_with_a_counter(registry: vartrack.Registry) -> None:
    ours, theirs, backend = Stepping(), Stepping(), Counting()
    with vartrack.use(registry):
        compiled = torch.compile(ours, backend=backend, fullgraph=True)
        for size in range(2, 9):
            x = torch.ones(size)
            assert torch.equal(compiled(x), theirs(x))
            assert ours.step == theirs.step
            next(ours.counter), next(theirs.counter)  # by others too
    assert backend.graphs <= 2  # one for sizes that change
