"""Texts of a `DynamicInt`, which is written as such, and is an int to torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from facts import both_runs
from torch.fx.experimental.sym_node import DynamicInt

ONE = torch.ones(2)
TEXTS: dict[str, Callable[[Any], str]] = {
    "repr": repr,
    "in a list": lambda n: repr([n]),
    "of a sum": lambda n: f"{n + 1}",
    "formatted": lambda n: f"{n}",
    "as repr": lambda n: f"{n!r}",
    "by its method": lambda n: n.__repr__(),
    "with a type": lambda n: f"{n:d}",
}


@pytest.mark.first_answer
@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("name", TEXTS)
def test_it_is_no_text_of_an_int(name: str) -> None:
    def plan(wrap: Any) -> Any:
        f = wrap(lambda x, n: (x + 1, TEXTS[name](n)))
        yield lambda: f(ONE, DynamicInt(3))
        yield lambda: f(ONE, DynamicInt(4))

    both_runs(plan, refuses=True)
