"""Models and configurations are compared: a graph for each answer, and none for each value."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pydantic
import pytest
from beside_torch import outcome, registry_with
from omegaconf import OmegaConf

COMPARING = registry_with("pydantic", "omegaconf")


class Plain(pydantic.BaseModel):
    count: int = 1
    name: str = "one"


class Nested(pydantic.BaseModel):
    inner: Plain = Plain()
    items: list[int] = [1, 2]


class Private(pydantic.BaseModel):
    count: int = 1
    _hidden: int = pydantic.PrivateAttr(default=3)


class Extra(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")


class Cached(pydantic.BaseModel):
    count: int = 1

    @functools.cached_property
    def twice(self) -> int:
        return self.count * 2


class Root(pydantic.RootModel[int]):
    """A number in a model."""


class Like(pydantic.BaseModel):
    count: int = 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Like) and self.count % 2 == other.count % 2


def _private(number: int) -> Private:
    made = Private()
    made._hidden = number
    return made


def _cached(number: int) -> Cached:
    made = Cached(count=number)
    if number % 2:
        assert made.twice
    return made


MADE: dict[str, Callable[[int], Any]] = {
    "plain": lambda number: Plain(count=number, name="ab"[number % 2]),
    "nested": lambda number: Nested(inner=Plain(count=number)),
    "items": lambda number: Nested(items=[1] * number),
    "private": _private,
    "extra": lambda number: Extra(**{f"field{number}": 1}),  # type: ignore[arg-type]
    "cached": _cached,
    "root": Root,
    "own": lambda number: Like(count=number),
    "configuration": lambda number: OmegaConf.create({"n": number, "inner": {"items": [1, 2]}}),
    "list of a configuration": lambda number: OmegaConf.create([1, {"n": number}]),
}
USES: dict[str, Callable[[Any, Any], Any]] = {
    "equal": lambda value, other: value == other,
    "unequal": lambda value, other: value != other,
    "in": lambda value, other: value in [other],
    "count": lambda value, other: [value, other].count(value),
    "itself": lambda value, other: value == value,
    "after a list": lambda value, other: [[], value == other],
    "a dict": lambda value, other: value == {"n": 1, "inner": {"items": [1, 2]}},
    "a list": lambda value, other: value == [1, {"n": 1}],
    "none": lambda value, other: value == None or value != 3,  # noqa: E711
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("kind", MADE)
def test_comparing_takes_no_graph_for_each_value(kind: str, use: str) -> None:
    make, other = MADE[kind], MADE[kind](2)
    values = lambda: [make(number) for number in (1, 2, 3, 2, 5, 6, 2)]  # noqa: E731
    program = lambda x, value: USES[use](value, other)  # noqa: E731
    ours = outcome(COMPARING, program, values, "attribute")
    alone = outcome(None, program, values, "attribute")
    assert ours.status == "right", ours
    assert alone.status != "right" or ours.graphs <= alone.graphs, (ours, alone)
