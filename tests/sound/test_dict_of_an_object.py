"""A dict beside the object whose attributes it holds, where one of the two is changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

import pytest
import torch
from torch import nn

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

ONE = torch.ones(1)
COLLECTED: ContextVar[Any] = ContextVar("vartrack_collected", default=None)


class Point:
    """An object with one attribute."""

    def __init__(self, a: int = 1) -> None:
        self.a = a


class Module(nn.Module):
    """A module with the same."""

    def __init__(self, a: int = 1) -> None:
        super().__init__()
        self.a = a


def dict_is_changed(x: torch.Tensor, held: dict[str, Any], one: Any, other: Any) -> Any:
    held["a"] = held.get("a", 0) + 1
    return x + one.a, x * other.a


def object_is_changed(x: torch.Tensor, held: dict[str, Any], one: Any, other: Any) -> Any:
    one.a = 7
    return x + held["a"], x * other.a


def both_are_changed(x: torch.Tensor, held: dict[str, Any], one: Any, other: Any) -> Any:
    one.a = one.a + 1
    held["a"] = 5
    return x + other.a + held["a"]


def collected_is_changed(x: torch.Tensor, held: dict[str, Any], one: Any, other: Any) -> Any:
    def collect(x: torch.Tensor, **more: Any) -> Any:
        more["a"] = more.pop("a") + 1
        return x + more["a"] + one.a, held

    return collect(x, **held), x * other.a


def by_itself(cls: type) -> Callable[[], tuple[Any, ...]]:
    def make() -> tuple[Any, ...]:
        return {"a": 1}, cls(), cls(2)

    return make


def of_the_first(cls: type) -> Callable[[], tuple[Any, ...]]:
    def make() -> tuple[Any, ...]:
        one = cls()
        return vars(one), one, cls(2)

    return make


def of_the_other(cls: type) -> Callable[[], tuple[Any, ...]]:
    def make() -> tuple[Any, ...]:
        other = cls(2)
        return vars(other), cls(), other

    return make


PROGRAMS = (dict_is_changed, object_is_changed, both_are_changed, collected_is_changed)
WAYS = (by_itself, of_the_first, of_the_other)


def _called(run: Any, makers: Sequence[Callable[[], tuple[Any, ...]]]) -> list[str]:
    return [repr(run(ONE, *make())) for make in makers]


@pytest.mark.parametrize("second", WAYS)
@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize("cls", [Point, Module])
@pytest.mark.parametrize("program", PROGRAMS)
def test_the_answer_is_pythons(program: Any, cls: type, first: Any, second: Any) -> None:
    makers = [first(cls), second(cls), first(cls)]
    with vartrack.use(vartrack.sound):
        found = _called(torch.compile(program, backend="eager"), makers)
    assert found == _called(program, makers)


def keeps_arguments(module: Any, x: torch.Tensor, **more: Any) -> torch.Tensor:
    """What is done to arguments by name can be seen nowhere else."""
    scale = more.pop("scale", 2)
    token = COLLECTED.set(x)
    try:
        return module.inner(x) * scale + module.table["a"]
    finally:
        COLLECTED.reset(token)


class Outer(nn.Module):
    """A module of many, with a dict beside them."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(*(nn.Linear(2, 2) for _ in range(count)))
        self.table = {"a": 1}


def test_what_a_call_collects_is_held_against_nothing() -> None:
    """The check of a call does not grow with the modules that were read."""
    sources: list[str] = []
    for count in (2, 20):
        torch._dynamo.reset()
        with vartrack.audit() as report:
            torch.compile(keeps_arguments, backend="eager")(Outer(count), torch.ones(2), scale=3)
        assert report.facts
        sources += [fact.source for fact in report.facts if fact.kind == "identity"]
    assert not [source for source in sources if "._modules" in source]


def test_modules_beside_a_changed_dict_are_not_read() -> None:
    """All modules have one attribute that the dict would hold."""

    def count(module: Any, x: torch.Tensor) -> torch.Tensor:
        module.table["a"] += 1
        return module.inner(x)

    with vartrack.audit() as report:
        torch.compile(count, backend="eager")(Outer(3), torch.ones(2))
    (fact,) = [fact for fact in report.facts if "is the dict of none of" in fact.fact]
    assert "._modules" in fact.fact
    assert "._modules" not in fact.source
