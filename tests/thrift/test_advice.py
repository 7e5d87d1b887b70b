"""A recompile says so where thrift would have taken it away."""

from __future__ import annotations

import math
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
