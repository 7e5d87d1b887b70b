"""Functions whose globals are not those of the module that an import by its name gives."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest
import torch
from facts import Plans, both_runs

ONE = torch.ones(2)
PLANS = Plans()
plan = PLANS.add

TEXT = """
factor = {factor}
count = 0
def scaled(x):
    return x * factor
def counted(x):
    global count
    count += 1
    return x * count
"""


def module(factor: int, *, name: str = "vt_loaded", there: bool = True) -> Any:
    """A module as `importlib.util` makes one of a file, put into `sys.modules` or not."""
    made = ModuleType(name)
    exec(TEXT.format(factor=factor), made.__dict__)
    if there:
        sys.modules[name] = made
    return made


@plan
def two_under_one_name(wrap):
    first, second = module(2), module(5)
    f = wrap(lambda x, function: function(x))
    yield lambda: f(ONE, first.scaled)
    yield lambda: f(ONE, second.scaled)
    first.factor, second.factor = 3, 4
    yield lambda: f(ONE, first.scaled)
    yield lambda: f(ONE, second.scaled)


@plan
def set_in_the_second(wrap):
    first, second = module(2), module(5)
    f = wrap(lambda x: first.counted(x) + second.counted(x) * second.count)
    yield lambda: (f(ONE), first.count, second.count)


@plan
def never_in_sys_modules(wrap):
    hidden = module(2, name="vt_hidden", there=False)

    def both(x):
        hidden.factor += 1
        return hidden.scaled(x) + hidden.counted(x)

    f = wrap(both)
    yield lambda: (f(ONE), hidden.count)


@plan
def reached_without_its_module(wrap):
    names = {"__name__": "__main__", "factor": 2}
    exec(TEXT.format(factor=2), names)
    f = wrap(names["scaled"])
    g = wrap(lambda x: names["scaled"](x))
    yield lambda: (f(ONE), g(ONE))
    names["factor"] = 9
    yield lambda: (f(ONE), g(ONE))


@pytest.mark.parametrize("name", PLANS)
def test_the_globals_are_the_function_s_own(name):
    both_runs(PLANS[name])


@pytest.mark.parametrize("names", [{}, {"__name__": "vt_nowhere"}], ids=["unnamed", "not there"])
def test_a_global_that_no_module_has_is_not_set(names):
    def plan(wrap):
        held = dict(names)
        exec(TEXT.format(factor=2), held)
        f = wrap(lambda x: held["counted"](x))
        yield lambda: (f(ONE), held["count"])

    both_runs(plan, refuses=True)
