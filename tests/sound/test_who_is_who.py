"""Which object a value is, where nothing else guards it: `is`, keys that are looked for, `!=`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from facts import Wrap, both_runs

ONE = torch.ones(2)


class Plain:
    """Equal to itself."""


class First:
    """A class to be found."""


class Second:
    """Another one."""


def first() -> None: ...


def second() -> None: ...


PLAIN = [Plain(), Plain(), Plain()]
MODULES = [torch.nn.Identity() for _ in range(3)]
JOINED = "".join(["te", "xt"])  # equal to the text, and another object
#: Values of one kind: of each the others are to be told.
VALUES: dict[str, list[Any]] = {
    "texts": ["text", JOINED, "other"],
    "ints": [2, 3, 5],
    "large ints": [10**6, int("1000000"), 7],
    "floats": [0.5, 1.5, float("1.5")],
    "types of numbers": [1, True, 1.0],
    "objects": PLAIN,
    "classes": [First, Second, Plain],
    "functions": [first, second, len],
    "modules": MODULES,
    "none": [None, 0, PLAIN[0]],
}


class Holder:
    """An object with a value."""

    def __init__(self, held: Any) -> None:
        self.held = held


#: What tells `it` from `other`, by where that lies.
ASKED: dict[str, Callable[[Any, Any], Any]] = {
    "is": lambda it, other: it is other,
    "is not": lambda it, other: it is not other,
    "an item": lambda it, other: [other][0] is it,
    "a branch": lambda it, other: 1 if it is other else 2,
}


@pytest.mark.parametrize("use", ASKED)
@pytest.mark.parametrize("kind", VALUES)
def test_is_between_what_changes(kind: str, use: str) -> None:
    def plan(wrap: Wrap):
        holder, items = Holder(None), [None]
        of_attribute = wrap(lambda x, it: (x + 1, ASKED[use](it, holder.held)))
        of_item = wrap(lambda x, it, items: (x + 1, ASKED[use](it, items[0])))
        for at in (2, 0, 1, 1, 0, 2):
            holder.held = items[0] = VALUES[kind][1]
            it = VALUES[kind][at]
            yield lambda: (of_attribute(ONE, it), of_item(ONE, it, items))  # noqa: B023

    both_runs(plan)


#: What looks for a key that is not there, or goes through those that are.
LOOKED_FOR: dict[str, Callable[[set[Any], dict[Any, int], Any], Any]] = {
    "discard": lambda s, d, key: s.discard(key),
    "in a set": lambda s, d, key: key in s,
    "pop": lambda s, d, key: d.pop(key, None),
    "get": lambda s, d, key: d.get(key, 5),
    "the others": lambda s, d, key: {k: v for k, v in d.items() if k != key},
}
#: The same by `is`; of keys that are literals that remains wrong, as on torch alone.
BY_IDENTITY = LOOKED_FOR | {"how many": lambda s, d, key: sum(k is key for k in d)}
CASES = [
    *((kind, use) for kind in ("texts", "ints") for use in LOOKED_FOR),
    *(
        (kind, use)
        for kind in ("objects", "classes", "functions", "modules")
        for use in BY_IDENTITY
    ),
]


@pytest.mark.parametrize(("kind", "use"), CASES)
def test_a_key_that_was_not_found_is_looked_for_again(kind: str, use: str) -> None:
    def plan(wrap: Wrap):
        values = VALUES[kind]
        f = wrap(lambda x, s, d, key: (x + 1, BY_IDENTITY[use](s, d, key), len(s), len(d)))
        s, d = set(values[:2]), dict.fromkeys(values[:2], 1)
        for at in (2, 0, 1, 2, 1):
            # by position, as texts of objects have addresses
            yield lambda: _by_position(values, f(ONE, s, d, values[at]), s, d)  # noqa: B023

    both_runs(plan, refuses=True)


def _by_position(values: list[Any], result: Any, *held: Any) -> Any:
    """The result, and what is held, each value as where it is among ``values``."""

    def at(value: Any) -> Any:
        return next((number for number, each in enumerate(values) if each is value), value)

    x, found, *lengths = result
    if isinstance(found, dict):
        found = [(at(key), value) for key, value in found.items()]
    return x, found, lengths, [sorted(map(at, one)) for one in held]
