"""`Cls[key]` by a `__class_getitem__` of the user's: what it reads can change."""

from __future__ import annotations

import torch
from facts import Wrap, both_runs

ONE = torch.ones(2)


def test_what_it_reads_is_guarded() -> None:
    def plan(wrap: Wrap):
        class Table:
            items = {int: 2, str: 3}  # noqa: RUF012 - it is changed

            def __class_getitem__(cls, key: type) -> int:
                return cls.items[key]

        f = wrap(lambda x: x * Table[int] + Table[str])
        yield lambda: f(ONE)
        Table.items[int] = 7
        yield lambda: f(ONE)
        Table.items = {int: 1, str: 0}
        yield lambda: f(ONE)

    assert both_runs(plan) == 3


def test_its_body_is_guarded() -> None:
    def plan(wrap: Wrap):
        class Named:
            def __class_getitem__(cls, key: int) -> int:
                return key + 1

        f = wrap(lambda x: x * Named[2])
        yield lambda: f(ONE)
        Named.__class_getitem__ = classmethod(lambda cls, key: key * 5)  # type: ignore
        yield lambda: f(ONE)

    both_runs(plan)
