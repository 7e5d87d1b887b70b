"""Classes that the function makes, with torch set to trace that: it loses what they change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")


TRACED = "enable_trace_load_build_class"


def of_the_function(x: torch.Tensor) -> Any:
    log: list[int] = []

    class Logging:
        def act(self) -> None:
            log.append(1)

    Logging().act()
    return x * len(log), log


def of_the_class(x: torch.Tensor) -> Any:
    class Holding:
        items: list[int] = []  # noqa: RUF012

    Holding.items.append(3)
    return x * len(Holding.items)


def in_a_with(x: torch.Tensor) -> Any:
    seen = {"n": 0}

    class Counting:
        def __enter__(self) -> None:
            seen["n"] += 1

        def __exit__(self, *error: object) -> None:
            seen["n"] += 2

    with Counting():
        seen["n"] += 5
    return x * seen["n"]


def of_what_stays(x: torch.Tensor) -> Any:
    by = 3

    class Scaling:
        offset = 1

        def act(self, x: torch.Tensor) -> torch.Tensor:
            return x * by + self.offset

    return Scaling().act(x)


@pytest.mark.parametrize("function", [of_the_function, of_the_class, in_a_with, of_what_stays])
def test_the_answer_is_pythons(function: Callable[..., Any], monkeypatch: Any) -> None:
    if hasattr(torch._dynamo.config, TRACED):  # up to 2.12 such a class breaks the graph
        monkeypatch.setattr(torch._dynamo.config, TRACED, True)
    x = torch.ones(2)
    with vartrack.use(vartrack.sound):
        compiled = torch.compile(function, backend="eager")
        for _ in range(2):
            assert str(compiled(x)) == str(function(x))
