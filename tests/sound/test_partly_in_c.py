"""Classes that have some comparisons of their own, and others of a type in C."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from facts import both_runs

ONE = torch.ones(2)
#: By the type in C two of its values, of which the first is made one of the class.
VALUES: dict[type, tuple[Any, Any]] = {
    str: ("c", "a"),
    int: (3, 1),
    tuple: ((3,), (1,)),
    list: ([3], [1]),
    dict: ({1: 2}, {1: 3}),
    frozenset: (frozenset([1]), frozenset([2])),
}


def answers(x: torch.Tensor, one: Any, other: Any, ordered: bool) -> Any:
    answers = (one == other, one != other, other == one, other != one)
    if ordered:
        answers += (one < other, one <= other, one > other, one >= other)
        answers += (other < one, other <= one, other > one, other >= one)
    return x + 1, answers


@pytest.mark.parametrize("own", ["__eq__", "__lt__", "__ne__"])
@pytest.mark.parametrize("base", VALUES)
def test_each_comparison_is_asked_as_python_asks_it(base: Any, own: str) -> None:
    methods = {own: lambda self, other: True, "__hash__": getattr(base, "__hash__", None)}
    cls = type("Own", (base,), methods)
    value, other = VALUES[base]

    def plan(wrap: Any) -> Any:
        compiled = wrap(answers)
        yield lambda: compiled(ONE, cls(value), other, base is not dict)

    both_runs(plan, refuses=True)
