"""Methods in C that come from outside: two are equal if they are one function of one object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from facts import Wrap, both_runs

ONE = torch.ones(2)

#: Two objects of a kind, and two of their methods.
KINDS: dict[str, tuple[Any, Any, str, str]] = {
    "of lists": ([1], [1], "append", "pop"),
    "of dicts": ({}, {}, "get", "keys"),
    "of texts": ("a", "b", "join", "strip"),
    "wrappers of lists": ([1], [1], "__len__", "__iter__"),
    "wrappers of ints": (1000, 2000, "__add__", "__sub__"),
    "wrappers of objects": (object(), object(), "__str__", "__repr__"),
}

USES: dict[str, Callable[[Any, Any], Any]] = {
    "==": lambda v, w: (v == w, w == v),
    "!=": lambda v, w: (v != w, not v != w),
    "in": lambda v, w: (v in [w], v not in (1, w)),
    "index": lambda v, w: [1, w, v].index(v),
    "index of a tuple": lambda v, w: (w, v).index(v),
    "count": lambda v, w: [v, w, v].count(w),
    "lists": lambda v, w: [v] == [w],
    "hash": lambda v, w: (hash(v) == hash(w), hash(v) == hash(v)),
    "a key": lambda v, w: {v: 1, 2: 3}.get(w, 4),
    "a set": lambda v, w: (len({v, w}), w in {v}),
    "with itself": lambda v, w: (v == v, v in [v], [v].index(v), w != w),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("kind", KINDS)
def test_which_are_one(kind: str, use: str) -> None:
    one, other, name, another = KINDS[kind]

    def plan(wrap: Wrap):
        f = wrap(lambda x, v, w: (x + 1, USES[use](v, w)))
        for of, called in ((one, name), (other, name), (one, another), (one, name)):
            yield lambda: f(ONE, getattr(one, name), getattr(of, called))

    both_runs(plan, refuses=True)


@pytest.mark.parametrize("kind", KINDS)
def test_one_that_is_looked_for_is_found(kind: str) -> None:
    """No refusal: torch dies of some, and says of others that they are not there."""
    one, other, name, _ = KINDS[kind]

    def plan(wrap: Wrap):
        f = wrap(lambda x, v, w: (x + 1, v == w, v in [w], [w, v].index(v), [w].count(v)))
        for of in (one, other, one):
            yield lambda: f(ONE, getattr(one, name), getattr(of, name))

    both_runs(plan)
