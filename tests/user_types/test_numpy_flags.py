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


#: What is an operand of a tensor, or what a tensor is made of: one graph for both flags.
OF_TENSORS = [name for name in USES if name not in ("arange",)]


@pytest.mark.parametrize("use", OF_TENSORS)
@pytest.mark.parametrize("place", ["argument", "attribute", "closure"])
def test_an_operand_of_tensors_is_an_input(use: str, place: str) -> None:
    assert outcome(NUMPY, USES[use], lambda: FLAGS, place).graphs == 1


REFUSED: dict[str, Callable[[Any, Any], Any]] = {
    "index": lambda x, flag: x[flag],
    "index beside None": lambda x, flag: x[flag, None],
    "set at": lambda x, flag: x.clone().__setitem__(flag, 1.0),
    "by name": lambda x, flag: x.sum(0, keepdim=flag),
    "a size": lambda x, flag: torch.ones(2, flag),
}


@pytest.mark.parametrize("use", REFUSED)
def test_what_python_refuses_has_no_answer(use: str) -> None:
    """An index that is a bool of NumPy's is none to a tensor, and neither is it a bool of torch."""
    found = outcome(NUMPY, REFUSED[use], lambda: FLAGS)
    assert found.status in ("right", "refused"), found
    assert outcome(NUMPY, REFUSED[use], lambda: FLAGS, fullgraph=False).status == "right"


MADE: dict[str, Callable[[Any, Any], Any]] = {
    "array": lambda x, flag: np.array(flag),
    "array of several": lambda x, flag: np.array([flag, flag]),
    "beside an array": lambda x, flag: x.numpy() * flag,
}


@pytest.mark.parametrize("use", MADE)
def test_an_array_is_made_of_it_in_the_graph(use: str) -> None:
    found = outcome(NUMPY, MADE[use], lambda: FLAGS)
    assert (found.status, found.graphs) == ("right", 1), found


MIXED: dict[str, Callable[[Any, Any], Any]] = {
    "a branch and an operand": lambda x, flag: x * flag if flag else x - 1,
    "an operand twice": lambda x, flag: (x * flag, x + flag, flag),
    "negated": lambda x, flag: x * (not flag),
    "in a search": lambda x, flag: flag in [1, True],
    "what is found": lambda x, flag: [flag, 2].index(True) if flag else 5,
}


@pytest.mark.parametrize("use", MIXED)
def test_other_uses_beside_it_are_right(use: str) -> None:
    assert outcome(NUMPY, MIXED[use], lambda: FLAGS).status == "right"


@pytest.mark.parametrize("kind", [np.datetime64, np.timedelta64])
def test_looking_for_a_moment_gives_a_bool(kind: Any) -> None:
    values = ("2020-01-01", "2020-01-02") if kind is np.datetime64 else (1, 2)
    found = outcome(
        NUMPY,
        lambda x, v: v in [kind(values[0], "D"), v + np.timedelta64(1, "D")],
        lambda: [kind(value, "D") for value in values],
    )
    assert found.status == "right", found
