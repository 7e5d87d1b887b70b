"""``super().name`` of what a class has, true or not: torch goes on to the next class if it is not."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from facts import both_runs

ONE = torch.ones(2)
VALUES: dict[str, Any] = {
    "zero": 0,
    "None": None,
    "no text": "",
    "no items": [],
    "false": False,
    "a tensor": torch.ones(2),
    "a zero": torch.zeros(1),
}


def classes(value: Any) -> tuple[type, type]:
    class Base:
        n = 5

    class Middle(Base):
        n = value

    class Last(Middle):
        n = 7

        def above(self):
            return super().n

        @classmethod
        def above_class(cls):
            return super().n

    return Middle, Last


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("way", ["above", "above_class"])
def test_what_is_found_by_super(way: str, value: str) -> None:
    def plan(wrap):
        middle, last = classes(VALUES[value])
        owner = last()
        f = wrap(lambda x: (x + 1, getattr(owner, way)(), super(last, owner).n is None))
        yield lambda: f(ONE)
        middle.n = 3
        yield lambda: f(ONE)
        middle.n = 4
        yield lambda: f(ONE)
        middle.n = VALUES[value]
        yield lambda: f(ONE)
        del middle.n
        yield lambda: f(ONE)

    both_runs(plan, refuses=True)
