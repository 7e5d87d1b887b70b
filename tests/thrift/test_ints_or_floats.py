"""What is worked out of an int or a float, whichever it is; ranges of such; zeros that vary.

And whether one tuple or list comes before another.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from beside_torch import Outcome, outcome
from thrift_values import SOUND, THRIFT

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

FLOATS = (2.5, 3.5, -1.5, 0.5, -2.5, 4.5)


def _check(
    program: Callable[..., Any], values: Sequence[Any], graphs: int, other: str = "attribute"
) -> None:
    """Right on thrift alone and on `sound`, in no more graphs than ``graphs`` and torch."""
    alone = outcome(None, program, lambda: values)
    for registry, place in ((THRIFT, "argument"), (SOUND, other)):
        ours: Outcome = outcome(registry, program, lambda: values, place)
        assert ours.status == "right", (place, ours)
        assert ours.graphs <= graphs, (place, ours)
        if alone.status == "right":
            assert ours.graphs <= alone.graphs, (place, ours, alone)


#: What `min` or `max` gave is in an operator with an int, and then scales a tensor.
IN_OPERATORS: dict[str, Callable[..., Any]] = {
    "the sign of zero": lambda x, v: x * -max(v, 0),
    "what is left": lambda x, v: x * (1 - min(max(v, 0), 1)),
    "squared": lambda x, v: x * (1 - min(max(v, 0), 1)) ** 2,
    "halved": lambda x, v: x * (max(v, 1) // 2),
    "rest": lambda x, v: x * (max(v, 1) % 2),
    "doubled": lambda x, v: x * (max(v, 1) * 2) + 2 * max(v, 1),
    "by a negative number": lambda x, v: x * (max(v, 0) // -2),
    "of a power of two": lambda x, v: x * 2 ** max(v, 1),
    "too large": lambda x, v: x * (max(v, 2) ** 60),
}


@pytest.mark.parametrize("name", IN_OPERATORS)
def test_operators_of_an_int_or_a_float(name: str) -> None:
    graphs = {"by a negative number": 4, "of a power of two": 3, "too large": 3}.get(name, 2)
    program = IN_OPERATORS[name]
    for registry, place in ((THRIFT, "argument"), (SOUND, "attribute")):
        ours = outcome(registry, program, lambda: FLOATS, place)
        assert (ours.status, ours.graphs <= graphs) == ("right", True), (place, ours)


#: Operations on a tensor of floats, to which it is all one.
BESIDE_TENSORS: dict[str, Callable[..., Any]] = {
    "clamp": lambda x, v: (x.clamp(max(v, 1)), torch.clamp(x, min=0, max=max(v, 1))),
    "add": lambda x, v: (x.add(max(v, 1)), torch.add(x, x, alpha=max(v, 1))),
    "in place": lambda x, v: x.clone().mul_(max(v, 1)).div_(max(v, 2)),
    "filled": lambda x, v: (x.masked_fill(x > 2, max(v, 1)), torch.full_like(x, max(v, 1))),
    "where": lambda x, v: torch.where(x > 2, x, max(v, 1)),
    "lerp": lambda x, v: x.lerp(x + 1, max(v, 0)),
    "a tensor like it": lambda x, v: (x.new_tensor([max(v, 1), 2]), x.new_full((2,), max(v, 1))),
    "one of ints like it": lambda x, v: (x.long().new_tensor((max(v, 1),)), x.long() + 1),
    "one with a float": lambda x, v: torch.tensor([max(v, 1), 2.0]),
    "one of that type": lambda x, v: torch.tensor([max(v, 1), 2], dtype=torch.float64),
    "leaky": lambda x, v: torch.nn.functional.leaky_relu(-x, max(v, 0)),
}


@pytest.mark.parametrize("name", BESIDE_TENSORS)
def test_operations_of_an_int_or_a_float(name: str) -> None:
    _check(BESIDE_TENSORS[name], FLOATS, 2)


#: Those to which it is not: the type of what they give depends on it.
TYPE_COUNTS: dict[str, Callable[..., Any]] = {
    "a tensor of ints": lambda x, v: (x.long().add(max(v, 1)), x.long().clamp(max=max(v, 1))),
    "two tensors": lambda x, v: torch.where(x > 2, x.long(), max(v, 1)),
    "made of it": lambda x, v: (torch.full((2,), max(v, 1)), torch.tensor(max(v, 1))),
    "a tensor of a list": lambda x, v: torch.tensor([max(v, 1), 2]),
    "a mask": lambda x, v: (x > 2).add(max(v, 1)),
}


@pytest.mark.parametrize("name", TYPE_COUNTS)
def test_where_the_type_counts(name: str) -> None:
    for registry in (THRIFT, SOUND):
        ours = outcome(registry, TYPE_COUNTS[name], lambda: FLOATS)
        assert (ours.status, ours.graphs <= 3) == ("right", True), ours


def _by(count: Callable[[Any], int]) -> Callable[..., Any]:
    def program(x: torch.Tensor, v: Any) -> Any:
        for number in range(count(v)):
            x = x + number
        return x

    return program


RANGES: dict[str, tuple[Callable[[Any], int], Sequence[Any]]] = {
    "int": (int, (2.5, 3.5, 2.7, 3.1, 2.2)),
    "round": (round, (2.4, 3.4, 2.2, 3.1, 2.2)),
    "ceil": (math.ceil, (2.4, 3.4, 2.2, 3.1, 2.2)),
    "a part": (lambda v: int(v * 4), (0.5, 0.6, 0.75, 0.8, 0.51)),
    "halved": (lambda v: v // 2, (4, 5, 6, 7, 4, 5)),
    "itself": (lambda v: v, (2, 3, 2, 3)),
}


@pytest.mark.parametrize("name", RANGES)
def test_going_through_a_range(name: str) -> None:
    """How many there are is fixed, and not what that was worked out of: as on torch."""
    count, values = RANGES[name]
    _check(_by(count), values, 3)


ZEROS = (1.5, 0.0, 2.5, 0.0, -0.0, 3.5)
#: How many graphs are enough where the number is zero when it is first known to vary.
ZERO: dict[str, tuple[Callable[..., Any], int]] = {
    "scaled": (lambda x, v: x * v, 2),
    "passed on": (lambda x, v: (x.masked_fill(x > 2, v), torch.lerp(x, -x, v), v), 2),
    "divided": (lambda x, v: (v / x, x / v), 2),
    "less itself": (lambda x, v: x * (v - v + 1), 2),
    "truth": (lambda x, v: x + v if v else x - 1, 3),
    "compared": (lambda x, v: x * v if v > 0 else -x, 3),
    "divides": (lambda x, v: x * (1 / v if v else 2), 3),
    "sign": (lambda x, v: x * math.copysign(1.0, v) + v, 3),
    "a root": (lambda x, v: (x * v**0.5, v**1.5), 2),
}


@pytest.mark.parametrize("name", ZERO)
def test_zero_is_a_number_that_varies(name: str) -> None:
    program, graphs = ZERO[name]
    _check(program, ZEROS, graphs)


def test_a_root_of_what_comes_to_be_zero() -> None:
    """Zero has a root as well, and a negative number none."""
    _check(lambda x, n: x * (1 - min(n, 5) / 5) ** 0.9, (0, 1, 3, 5, 7, 2), 2)
    _check(lambda x, n: (x + 1, n**0.5), (3, 4, 0, 9, -2), 3)


class Later(int):
    """Comes after everything, as far as it is asked itself."""

    def __gt__(self, other: object) -> bool:
        return True

    def __ge__(self, other: object) -> bool:
        return True


VERSIONS = ((2, 1), (2, 2), (2, 3), (3, 0), (1, 9), (2, 4, 1))
ORDERED: dict[str, tuple[Callable[..., Any], Sequence[Any], int]] = {
    "version": (lambda x, v: x * 2 if v >= (2, 3) else x, VERSIONS, 2),
    "constant first": (lambda x, v: x * 2 if v >= (2, 3) else x, VERSIONS, 2),
    "lists": (lambda x, v: x * 2 if v < [2, 3] else x, [[*v] for v in VERSIONS], 2),
    "one of numbers and texts": (lambda x, v: x + (v > (2, "b")), ((2, "a"), (2, "c"), (3, 1)), 2),
    "two": (
        lambda x, v: x + (v[0] < v[1]),
        (((1, 2), (1, 3)), ((5, 2), (1, 3)), ((0, 9), (4,))),
        2,
    ),
    "their own class": (lambda x, v: x * 2 if v >= (2, 3) else x, ((2, 1), (Later(1), 0)), 2),
    "nan": (lambda x, v: x * 2 if v >= (1.0, 2) else x, ((math.nan, 1), (1.0, 3)), 2),
}


@pytest.mark.parametrize("name", ORDERED)
def test_which_comes_first(name: str) -> None:
    """The answer is guarded, and not what is in them."""
    _check(*ORDERED[name], other="global")  # a tuple of numbers that a module holds is its setting


def test_what_cannot_be_ordered_raises_in_the_program() -> None:
    def program(x: torch.Tensor, v: Any) -> Any:
        try:
            return x * 2 if v >= (2, 3) else x
        except TypeError:
            return x - 1

    _check(program, ((2, 1), ("a", 1), (2, 5), (3, 1), (None, 2)), 4)


def test_zero_with_a_backend_that_traces_again() -> None:
    def program(x: torch.Tensor, v: float) -> Any:
        return x * v, x.clamp(min=v), v

    x = torch.arange(4.0) - 2
    with vartrack.use(THRIFT):
        compiled = torch.compile(program, backend="aot_eager")
        for v in ZEROS:
            assert repr(compiled(x, v)) == repr(program(x, v))


class Clamped(torch.nn.Module):
    """Scales by a number that is a tensor to inductor there, and below which nothing is."""

    def __init__(self) -> None:
        super().__init__()
        self.least = 0.0
        self.mark = int.from_bytes(os.urandom(6), "big")  # no run before had this graph

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x - self.mark).clamp(min=self.least) * self.least


def test_a_number_that_inductor_fixes() -> None:
    """What its caches have for one number is not given for another."""
    x, module = torch.arange(4.0) - 2, Clamped()
    with vartrack.use(SOUND):
        compiled = torch.compile(module, backend="inductor")
        for module.least in (1.25, 2.25, 3.25):
            assert repr(compiled(x)) == repr(module(x))
