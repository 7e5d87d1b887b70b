"""Objects that are made anew for each call, and mean the same, are compiled once."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
import torch
from beside_torch import Program, outcome
from places import PLACES
from thrift_values import SOUND, THRIFT

pytestmark = pytest.mark.usefixtures("fresh")


class Holder:
    """An object with a method, and with an attribute that others do not have."""

    def __init__(self, factor: int, more: bool = False) -> None:
        self.factor = factor
        if more:
            self.unread = more

    def scaled(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.factor


def scaled(x: torch.Tensor, factor: int) -> torch.Tensor:
    return x * factor


def closed_over(factor: int) -> Callable[..., Any]:
    return lambda x: x * factor


def called(x: torch.Tensor, v: Any) -> Any:
    return v(x)


def matched(x: torch.Tensor, v: Any) -> Any:
    return x + len(v.group(1)), v.groups(), v.span(), v.group(1) == "b"


#: By kind what is done with it, what makes one, and how many graphs are enough.
FRESH: dict[str, tuple[Program, Callable[[int], Any], int]] = {
    "partial": (called, lambda n: functools.partial(scaled, factor=2), 1),
    "bound method": (called, lambda n: Holder(2).scaled, 1),
    "lambda": (called, lambda n: lambda x: x + 1, 1),
    "closure": (called, lambda n: closed_over(2), 1),
    "closure over numbers": (called, lambda n: closed_over(n + 2), 2),
    "match that is carried": (lambda x, v: v, lambda n: re.match("a(.)", f"a{n}"), 1),
    "match that is asked": (matched, lambda n: re.match("a(.)", "ab"), 1),
    "pattern": (lambda x, v: v, lambda n: re.compile(f"a{n}"), 1),
    "union": (lambda x, v: [v], lambda n: int | str, 1),
    "union that is asked": (
        lambda x, v: x + isinstance(3, v),
        lambda n: int | (str, bytes)[n % 2],
        1,
    ),
    "type variable": (lambda x, v: (v, x), lambda n: TypeVar("T"), 1),  # type: ignore[misc]
    "attribute that nobody reads": (
        lambda x, v: x * v.factor,
        lambda n: Holder(2, bool(n % 2)),
        1,
    ),
    "attribute that is there or not": (
        lambda x, v: x * getattr(v, "unread", 3),
        lambda n: Holder(2, bool(n % 2)),
        2,
    ),
    "none first": (
        lambda x, v: x if v is None else x + v,
        lambda n: torch.ones(4) if n else None,
        2,
    ),
}


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("kind", FRESH)
def test_the_same_meaning_is_one_graph(kind: str, registry: Any) -> None:
    program, make, enough = FRESH[kind]

    @functools.cache
    def made() -> tuple[Any, ...]:
        return tuple(map(make, range(5)))  # alive, so that none has the address of another

    for place in ("argument", *((PLACES) if "match" in kind else ())):
        assert outcome(registry, program, made, place) == ("right", enough, ""), place


#: Matches and unions that answer otherwise, or of which some part has a say of its own.
OTHERS: dict[str, tuple[Program, tuple[Any, ...]]] = {
    "matches": (matched, tuple(re.match("a(.*)", text) for text in ("ab", "ac", "abc", "ab", "a"))),
    "no group": (
        lambda x, v: (v.group(1), v.group(), v.start()),
        tuple(re.match("(a)?b", text) for text in ("ab", "b", "ab")),
    ),
    "wrong group": (lambda x, v: v.group(7), tuple(re.match("a", text) for text in ("a", "ab"))),
    "unions": (
        lambda x, v: x + isinstance(3, v),
        (int | str, str | bytes, float | int, str | None),
    ),
    "of Python": (
        lambda x, v: isinstance(3, v),
        (int | str, Holder | int, str | torch.nn.Parameter, list[int] | str),
    ),
}


@pytest.mark.parametrize("use", OTHERS)
def test_another_meaning_is_seen(use: str) -> None:
    program, values = OTHERS[use]
    alone = outcome(None, program, lambda: values)
    for registry in (THRIFT, SOUND):
        found = outcome(registry, program, lambda: values)
        assert found.rank <= alone.rank, found
        assert found.rank < alone.rank or found.graphs <= alone.graphs, found
