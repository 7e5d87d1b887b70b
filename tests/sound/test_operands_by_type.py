"""Operands that Python has no operator for raise what Python raises, on each release of torch."""

from __future__ import annotations

import collections
import dataclasses
import operator
from collections.abc import Callable
from typing import Any

import pytest
import torch

import vartrack

pytestmark = [pytest.mark.first_answer, pytest.mark.usefixtures("fresh")]

ONE = torch.ones(2)


class Plain:
    pass


ALONE: dict[str, Callable[[Any], Any]] = {
    "abs": abs,
    "len": lambda value: len(value),
    "invert": operator.invert,
    "neg": operator.neg,
    "pos": operator.pos,
    "reversed": lambda value: list(reversed(value)),
    "one in it": lambda value: 1 in value,
    "added to a list": lambda value: [1] + value,
}
VALUES: dict[str, Any] = {
    "bool": True,
    "float": 2.5,
    "None": None,
    "text": "ab",
    "bytes": b"ab",
    "list": [1],
    "tuple": (1,),
    "dict": {"a": 1},
    "set": {1},
    "deque": collections.deque([1]),
    "slice": slice(0, 2),
    "object": Plain(),
    "class": int,
}


def _told(use: Callable[..., Any]) -> Callable[..., Any]:
    def told(x: torch.Tensor, *values: Any) -> Any:
        try:
            return x + 1, use(*values)
        except Exception as error:
            return x + 2, type(error)

    return told


@pytest.mark.parametrize("value", VALUES)
def test_operators_of_one_operand(value: str) -> None:
    for use in ALONE.values():
        torch._dynamo.reset()
        function = _told(use)
        with vartrack.use(vartrack.sound):
            found = torch.compile(function, backend="eager")(ONE, VALUES[value])
        assert found[1] == function(ONE, VALUES[value])[1]


@pytest.mark.parametrize("other", [["a"], ("a",), "a", {"a": 1}, {"a"}, range(3)], ids=repr)
@pytest.mark.parametrize("view", ["keys", "items"])
def test_views_take_whatever_can_be_gone_through(view: str, other: Any) -> None:
    for use in (operator.sub, operator.and_, operator.or_, operator.xor):
        torch._dynamo.reset()
        function = _told(lambda made, use=use: use(getattr(made, view)(), other))
        with vartrack.use(vartrack.sound):
            found = torch.compile(function, backend="eager")(ONE, {"a": 1, "b": 2})
        assert found[1] == function(ONE, {"a": 1, "b": 2})[1]


def _discarded(held: Any, key: Any) -> Any:
    held.discard(key)
    return held


@pytest.mark.parametrize("held", [{1, 2}, {frozenset({1}), 3}], ids=repr)
def test_a_set_in_a_set_is_a_frozen_one(held: Any) -> None:
    for use in (lambda held, key: key in held, _discarded, lambda held, key: held.remove(key)):
        torch._dynamo.reset()
        function = _told(use)
        with vartrack.use(vartrack.sound):
            found = torch.compile(function, backend="eager")(ONE, {*held}, {1})
        assert found[1] == function(ONE, {*held}, {1})[1]


@dataclasses.dataclass(frozen=True)
class ByParity:
    """Its hash is traced where the key is looked up."""

    number: int
    noted: int = dataclasses.field(default=0, compare=False)

    def __hash__(self) -> int:
        return self.number % 2


def test_the_hash_of_a_frozen_dataclass_depends_on_what_it_reads() -> None:
    function = _told(lambda key: {key: 1}.get(ByParity(3, 5), 2))
    with vartrack.use(vartrack.sound):
        run = torch.compile(function, backend="eager", dynamic=False)
        for key in (ByParity(1), ByParity(3), ByParity(3, 9), ByParity(2)):
            assert run(ONE, key)[1] == function(ONE, key)[1]


class Equal:
    """Equal to dicts alone."""

    def __eq__(self, other: object) -> Any:
        return True if isinstance(other, dict) else NotImplemented


OTHERS: dict[str, Any] = {**VALUES, "equal": Equal()}


def _is_less(one: Any, other: Any) -> Any:
    try:
        return one < other
    except TypeError:
        return "TypeError"


@pytest.mark.parametrize("left", OTHERS)
def test_comparing_two_types(left: str) -> None:
    def function(x: torch.Tensor, one: Any, two: Any) -> Any:
        return x + 1, one == two, one != two, _is_less(one, two), two in (one,)

    with vartrack.use(vartrack.sound):
        for right in set(OTHERS) - {left}:
            torch._dynamo.reset()
            run = torch.compile(function, backend="eager")
            found, expected = (each(ONE, OTHERS[left], OTHERS[right]) for each in (run, function))
            assert found[1:] == expected[1:], right
