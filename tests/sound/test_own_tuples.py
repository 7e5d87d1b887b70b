"""Tuples of a class of the program's beside plain ones; and named ones that are asked otherwise."""

from __future__ import annotations

import copy
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import pytest
import torch
from facts import Wrap, both_runs

ONE = torch.ones(2)


class Own(tuple):
    __slots__ = ()


class Asked(tuple):
    """It is asked before a tuple is, also from the right."""

    __slots__ = ()
    __hash__ = tuple.__hash__

    def __eq__(self, other: Any) -> bool:
        return len(other) == 2

    def __ne__(self, other: Any) -> bool:
        return len(other) != 2


KINDS: dict[str, Callable[..., Any]] = {
    "plain": lambda *items: items,
    "named": namedtuple("Named", "a b"),
    "own": lambda *items: Own(items),
    "asked": lambda *items: Asked(items),
}

USES: dict[str, Callable[[Any, Any], Any]] = {
    "compared": lambda v, w: (v == w, w == v, v != w, [v] == [w], v in [w]),
    "longer": lambda v, w: (v + (3,), v * 2, tuple(w)),
    "as a key": lambda v, w: ({w: 5}.get(v), v in {w: 5}),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_tuple_that_it_is(kind: str, use: str) -> None:
    def plan(wrap: Wrap):
        for other in KINDS:
            f = wrap(lambda x, v, w: (x + 1, USES[use](v, w)))
            for items in ((1, 2), (2, 1)):
                yield lambda: f(ONE, KINDS[kind](*items), KINDS[other](1, 2))

    both_runs(plan, refuses=True)


class Goes(tuple):
    """Going through it gives something else than it holds."""

    __slots__ = ()

    def __iter__(self) -> Any:
        return iter((7, 8))


STORED: dict[str, Callable[[Any], Any]] = {
    "added to others": lambda v: ((3,) + v, () + v, v + (3,), v + v),  # noqa: RUF005
    "compared": lambda v: (v == (1, 2), (1, 2) == v, v < (2,), v in [(1, 2)]),
    "gone through": lambda v: ([*v], tuple(v), list(v)),
    "an item": lambda v: (v[0], v[-1], len(v)),
}


@pytest.mark.parametrize("use", STORED)
def test_what_it_holds_counts_whatever_going_through_it_gives(use: str) -> None:
    def plan(wrap: Wrap):
        f = wrap(lambda x, v: (x + 1, STORED[use](v)))
        for items in ((1, 2), (2, 1), (1, 2)):
            yield lambda: f(ONE, Goes(items))

    both_runs(plan)


def test_a_copy_holds_the_same() -> None:
    def plan(wrap: Wrap):
        f = wrap(lambda x, v: (x + 1, len(copy.copy(v)), tuple.__getitem__(copy.copy(v), 0)))
        for items in ((1, 2), (2, 1), (1, 2)):
            yield lambda: f(ONE, Goes(items))

    both_runs(plan, refuses=True)


def test_tensors_that_are_the_same_are_not_compared() -> None:
    def plan(wrap: Wrap):
        f = wrap(lambda x, v, w: (x + 1, v == w, v != w))
        for kind in ("named", "own"):
            yield lambda: f(ONE, KINDS[kind](1, ONE), KINDS[kind](1, ONE))

    both_runs(plan, refuses=True)


#: How a named tuple is used, under which name its class gets something else, and what that is.
OTHERWISE: dict[str, tuple[Callable[[Any], Any], str, Any]] = {
    "a field": (lambda v: v.a, "a", property(lambda _: 7)),
    "an item": (lambda v: v[0], "__getitem__", lambda *_: 7),
    "unpacked": (lambda v: [*v], "__iter__", lambda _: iter((7,))),
    "its text": (repr, "__repr__", lambda _: "seven"),
    "replaced": (lambda v: v._replace(a=3), "_replace", lambda _, **__: 7),
    "made": (lambda v: type(v)(3, 4).a, "a", property(lambda _: 7)),
}


@pytest.mark.parametrize("name", OTHERWISE)
def test_a_named_tuple_is_asked_what_its_class_has(name: str) -> None:
    use, attribute, other = OTHERWISE[name]

    def plan(wrap: Wrap):
        cls = namedtuple("Pair", "a b")
        f = wrap(lambda x, v: (x + 1, use(v)))
        yield lambda: f(ONE, cls(1, 2))
        setattr(cls, attribute, other)
        yield lambda: f(ONE, cls(1, 2))

    both_runs(plan, refuses=True)
