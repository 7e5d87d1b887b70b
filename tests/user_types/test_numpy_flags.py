"""Bools of NumPy's as operands, with the set `numpy`: what torch takes them for."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from beside_torch import outcome, registry_with

NUMPY = registry_with("numpy")
FLAGS = (np.bool_(True), np.bool_(False), np.bool_(True))
USES: dict[str, Callable[[Any, Any], Any]] = {
    "full": lambda x, flag: torch.full((2,), flag),
    "full by name": lambda x, flag: torch.full(size=(2,), fill_value=flag),
    "full of a type": lambda x, flag: torch.full((2,), flag, dtype=torch.int64),
    "arange": lambda x, flag: torch.arange(flag),
    "tensor": lambda x, flag: torch.tensor(flag),
    "tensor of several": lambda x, flag: torch.tensor([flag, flag]),
    "masked": lambda x, flag: x.masked_fill(x > 0, flag),
    "clamped": lambda x, flag: x.clamp(min=flag),
    **{
        f"{name} {side}": (
            (lambda x, flag, op=op: op(x, flag))
            if side == "left"
            else (lambda x, flag, op=op: op(flag, x))
        )
        for name, op in vars(operator).items()
        if name in {"eq", "ne", "lt", "le", "gt", "ge", "add", "mul", "truediv"}
        for side in ("left", "right")
    },
}


@pytest.mark.parametrize("use", USES)
def test_the_answer_is_pythons(use: str) -> None:
    found = outcome(NUMPY, USES[use], lambda: FLAGS)
    assert found.status == "right", found
    assert found.graphs <= 2  # one for each flag


@pytest.mark.parametrize("dtype", [torch.int64, torch.bool])
@pytest.mark.parametrize("name", ["eq", "ne", "lt", "le", "gt", "ge"])
def test_it_is_compared_with_tensors_of_all_types(name: str, dtype: torch.dtype) -> None:
    compare = getattr(operator, name)
    program = lambda x, flag: (compare(x.to(dtype), flag), compare(flag, x.to(dtype)))  # noqa: E731
    assert outcome(NUMPY, program, lambda: FLAGS).status == "right"
