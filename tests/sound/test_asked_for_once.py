"""`hasattr` and `getattr` with a default run what a class says of its attributes once, and no guard does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from facts import both_runs

from vartrack.compat.release import runs_on

ONE = torch.ones(2)


def by_getattr() -> type:
    class Counting:
        asked = 0
        lacks = False

        def __getattr__(self, name):
            Counting.asked += 1
            if Counting.lacks:
                raise AttributeError(name)
            return 4

    return Counting


def by_property() -> type:
    class Counting:
        asked = 0
        lacks = False

        @property
        def n(self):
            Counting.asked += 1
            if Counting.lacks:
                raise AttributeError("n")
            return 4

    return Counting


def by_descriptor() -> type:
    class Four:
        def __get__(self, owner, cls=None):
            Counting.asked += 1
            if Counting.lacks:
                raise AttributeError("n")
            return 4

    class Counting:
        asked = 0
        lacks = False
        n = Four()

    return Counting


USES: dict[str, Callable[[Any], Any]] = {
    "hasattr": lambda v: hasattr(v, "n"),
    "not hasattr": lambda v: not hasattr(v, "n"),
    "getattr with a default": lambda v: getattr(v, "n", 0),
    "both": lambda v: hasattr(v, "n") and getattr(v, "n", None),
}


@pytest.mark.skipif(runs_on("<2.12"), reason="such a class's attribute cannot be counted up there")
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("make", [by_getattr, by_property, by_descriptor])
def test_it_is_asked_as_often_as_in_python(make: Callable[[], Any], use: str) -> None:
    def plan(wrap):
        cls = make()
        value = cls()
        f = wrap(lambda x, value: (x + 1, USES[use](value)))
        yield lambda: (f(ONE, value), cls.asked)
        yield lambda: (f(ONE, value), cls.asked)
        cls.lacks = True
        yield lambda: (f(ONE, value), cls.asked)
        value.__dict__["n"] = 9
        yield lambda: (f(ONE, value), cls.asked)

    with torch._dynamo.config.patch(recompile_limit=30):
        both_runs(plan, refuses=True)
