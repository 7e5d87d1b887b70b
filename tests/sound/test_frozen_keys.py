"""Frozen dataclasses are hashed and compared as their classes say, which torch does not ask."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
import torch

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

ONE = torch.ones(2)


@dataclasses.dataclass(frozen=True)
class Plain:
    a: int
    b: int = 7


@dataclasses.dataclass(frozen=True)
class OwnHash:
    a: int

    def __hash__(self) -> int:
        return self.a % 2


@dataclasses.dataclass(frozen=True)
class OwnEquality:
    a: int

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OwnEquality) and self.a % 2 == other.a % 2

    def __hash__(self) -> int:
        return self.a % 2


@dataclasses.dataclass(frozen=True, eq=False)
class ByIdentity:
    a: int


@dataclasses.dataclass(frozen=True)
class NotCompared:
    a: int
    b: int = dataclasses.field(default=0, compare=False)


@dataclasses.dataclass(frozen=True)
class NotHashed:
    a: int
    b: int = dataclasses.field(default=0, hash=False)


USES: dict[str, Callable[[type, Any], Any]] = {
    "found": lambda cls, value: {value: 1}.get(cls(1), 5),
    "in": lambda cls, value: cls(1) in {value},
    "members": lambda cls, value: len({value, cls(1), cls(2)}),
    "hashes": lambda cls, value: hash(value) == hash(cls(1)),
    "made": lambda cls, value: {cls(value.a): 1}.get(cls(3), 4),
}
CLASSES = (Plain, OwnHash, OwnEquality, ByIdentity, NotCompared, NotHashed)


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_they_are_as_their_class_says(cls: Any, use: str) -> None:
    function = lambda x, value: (x + 1, USES[use](cls, value))  # noqa: E731
    with vartrack.use(vartrack.sound):
        run = torch.compile(function, backend="eager", fullgraph=True)
        for value in map(cls, (1, 2, 3)):
            assert run(ONE, value)[1] == function(ONE, value)[1]


@pytest.mark.parametrize("cls", [NotCompared, NotHashed], ids=lambda cls: cls.__name__)
def test_a_field_that_does_not_count(cls: Any) -> None:
    function = lambda x, value: (x + 1, {value: 1}.get(cls(1, 9), 5))  # noqa: E731
    with vartrack.use(vartrack.sound):
        run = torch.compile(function, backend="eager", fullgraph=True)
        for value in (cls(1), cls(1, 9), cls(2, 9)):
            assert run(ONE, value)[1] == function(ONE, value)[1]


@pytest.mark.parametrize(
    "name, method",
    [("__hash__", lambda self: 4), ("__eq__", lambda self, other: True)],
)
def test_a_method_that_is_replaced_is_noticed(name: str, method: Any) -> None:
    @dataclasses.dataclass(frozen=True)
    class Key:
        a: int

        def __hash__(self) -> int:
            return 5

    def function(x: torch.Tensor, key: Any) -> Any:
        return x + 1, hash(key), {key: 1}.get(Key(2), 9)

    key = Key(1)
    with vartrack.use(vartrack.sound):
        run = torch.compile(function, backend="eager", fullgraph=True)
        assert run(ONE, key)[1:] == function(ONE, key)[1:]
        setattr(Key, name, method)
        assert run(ONE, key)[1:] == function(ONE, key)[1:]


def test_the_hash_that_was_made_for_it_is_replaced() -> None:
    @dataclasses.dataclass(frozen=True)
    class Key:
        a: int

    def function(x: torch.Tensor, key: Any) -> Any:
        return x + 1, hash(key) == 4, hash(Key(5)) == 4

    key = Key(1)
    with vartrack.use(vartrack.sound):
        run = torch.compile(function, backend="eager", fullgraph=True)
        assert run(ONE, key)[1:] == function(ONE, key)[1:]
        Key.__hash__ = lambda self: 4  # type: ignore[method-assign, assignment]
        assert run(ONE, key)[1:] == function(ONE, key)[1:]
