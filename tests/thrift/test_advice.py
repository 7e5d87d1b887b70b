"""A recompile says so where thrift would have taken it away."""

from __future__ import annotations

import enum
import functools
import math
import types
from typing import Any

import pytest
import torch
from thrift_values import THRIFT, Mode

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")


def made_anew() -> Any:
    class Scaled:
        factor = 2

    return Scaled()


x = torch.zeros(2)
CALLS: dict[str, tuple[Any, list[Any]]] = {
    "string": (lambda x, v: x + 1 if v != "z" else x, ["a", "b"]),
    "length": (lambda x, v: x + v[0], [[x], [x, x]]),
    "member of an enum": (lambda x, v: (x + 1, [v]), [Mode.A, Mode.B]),
    "int": (lambda x, v: x + 1 if v > 3 else x, [5, 6]),
    "class made anew": (lambda x, v: x * v.factor, [made_anew(), made_anew()]),
    "constant": (lambda x, v: (x + 1, [v]), [True, False]),
}


@pytest.mark.parametrize("cause", CALLS)
def test_a_recompile_names_thrift(cause: str) -> None:
    function, values = CALLS[cause]
    calls = [((x, value), {}) for value in values]
    with vartrack.use(vartrack.stock):
        found = vartrack.explain_calls(function, calls)
    recompiles = [each for compile in found.compiles for each in compile.recompiles]
    assert [each.cause for each in recompiles] == [cause]
    assert 'extras=["thrift"]' in recompiles[0].way_out
    torch._dynamo.reset()
    with vartrack.use(THRIFT):
        found = vartrack.explain_calls(function, calls)
    assert len(found.compiles) == 1, "and it is true"


def test_not_where_it_is_in_force() -> None:
    def function(x: torch.Tensor, v: str) -> torch.Tensor:
        return x + 1 if v == "a" else x + 2

    with vartrack.use(THRIFT):
        found = vartrack.explain_calls(function, [((x, "a"), {}), ((x, "b"), {})])
    (recompile,) = (each for compile in found.compiles for each in compile.recompiles)
    assert recompile.cause == "string"
    assert "thrift" not in recompile.way_out


def test_of_numbers_that_go_into_functions_of_math() -> None:
    """torch has a symbol for them, and fixes it to each."""

    def function(x: torch.Tensor, v: int) -> torch.Tensor:
        return x * math.exp(-v / 10)

    calls = [((x, value), {}) for value in (5, 6, 7)]
    with vartrack.use(vartrack.stock):
        found = vartrack.explain_calls(function, calls)
    recompiles = [each for compile in found.compiles for each in compile.recompiles]
    assert "number" in [each.cause for each in recompiles]
    assert all('extras=["thrift"]' in each.way_out for each in recompiles)
    torch._dynamo.reset()
    with vartrack.use(THRIFT):
        assert len(vartrack.explain_calls(function, calls).compiles) < len(found.compiles)


class Kind(enum.Enum):
    ONE = 1
    TWO = 2


def summed(x: torch.Tensor, v: int) -> torch.Tensor:
    for number in range(v):
        x = x + number
    return x


def scaled(x: torch.Tensor, a: int = 1, **more: Any) -> torch.Tensor:
    return x * a


Plain = types.SimpleNamespace
#: What the set takes away, and, below, what it does not though the cause is the same.
TRIED: dict[str, tuple[Any, list[Any]]] = {
    "a text that is asked": (lambda x, v: x * 2 if v.startswith("q") else x, ["a", "b"]),
    "a text with two answers": (lambda x, v: x * 2 if v.startswith("a") else x, ["a", "b"]),
    "a text that decides": (lambda x, v: x * 2 if v == "a" else x, ["a", "b"]),
    "a key of a table made here": (lambda x, v: x * {"a": 2, "b": 3}[v], ["a", "b"]),
    "an equation": (lambda x, v: torch.einsum(v, x, x), ["i,i->i", "i,i->"]),
    "an attribute by name": (lambda x, v: getattr(torch, v)(x), ["sin", "cos"]),
    "a flag that decides": (lambda x, v: x * 2 if v else x, [True, False]),
    "a flag that is carried": (lambda x, v: (x * 2, [v]), [True, False]),
    "a number that is gone up to": (summed, [3, 4, 5]),
    "an index of a list made here": (lambda x, v: x * [1, 2, 3][v], [0, 1, 2]),
    "a number of a function of math": (lambda x, v: x * math.exp(-v), [3, 4, 5]),
    "a number that is asked": (lambda x, v: x * 2 if v > 9 else x, [3, 4]),
    "an int and a float": (lambda x, v: x * v, [2, 2.5]),
    "the first of a list": (lambda x, v: x * v[0], [[2], [2, 3]]),
    "all of a list": (lambda x, v: [each * x for each in v], [[x], [x, x]]),
    "how many there are": (lambda x, v: x * 2 if len(v) > 9 else x, [[1], [1, 2]]),
    "a list in order": (lambda x, v: (x * 2, sorted(v)), [["b", "a"], ["c", "a"]]),
    "the keys of a dict": (lambda x, v: (x * 2, list(v)), [{"s": 2}, {"s": 2, "r": 1}]),
    "all of a dict": (
        lambda x, v: {key: x * each for key, each in v.items()},
        [{"a": x}, {"b": x}],
    ),
    "others by name": (lambda x, v: scaled(x, **v), [{"a": 1, "z": 1}, {"a": 1, "y": 1}]),
    "a member that is asked": (lambda x, v: (x * 2, v is Mode.B), [Kind.ONE, Kind.TWO]),
    "a member that decides": (lambda x, v: x * 2 if v is Kind.ONE else x, [Kind.ONE, Kind.TWO]),
    "a dtype that is asked": (lambda x, v: x * 2 if v is torch.int8 else x, [torch.half, x.dtype]),
    "a dtype that is used": (lambda x, v: x.to(v), [torch.half, torch.double]),
    "a class that is carried": (lambda x, v: (x * 2, v), [int, str]),
    "members of a set": (lambda x, v: x * 2 if "q" in v else x, [{"a"}, {"a", "b"}]),
    "all of a set": (lambda x, v: [x * each for each in sorted(v)], [{1}, {1, 2}]),
    "a function": (lambda x, v: v(x), [torch.sin, torch.cos]),
    "a module": (lambda x, v: v(x), [torch.nn.ReLU(), torch.nn.Tanh()]),
    "an attribute that is there": (lambda x, v: x * hasattr(v, "q"), [Plain(), Plain(q=1)]),
    "a shape": (lambda x, v: v * 2, [torch.ones(2), torch.ones(2, 2)]),
}


def _made(function: Any) -> Any:
    @functools.wraps(function)
    def call(x: torch.Tensor, v: Any) -> Any:
        return function(x, v), x + 1  # there is a graph, whatever is asked

    return call


@pytest.mark.parametrize("what", TRIED)
def test_thrift_is_named_where_it_takes_the_recompile_away_and_nowhere_else(what: str) -> None:
    function, values = TRIED[what]
    calls = [((x, value), {}) for value in values]
    with vartrack.use(vartrack.stock):
        found = vartrack.explain_calls(_made(function), calls)
    recompiles = [each for compile in found.compiles for each in compile.recompiles]
    assert recompiles
    torch._dynamo.reset()
    with vartrack.use(THRIFT):
        with_thrift = vartrack.explain_calls(_made(function), calls)
    is_named = any('extras=["thrift"]' in each.way_out for each in recompiles)
    assert is_named == (len(with_thrift.compiles) < len(found.compiles))


def test_what_is_tried_leaves_nothing_behind() -> None:
    """The compiles, the graph breaks and the numbers that change are those without it."""

    def function(x: torch.Tensor, v: int) -> torch.Tensor:
        x = x * v
        torch._dynamo.graph_break()
        return x + v

    def told() -> Any:
        found = vartrack.explain_calls(function, iter(calls) if is_tried else calls[:1])
        return [(each.id, len(each.graphs), each.skipped) for each in found.compiles], [
            each.reason for each in found.breaks
        ]

    calls = [((x, value), {}) for value in (2, 3, 4)]
    with vartrack.use(vartrack.stock):
        is_tried = False
        compiles, breaks = told()
        is_tried = True
        more, breaks_again = told()
    assert more[: len(compiles)] == compiles
    assert breaks_again[: len(breaks)] == breaks
