"""Keys whose hash is another than when they were put where they are: Python finds them no more."""

from __future__ import annotations

import enum
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

import pytest
import torch
from facts import both_runs, outcomes
from torch._dynamo.exc import Unsupported

import vartrack

ONE = torch.ones(2)


class Key:
    def __init__(self, number: int) -> None:
        self.number = number

    def __hash__(self) -> int:
        return self.number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and other.number == self.number


HOLDING: dict[str, Callable[[Any], Any]] = {
    "dict": lambda key: {key: 5},
    "defaultdict": lambda key: defaultdict(int, {key: 5}),
    "ordered": lambda key: OrderedDict({key: 5}),
    "set": lambda key: {key},
}
HOLDING_ALL = {**HOLDING, "frozen set": lambda key: frozenset({key})}


def _found(x: torch.Tensor, held: Any, key: Any) -> Any:
    return x + 1, key in held, len(held)


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("holder", HOLDING_ALL)
def test_a_key_that_changed_is_not_found(holder: str) -> None:
    def plan(wrap: Any) -> Any:
        key = Key(1)
        held = HOLDING_ALL[holder](key)
        f = wrap(_found)
        yield lambda: f(ONE, held, key)
        key.number = 6  # another place in the table
        yield lambda: f(ONE, held, key)

    both_runs(plan, refuses=True)


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("kind", [enum.Enum, enum.IntEnum])
@pytest.mark.parametrize("holder", HOLDING)
def test_a_class_that_comes_to_hash_otherwise(holder: str, kind: Any) -> None:
    def plan(wrap: Any) -> Any:
        color = kind("color", "RED BLUE")
        held = HOLDING[holder](color.RED)
        f = wrap(lambda x: _found(x, held, color.RED))
        yield lambda: f(ONE)
        # as no hash that is stored, however texts are hashed in this process
        other = next(n for n in range(1, 99) if n % 8 != hash(color.RED) % 8)
        color.__hash__ = lambda self: other
        yield lambda: f(ONE)

    both_runs(plan, refuses=True)


@pytest.mark.parametrize("holder", HOLDING_ALL)
def test_how_many_there_are_asks_for_none(holder: str) -> None:
    def plan(wrap: Any) -> Any:
        key = Key(1)
        held = HOLDING_ALL[holder](key)
        f = wrap(lambda x, held: x * len(held))
        key.number = 6
        yield lambda: f(ONE, held)
        key.number = 9
        yield lambda: f(ONE, held)
        yield lambda: f(ONE, {key: 1, Key(2): 2})
        if not isinstance(held, frozenset):
            held.clear()
            yield lambda: f(ONE, held)

    both_runs(plan)


def test_the_break_names_the_key() -> None:
    def plan(wrap: Any) -> Any:
        key = Key(1)
        held = {key}
        key.number = 6
        f = wrap(_found)
        yield lambda: f(ONE, held, key)

    with pytest.raises(Unsupported, match="A Key has another hash than when it was put into a set"):
        outcomes(plan, vartrack.sound)


def test_keys_that_stay_as_they_are_cost_nothing() -> None:
    def plan(wrap: Any) -> Any:
        key = Key(1)
        f = wrap(_found)
        for held in ({key: 1}, {key: 2}):
            yield lambda: f(ONE, held, key)  # noqa: B023  # it is called before the next

    assert both_runs(plan) == outcomes(plan, None)[1]
