"""How functions are called, and what generators hand to each other."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
import torch
from facts import Plans, both_runs

ONE = torch.ones(2)
PLANS = Plans()
plan = PLANS.add


def _all(*items: int) -> tuple[int, ...]:
    return items


@plan
def items_of_a_range(wrap):
    f = wrap(lambda x, many: (x + 1, _all(*many), _all(*range(4)), _all(7, *range(2))))
    yield lambda: f(ONE, range(3))
    yield lambda: f(ONE, range(1, 9, 3))


@plan
def items_of_a_range_and_names(wrap):
    f = wrap(lambda x, many, named: (x + 1, dict(*[[]], **named), _all(*many)))
    yield lambda: f(ONE, range(3), {"a": 1})


def _named(**named: Any) -> list[str]:
    return list(named)


def _named_twice(x: torch.Tensor, more: dict[Any, int]) -> tuple[torch.Tensor, Any]:
    try:
        return x + 1, _named(a=1, **more)
    except TypeError as error:
        return x + 2, type(error)


@plan
def an_argument_that_was_given_twice(wrap):
    f, more = wrap(lambda x: _named_twice(x, more)), {"a": 1}
    yield lambda: f(ONE)
    more.clear()
    more["b"] = 2
    yield lambda: f(ONE)
    more["a"] = 3
    yield lambda: f(ONE)


@plan
def an_argument_whose_name_was_no_text(wrap):
    f, more = wrap(lambda x: _named_twice(x, more)), {}
    more[1] = 1
    yield lambda: f(ONE)
    more.clear()
    more["b"] = 2
    yield lambda: f(ONE)


def _inner(last: Any) -> Generator[int, Any, Any]:
    yield 1
    return last


@plan
def what_a_generator_returned(wrap):
    def outer(last):
        value = yield from _inner(last)
        yield value

    f = wrap(lambda x, last: (x + 1, list(outer(last))))
    yield lambda: f(ONE, "end")
    yield lambda: f(ONE, 3)


@plan
def what_a_generator_returned_with_a_tensor(wrap):
    def outer(x):
        value = yield from _inner(x * 2)
        yield value + 1

    f = wrap(lambda x: list(outer(x)))
    yield lambda: f(ONE)


@plan
def a_generator_that_has_ended_already(wrap):
    def outer():
        held = _inner(5)
        first = yield from held
        second = yield from held
        yield first, second

    f = wrap(lambda x: (x + 1, list(outer())))
    yield lambda: f(ONE)


@plan
def generators_in_each_other(wrap):
    def middle():
        got = yield from _inner(5)
        return got + 1

    def outer():
        got = yield from middle()
        yield got * 2

    f = wrap(lambda x: (x + 1, list(outer())))
    yield lambda: f(ONE)


@plan
def an_iterator_that_ends_with_a_value(wrap):
    class Once:
        def __iter__(self):
            return self

        def __next__(self):
            raise StopIteration(9)

    def outer():
        value = yield from Once()
        yield value

    f = wrap(lambda x: (x + 1, list(outer())))
    yield lambda: f(ONE)


@plan
def a_list(wrap):
    def outer():
        value = yield from [1, 2]
        yield value

    f = wrap(lambda x: (x + 1, list(outer())))
    yield lambda: f(ONE)


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.usefixtures("as_before")
def test_it_is_called_as_in_python(name: str) -> None:
    both_runs(PLANS[name])
