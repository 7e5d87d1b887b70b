"""Iterators that are looked for in lists and tuples: none is equal to another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from facts import both_runs

ONE = torch.ones(2)
MAKING: dict[str, Callable[[], Any]] = {
    "range": lambda: iter(range(3)),
    "tuple": lambda: iter((1, 2)),
}


def _removed(one: Any, other: Any) -> Any:
    items = [one]
    items.remove(other)
    return len(items)


USES: dict[str, Callable[[Any, Any], Any]] = {
    "index": lambda one, other: [1, one].index(other),
    "index in a tuple": lambda one, other: (one, 1).index(other),
    "remove": _removed,
}


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("kind", MAKING)
def test_it_is_found_by_what_it_is(kind: str, use: str) -> None:
    def run(x: Any, one: Any, other: Any) -> Any:
        try:
            return x + 1, USES[use](one, other)
        except ValueError:
            return x, "none"

    def plan(wrap: Any) -> Any:
        f = wrap(run)
        one = MAKING[kind]()
        yield lambda: f(ONE, one, one)
        yield lambda: f(ONE, one, MAKING[kind]())

    both_runs(plan, refuses=True)
