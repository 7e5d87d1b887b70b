"""The one check over the parts of all functions that were traced."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

import pytest
import torch
from facts import both_runs, outcomes

import vartrack
from vartrack.soundness.facts import bodies

ONE = torch.ones(2)


@pytest.fixture(params=[True, False], ids=["by memory", "by value"])
def read(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read at every call: where the parts lie, or the parts."""
    monkeypatch.setattr(bodies, "AVAILABLE", request.param and bodies.AVAILABLE)


pytestmark = pytest.mark.usefixtures("read")


def _made(count: int = 12) -> list[FunctionType]:
    def make() -> Any:
        def one(x, by=(1, 2), *, more=(3, 4)):
            return x * by[0] + more[1]

        return FunctionType(one.__code__, globals(), "one", one.__defaults__, None)

    made = [make() for _ in range(count)]
    for each in made:
        each.__kwdefaults__ = {"more": (3, 4)}
    return made


def _plain(count: int = 12) -> list[FunctionType]:
    def make() -> Any:
        def one(x, by=(1, 2)):
            return x * by[0] + by[1]

        return one

    return [make() for _ in range(count)]


def _other(x, by=(1, 2)):
    return x - by[0]


def _without(x):
    return x - 7


CHANGES: dict[str, Callable[[FunctionType], Any]] = {
    "code": lambda f: setattr(f, "__code__", _other.__code__),
    "defaults": lambda f: setattr(f, "__defaults__", ((5, 6),)),
    "no defaults": lambda f: (
        setattr(f, "__code__", _without.__code__),
        setattr(f, "__defaults__", None),
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_is_noticed(name: str) -> None:
    def program(wrap: Any) -> Iterator[Callable[[], Any]]:
        functions = _plain()

        def all_of(x):
            for each in functions:
                x = each(x)
            return x

        run = wrap(all_of)
        yield lambda: run(ONE)
        CHANGES[name](functions[7])
        yield lambda: run(ONE)

    both_runs(program, refuses=True)


def test_changed_keyword_defaults_are_noticed() -> None:
    def program(wrap: Any) -> Iterator[Callable[[], Any]]:
        functions = _made()

        def all_of(x):
            for each in functions:
                x = each(x)
            return x

        run = wrap(all_of)
        yield lambda: run(ONE)
        functions[3].__kwdefaults__["more"] = (3, 50)
        yield lambda: run(ONE)

    both_runs(program, refuses=True)


def test_parts_that_are_equal_are_no_change() -> None:
    def program(wrap: Any) -> Iterator[Callable[[], Any]]:
        functions = _plain()

        def all_of(x):
            for each in functions:
                x = each(x)
            return x

        run = wrap(all_of)
        for _ in range(3):
            yield lambda: run(ONE)
            for each in functions:
                each.__defaults__ = (tuple([1, 2]),)  # noqa: C409

    found, graphs = outcomes(program, vartrack.sound)
    assert graphs == 1
    assert found == outcomes(program, vartrack.stock)[0]


def test_others_may_come_to_lie_where_equal_parts_did() -> None:
    """Parts that took the place of equal ones are held: nothing else comes to lie there."""

    class Own:
        def number(self) -> int:
            return 1

    first = Own.number.__code__
    seven = tuple(7 if each == 1 else each for each in first.co_consts)

    def program(wrap: Any) -> Iterator[Callable[[], Any]]:
        Own.number.__code__ = first
        own = Own()
        run = wrap(lambda x: x + own.number())
        yield lambda: run(ONE)
        Own.number.__code__ = first.replace()
        yield lambda: run(ONE)
        place = id(Own.number.__code__)
        Own.number.__code__ = first
        made = [first.replace(co_consts=seven)]
        while id(made[-1]) != place and len(made) < 100:
            made.append(first.replace(co_consts=seven))
        Own.number.__code__ = made[-1]
        yield lambda: run(ONE)

    both_runs(program, refuses=True)


def test_a_function_that_is_gone_is_not_read() -> None:
    """Another function may lie where it was."""

    class Holder:
        pass

    def program(wrap: Any) -> Iterator[Callable[[], Any]]:
        holders = [Holder() for _ in range(12)]
        for holder, function in zip(holders, _plain(), strict=True):
            holder.act = function

        def all_of(x):
            for each in holders:
                x = each.act(x)
            return x

        run = wrap(all_of)
        yield lambda: run(ONE)
        for round_ in range(3):
            for holder, function in zip(holders, _plain(), strict=True):
                if round_ == 2:
                    function.__code__ = _other.__code__
                holder.act = function
            gc.collect()
            yield lambda: run(ONE)

    both_runs(program, refuses=True)
