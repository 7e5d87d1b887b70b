"""What random programs found, each as small as it can be; see tests/random_programs."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
import torch
from facts import Plan, both_runs

ONE = torch.ones(2)
PLANS: dict[str, Plan] = {}


def plan(function: Any) -> Any:
    """Have ``function`` run as a test of its name."""
    PLANS[function.__name__] = function
    return function


@plan
def method_of_a_type_in_c(wrap):
    held = {"f": torch.Tensor.size}
    f = wrap(lambda x: (x + 1, held["f"](x)))
    yield lambda: f(ONE)
    held["f"] = torch.Tensor.dim
    yield lambda: f(ONE)


@plan
def function_in_cython(wrap):
    f = wrap(lambda x, v: (x + 1, v is None))
    yield lambda: f(ONE, np.random.uniform)
    yield lambda: f(ONE, None)


@plan
def method_of_a_tensor(wrap):
    f = wrap(lambda x, v: (x + 1, callable(v)))
    yield lambda: f(ONE, ONE.tolist)
    yield lambda: f(ONE, ONE.sum().tolist)
    yield lambda: f(ONE, 3)


@plan
def function_that_is_not_compiled(wrap):
    disabled = torch._dynamo.disable(lambda q: q + 1)
    f = wrap(lambda x, v: (x + 1, v is None))
    yield lambda: f(ONE, disabled)
    yield lambda: f(ONE, None)


@plan
def signature(wrap):
    f = wrap(lambda x, v: (x + 1, list(v.parameters)))
    yield lambda: f(ONE, inspect.signature(lambda a, b: None))
    yield lambda: f(ONE, inspect.signature(lambda a, b: None))
    yield lambda: f(ONE, inspect.signature(len))


@pytest.mark.parametrize("name", PLANS)
def test_what_was_found_is_right(name: str) -> None:
    both_runs(PLANS[name])
