"""Modules that say themselves when they are equal: torch takes two for different as keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from facts import both_runs
from torch import nn

ONE = torch.ones(2)


class Own(nn.Module):
    """Equal to another of the same number."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Own) and self.number == other.number

    def __hash__(self) -> int:
        return hash(self.number)


class SameHash(Own):
    """All have one hash."""

    __eq__ = Own.__eq__

    def __hash__(self) -> int:
        return 3


USES: dict[str, Callable[[Any, Any], Any]] = {
    "set": lambda a, b: lambda x: x + len({a, b}),
    "dict": lambda a, b: lambda x: x + {a: 1}.get(b, 7),
    "in a set": lambda a, b: lambda x: x + (b in {a}),
    "in a list": lambda a, b: lambda x: x + (b in [a]),
    "frozenset": lambda a, b: lambda x: x + len(frozenset([a, b, a])),
    "a dict from outside": lambda a, b, held=None: (
        held := {a: 5},
        lambda x: x + held.get(b, 7),
    )[1],
    "a set from outside": lambda a, b, held=None: (held := {a}, lambda x: x + (b in held))[1],
    "dict.fromkeys": lambda a, b: lambda x: x + len(dict.fromkeys([a, b])),
}


@pytest.mark.parametrize("cls", [Own, SameHash])
@pytest.mark.parametrize("name", USES)
def test_they_are_asked(name: str, cls: type[Own]) -> None:
    def program(wrap: Any) -> Iterator[Callable[[], Any]]:
        one, other = cls(1), cls(1)
        f = wrap(USES[name](one, other))
        yield lambda: f(ONE)
        if "outside" not in name:
            other.number = 2
            yield lambda: f(ONE)

    both_runs(program)
