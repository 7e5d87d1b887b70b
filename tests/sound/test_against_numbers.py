"""Objects of the program's held against numbers that vary: torch does not ask the objects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from facts import both_runs

pytestmark = pytest.mark.first_answer

ONE = torch.ones(2)


class Always:
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = object.__hash__


class Sized:
    def __init__(self, size: int) -> None:
        self.size = size

    def __eq__(self, other: object) -> Any:
        return self.size == other if isinstance(other, int) else NotImplemented

    def __lt__(self, other: int) -> bool:
        return self.size < other

    def __ge__(self, other: int) -> str:
        return f"at least {self.size}"

    __hash__ = object.__hash__


class Unequal:
    def __ne__(self, other: object) -> Any:
        return "unequal"


class Silent:
    def __eq__(self, other: object) -> Any:
        return NotImplemented

    __hash__ = object.__hash__


class Raising:
    def __eq__(self, other: object) -> bool:
        raise ValueError("it cannot be compared")

    __hash__ = object.__hash__


def _calls(wrap: Any, make: Any, use: Any) -> Any:
    f = wrap(use)
    for number in (3, 7, 2, 9):
        yield lambda number=number: f(ONE, make(number), number)


def _equal(x: Any, v: Any, n: int) -> Any:
    return x + 1, v == n, n == v, v != n, 1 if v == n else 2, v in [n], [n].count(v)


MADE: dict[str, Callable[[int], Any]] = {
    "always": lambda number: Always(),
    "sized": Sized,
    "of one size": lambda number: Sized(2),
    "unequal": lambda number: Unequal(),
    "silent": lambda number: Silent(),
    "plain": lambda number: object(),
}


@pytest.mark.parametrize("made", MADE)
@pytest.mark.usefixtures("as_before")
def test_the_object_is_asked(made: str) -> None:
    both_runs(lambda wrap: _calls(wrap, MADE[made], _equal), refuses=True)


@pytest.mark.usefixtures("as_before")
def test_it_is_asked_which_is_less() -> None:
    def use(x: Any, v: Any, n: int) -> Any:
        return x + 1, v < n, n > v, v >= n, n <= v

    both_runs(lambda wrap: _calls(wrap, Sized, use), refuses=True)


@pytest.mark.usefixtures("as_before")
def test_what_it_raises_is_caught() -> None:
    def use(x: Any, v: Any, n: int) -> Any:
        try:
            return x + 1, v == n
        except ValueError:
            return x * 5, "it raised"

    both_runs(lambda wrap: _calls(wrap, lambda number: Raising(), use))


class OnlyGreater:
    def __gt__(self, other: object) -> Any:
        return "greater"


class Declines(OnlyGreater):
    def __gt__(self, other: object) -> Any:
        return "greater, and a subclass"

    def __lt__(self, other: object) -> Any:
        return NotImplemented


class EqualToAll(Always):
    def __lt__(self, other: object) -> bool:
        return False


@dataclass(order=True)
class Ranked:
    rank: int


#: What is held against each other; Python asks the right operand where the left one has no answer.
PAIRS: dict[str, tuple[Any, Any]] = {
    "a number first": (3, Sized(3)),
    "a text first": ("a", OnlyGreater()),
    "nothing first": (None, OnlyGreater()),
    "a list first": ([1], OnlyGreater()),
    "a number last": (OnlyGreater(), 3),
    "two that are greater": (OnlyGreater(), OnlyGreater()),
    "two that are equal": (EqualToAll(), EqualToAll()),
    "a subclass first": (Declines(), OnlyGreater()),
    "a subclass last": (OnlyGreater(), Declines()),
    "of one class": (Ranked(1), Ranked(2)),
    "of other classes": (Ranked(1), 3),
}


def _answer_or_error(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except TypeError as error:
        return str(error)


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.usefixtures("as_before")
def test_both_operands_are_asked(pair: str) -> None:
    def use(x: Any, one: Any, other: Any) -> Any:
        return (
            x + 1,
            _answer_or_error(lambda: one < other),
            _answer_or_error(lambda: one <= other),
            _answer_or_error(lambda: one > other),
            _answer_or_error(lambda: one >= other),
        )

    def plan(wrap: Any) -> Any:
        f = wrap(use)
        yield lambda: f(ONE, *PAIRS[pair])

    both_runs(plan)
