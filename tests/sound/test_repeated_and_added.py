"""Sequences times numbers, and sequences added, where torch says that there is no such operator."""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import torch
from beside_torch import outcome

import vartrack

pytestmark = [pytest.mark.first_answer, pytest.mark.usefixtures("fresh")]


class Pair(NamedTuple):
    one: int
    two: int


class Items(list):  # type: ignore[type-arg]
    pass


class Several(tuple):  # type: ignore[type-arg]
    pass


class Count(int):
    pass


SEQUENCES: dict[str, Callable[[], Any]] = {
    "named tuple": lambda: Pair(1, 2),
    "tuple": lambda: (1, 2),
    "its subclass": lambda: Several((1, 2)),
    "list": lambda: [1, 2],
    "a list's subclass": lambda: Items([1, 2]),
    "deque": lambda: collections.deque([1, 2]),
}
OTHERS: dict[str, Callable[[], Any]] = {
    **SEQUENCES,
    "bool": lambda: False,
    "int": lambda: 2,
    "int of a class": lambda: Count(2),
    "float": lambda: 2.5,
    "None": lambda: None,
}


def _repeated(x: torch.Tensor, v: Any) -> Any:
    try:
        return x + 1, v[0] * v[1]
    except TypeError:
        return x + 1, "no such operator"


def _added(x: torch.Tensor, v: Any) -> Any:
    try:
        return x + 1, v[0] + v[1]
    except TypeError:
        return x + 1, "no such operator"


@pytest.mark.parametrize("program", [_repeated, _added])
@pytest.mark.parametrize("kind", SEQUENCES)
def test_what_may_be_caught_is_what_python_raises(kind: str, program: Any) -> None:
    for other in OTHERS.values():
        torch._dynamo.reset()

        def pairs(other: Any = other) -> list[Any]:
            return [(SEQUENCES[kind](), other())]

        ours, alone = (outcome(each, program, pairs) for each in (vartrack.sound, None))
        assert ours.status in ("right", "refused"), ours
        assert ours.rank <= alone.rank, (ours, alone)
