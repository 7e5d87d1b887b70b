"""An attribute that a module lacks, which later is a parameter, a buffer or a submodule of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from facts import Wrap, both_runs
from torch import nn

ONE = torch.ones(2)


def _tried(x: torch.Tensor, module: Any) -> Any:
    try:
        found = module.sub.scale
    except AttributeError:
        found = None
    return x + 1, found is None


CHANGES: dict[str, Callable[[Any], Any]] = {
    "buffer": lambda sub: sub.register_buffer("scale", ONE.clone()),
    "parameter": lambda sub: sub.register_parameter("scale", nn.Parameter(ONE.clone())),
    "module": lambda sub: sub.add_module("scale", nn.Identity()),
    "attribute": lambda sub: setattr(sub, "scale", 4),
    "of the class": lambda sub: setattr(type(sub), "scale", 4),
}


@pytest.mark.parametrize("change", CHANGES)
def test_it_is_found_when_it_is_there(change: str) -> None:
    def plan(wrap: Wrap):
        module = nn.Module()
        module.sub = type("Sub", (nn.Linear,), {})(1, 1)
        f = wrap(_tried)
        yield lambda: f(ONE, module)
        CHANGES[change](module.sub)
        yield lambda: f(ONE, module)

    assert both_runs(plan) == 2


def test_another_one_does_not_matter() -> None:
    def plan(wrap: Wrap):
        module = nn.Module()
        module.sub = nn.Linear(1, 1)
        f = wrap(_tried)
        yield lambda: f(ONE, module)
        module.sub.register_buffer("other", ONE.clone())
        yield lambda: f(ONE, module)

    assert both_runs(plan) == 1
