"""Keys that are made while tracing, and are not in a dict or set from outside, until they are."""

from __future__ import annotations

import dataclasses
import weakref
from typing import Any

import pytest
import torch
from facts import both_runs

ONE = torch.ones(2)


class Owner: ...


OWNER = Owner()


@dataclasses.dataclass(frozen=True)
class Named:
    name: str
    owner: object = None


class Cached:
    def __init__(self) -> None:
        self.table: dict[Any, Any] = {}

    def scale(self, name: str) -> Any:
        return self.table.get((self, name), 2)


KEYS: dict[str, Any] = {
    "of an object": lambda: (OWNER, 1),
    "of a class": lambda: (Owner, 1),
    "nested": lambda: (None, (OWNER,)),
    "weak reference": lambda: weakref.ref(OWNER),
    "made object": lambda: Named("a"),
    "made object with another in it": lambda: Named("a", OWNER),
    "literals": lambda: ("a", 1),
}
USES: dict[str, Any] = {
    "in": lambda x, table, key: x * 2 if key() in table else x * 3,
    "not in": lambda x, table, key: x * 2 if key() not in table else x * 3,
    "get": lambda x, table, key: x * table.get(key(), 3),
    "pop": lambda x, table, key: x * table.pop(key(), 3),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("key", KEYS)
def test_a_key_that_comes_and_goes_is_noticed(key: str, use: str) -> None:
    def plan(wrap):
        table: dict[Any, Any] = {}
        f = wrap(lambda x: USES[use](x, table, KEYS[key]))
        yield lambda: f(ONE)
        table[KEYS[key]()] = 5
        yield lambda: f(ONE)
        table.clear()
        yield lambda: f(ONE)

    both_runs(plan)


@pytest.mark.parametrize("make", [set, weakref.WeakSet, weakref.WeakKeyDictionary])
def test_an_object_that_is_kept_is_noticed(make: Any) -> None:
    def plan(wrap):
        held = make()
        f = wrap(lambda x: x * 2 if OWNER in held else x * 3)
        yield lambda: f(ONE)
        if hasattr(held, "keys"):
            held[OWNER] = 1
        else:
            held.add(OWNER)
        yield lambda: f(ONE)

    both_runs(plan)


def test_a_tuple_that_is_made_is_looked_for_among_values() -> None:
    def plan(wrap):
        table = {"first": (OWNER, 2)}
        f = wrap(lambda x: x * 2 if (OWNER, 1) in table.values() else x * 3)
        yield lambda: f(ONE)
        table["second"] = (OWNER, 1)
        yield lambda: f(ONE)

    both_runs(plan)


def test_a_cache_of_a_method_is_noticed() -> None:
    def plan(wrap):
        cached = Cached()
        f = wrap(lambda x: x * cached.scale("a"))
        yield lambda: f(ONE)
        cached.table[cached, "a"] = 7
        yield lambda: f(ONE)

    assert both_runs(plan) == 2
