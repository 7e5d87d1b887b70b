"""The class of an object that nothing else is asked of, and numbers of which something is put off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import plain
from places import Counting
from thrift_values import SOUND, THRIFT
from torch import nn

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")


class Says:
    """An object that says something else."""

    @property
    def __class__(self) -> Any:
        return int


class Answers:
    """An object that answers for all of its attributes."""

    def __getattribute__(self, name: str) -> Any:
        return str if name == "__class__" else object.__getattribute__(self, name)


MADE: list[Any] = [type(f"Made{number}", (), {})() for number in range(3)]
OBJECTS: list[Any] = [
    *MADE,
    *(nn.ReLU(), ValueError("a"), nn.GELU(), OSError(2, "b"), len, Says, iter("ab")),
]


def named(x: torch.Tensor, one: Any, log: dict[str, int]) -> Any:
    log[type(one).__name__] = 1
    return x * 2, f"{type(one).__name__} of {one.__class__.__module__}", type(one).__qualname__


def other(x: torch.Tensor, one: Any, log: dict[str, int]) -> Any:
    return x + len(log), one.__class__.__name__, type(one).__name__


def counted(x: torch.Tensor, number: int, counts: dict[str, float]) -> Any:
    """Sums of which a mean is returned: the divisor is known at first."""
    counts["sum"] = counts.get("sum", 0.0) + number / 2
    counts["seen"] = counts.get("seen", 0) + 1
    return x * 2, counts["sum"] / counts["seen"]


def outcomes(run: Callable[..., Any], values: Any, registry: Any, backend: Any = None) -> Any:
    torch._dynamo.reset()
    called = run if backend is None else torch.compile(run, backend=backend)
    log: dict[str, Any] = {"sum": 0.0, "seen": 0} if run is counted else {}
    with vartrack.use(registry), torch._dynamo.config.patch(recompile_limit=20):
        return [plain(called(torch.arange(3.0), value, log)) for value in values], plain(log)


@pytest.mark.parametrize(
    ("run", "values", "enough"),
    [
        (named, OBJECTS, 2),
        (other, [*MADE, Says(), *MADE, Answers()], 3),
        (counted, range(1, 6), 2),
    ],
)
def test_the_name_of_a_class_is_carried(run: Any, values: Any, enough: int) -> None:
    expected = outcomes(run, values, None)
    for registry in (THRIFT, SOUND):
        backend = Counting()
        assert outcomes(run, values, registry, backend) == expected
        assert backend.graphs <= enough
