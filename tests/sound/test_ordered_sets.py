"""torch's `OrderedSet`, made while tracing and as an argument."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from facts import Wrap, both_runs
from torch.utils._ordered_set import OrderedSet

ONE = torch.ones(2)

USES: dict[str, Callable[[Any], Any]] = {
    "list": list,
    "tuple": tuple,
    "repr": repr,
    "text": lambda s: f"{s}",
    "itself": lambda s: s,
    "reversed": lambda s: list(reversed(s)),
    "in": lambda s: 3 in s,
    "not in": lambda s: 9 in s,
    "or": lambda s: list(s | OrderedSet([9, 0])),
    "and": lambda s: list(s & OrderedSet([2, 3])),
    "minus": lambda s: list(s - OrderedSet([2])),
    "first": lambda s: next(iter(s)),
    "unpacked": lambda s: [*s],
    "equal": lambda s: s == OrderedSet([2, 1, 3]),
    "add": lambda s: (s.add(8), s)[1],
    "discard": lambda s: (s.discard(3), s)[1],
    "pop": lambda s: (s.pop(), list(s)),
    "keys": dict.fromkeys,
}


@pytest.mark.parametrize("name", USES)
def test_one_from_outside_keeps_its_order(name: str) -> None:
    def plan(wrap: Wrap):
        f = wrap(lambda x, items: (x + 1, USES[name](items)))
        for given in ([3, 1, 2], [1, 3, 2], [3, 1]):
            yield lambda: f(ONE, OrderedSet(given))

    both_runs(plan, refuses=True)


@pytest.mark.parametrize("name", USES)
def test_one_that_is_made_keeps_its_order(name: str) -> None:
    def plan(wrap: Wrap):
        f = wrap(lambda x: (x + 1, USES[name](OrderedSet([3, 1, 2]))))
        yield lambda: f(ONE)

    both_runs(plan, refuses=True)
