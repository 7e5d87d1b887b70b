"""Odd values: whatever they do, nothing is worse than on torch alone.

A few values with a use of each every day; ``--examples N`` takes N of the 8,000 programs, spread
over all of them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from random_programs.judging import AS_TORCH, judge
from random_programs.odd import odd_programs

pytestmark = [pytest.mark.usefixtures("fresh"), pytest.mark.filterwarnings("ignore")]

#: How many are tried every day, and how many on one side before the next.
EVERY_DAY = 48
TOGETHER = 24


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_nothing_is_worse_than_torch_alone(pytestconfig: pytest.Config) -> None:
    programs = odd_programs()
    names = list(programs)[:: len(programs) // (pytestconfig.getoption("--examples") or EVERY_DAY)]
    for start in range(0, len(names), TOGETHER):
        some = names[start : start + TOGETHER]
        for name, verdict in zip(some, judge([programs[name] for name in some]), strict=True):
            assert not verdict.failures.keys() - {AS_TORCH}, f"{name}: {verdict.failures}"
