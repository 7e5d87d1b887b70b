"""Subclasses of deque in a module that has no name for `collections`: torch's code needs one."""

from __future__ import annotations

import copy
import operator
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from facts import both_runs

ONE = torch.ones(2)


class Queue(deque): ...


USES: dict[str, Callable[[Any], Any]] = {
    "sum": lambda v: v + v,
    "sum with a deque": lambda v: v + deque([1]),
    "a deque and it": lambda v: deque([1]) + v,
    "repeated": lambda v: v * 2,
    "repeated from the left": lambda v: 2 * v,
    "sum in place": lambda v: operator.iadd(v, v),
    "repeated in place": lambda v: operator.imul(v, 2),
    "copy": lambda v: v.copy(),
    "copy.copy": copy.copy,
    "extended": lambda v: v.extend([1]),
    "appended to the left": lambda v: v.appendleft(3),
    "reversed": lambda v: v.reverse(),
    "turned": lambda v: v.rotate(1),
    "popped": lambda v: v.pop(),
    "emptied": lambda v: v.clear(),
}


@pytest.mark.parametrize("most", [None, 3])
@pytest.mark.parametrize("name", USES)
def test_they_stay_what_they_are(name: str, most: int | None) -> None:
    def program(wrap: Any) -> Iterator[Callable[[], Any]]:
        value = Queue([1, 2], most)
        f = wrap(lambda x, v: (x + 1, USES[name](v), v))

        def call() -> Any:
            result, given, kept = f(ONE, value)
            return result, type(given).__name__, list(kept), kept.maxlen, kept is value

        yield call
        value.append(5)
        yield call

    both_runs(program, refuses=True)
