"""A set from outside that holds objects: what the compiled function does to it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from facts import Wrap, both_runs

ONE = torch.ones(2)


class ByIdentity:
    """Equal to itself."""

    def __init__(self, n: int) -> None:
        self.n = n


class ByValue(ByIdentity):
    """Equal to others of the same number."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByValue) and self.n == other.n

    def __hash__(self) -> int:
        return hash(self.n)


CHANGES: dict[str, Callable[[set[Any], Any], Any]] = {
    "add": lambda s, it: s.add(it),
    "discard": lambda s, it: s.discard(it),
    "update": lambda s, it: s.update([it]),
    "or": lambda s, it: s.__ior__({it}) and None,
    "minus": lambda s, it: s.difference_update([it]),
    "and": lambda s, it: s.intersection_update({it}),
    "either": lambda s, it: s.symmetric_difference_update({it}),
    "added and removed": lambda s, it: (s.add(it), s.remove(it))[0],
    "clear": lambda s, it: s.clear(),
}


@pytest.mark.parametrize("cls", [ByIdentity, ByValue])
@pytest.mark.parametrize("name", CHANGES)
def test_what_is_done_to_one_of_objects_is_done(
    name: str, cls: Callable[[int], ByIdentity]
) -> None:
    def plan(wrap: Wrap):
        items = {cls(1), cls(2)}
        f = wrap(lambda x, it: (x + 1, CHANGES[name](items, it), len(items)))
        for number in (2, 3, 3, 1):
            yield lambda: (*f(ONE, cls(number)), sorted(it.n for it in items))

    both_runs(plan)


class _Made(set): ...  # type: ignore[type-arg]


class _MadeFrozen(frozenset): ...  # type: ignore[type-arg]


@pytest.mark.first_answer
@pytest.mark.parametrize("kind", [_Made, _MadeFrozen])
def test_a_subclass_that_is_made_is_asked_for_its_attributes(kind: Any) -> None:
    def use(x: torch.Tensor) -> Any:
        made = kind([1, 2])
        if kind is _Made:
            made.add(3)
        made.note = 4
        return x + 1, vars(made), len(made), made

    def plan(wrap: Any) -> Any:
        f = wrap(use)
        yield lambda: f(ONE)

    both_runs(plan, refuses=True)
