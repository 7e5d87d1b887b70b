"""The dict of an object that the traced code makes and does not keep."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from facts import Plans, both_runs

ONE = torch.ones(2)
PLANS = Plans()
plan = PLANS.add


class Setting:
    def __init__(self, number: int) -> None:
        self.number = number
        self.name = "set"


@plan
def it_is_returned(wrap):
    f = wrap(lambda x, n: (x + 1, vars(Setting(n)), Setting(n).__dict__))
    for number in (1, 2):
        yield lambda number=number: f(ONE, number)


@plan
def it_is_written_to(wrap):
    def use(x: Any, n: int) -> Any:
        made = Setting(n)
        held = made.__dict__
        made.later = x
        held["more"] = n
        return x + 1, held, made.more

    f = wrap(use)
    for number in (1, 2):
        yield lambda number=number: f(ONE, number)


@plan
def it_is_in_another(wrap):
    f = wrap(lambda x, n: (x + 1, [vars(Setting(n))], {"k": {**vars(Setting(n))}}))
    for number in (1, 2):
        yield lambda number=number: f(ONE, number)


@pytest.mark.parametrize("of", PLANS.values(), ids=PLANS)
@pytest.mark.usefixtures("as_before")
def test_it_has_what_the_object_had(of: Any) -> None:
    both_runs(of)
