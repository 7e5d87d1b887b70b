"""Operators on containers of a class of their own: the class of the result, and which object."""

from __future__ import annotations

import itertools
from collections import Counter, OrderedDict, defaultdict
from typing import Any

import pytest
import torch
from facts import both_runs

ONE = torch.ones(2)


class Ordered(OrderedDict): ...


class Table(dict): ...


class Counts(Counter): ...


class Items(list): ...


class Names(set): ...


DICTS: dict[str, Any] = {
    "Counter": lambda: Counter("aab"),
    "dict": lambda: {"b": 5, "c": -2},
    "OrderedDict": lambda: OrderedDict(b=4, q=2),
    "defaultdict": lambda: defaultdict(int, b=7),
    "Ordered": lambda: Ordered(b=3),
    "Table": lambda: Table(b=2, e=1),
    "Counts": lambda: Counts("bbb"),
}


def merged(x, one, other):
    return x + 1, one | other


def merged_in_place(x, one, other):
    same = one
    one |= other
    return x + 1, one, one is same


def added(x, one, other):
    same = one
    one += other
    return x + 1, one, one is same


def taken_from(x, one, other):
    same = one
    one -= other
    return x + 1, one, one is same


def _both(use: Any, make: Any, make_other: Any, change: Any, **options: Any) -> int:
    def plan(wrap):
        f = wrap(use)
        one, other = make(), make_other()
        yield lambda: (f(ONE, one, other), one, other)
        changed, another = make(), make_other()
        change(changed)
        yield lambda: (f(ONE, changed, another), changed, another)

    return both_runs(plan, **options)


@pytest.mark.parametrize(("one", "other"), [*itertools.product(DICTS, repeat=2)])
@pytest.mark.parametrize("use", [merged, merged_in_place])
def test_dicts_are_merged_as_python_does(use: Any, one: str, other: str) -> None:
    # torch 2.13 cannot write an OrderedDict that it makes of a Counter
    _both(use, DICTS[one], DICTS[other], lambda value: value.update(z=7), refuses=True)


@pytest.mark.parametrize("make", [list, Items])
@pytest.mark.parametrize("other", [[3], (4, 5)])
def test_a_list_is_added_to(make: Any, other: Any) -> None:
    # torch 2.13 has no `+=` of a tuple to a subclass of list
    _both(added, lambda: make([1, 2]), lambda: other, lambda value: value.append(9), refuses=True)


@pytest.mark.parametrize("make", [set, Names])
def test_a_set_is_taken_from(make: Any) -> None:
    # what is done to a set of a class of its own is forgotten when the function is left
    refuses = make is not set
    _both(
        taken_from,
        lambda: make([1, 2]),
        lambda: {2, 3},
        lambda value: value.add(9),
        refuses=refuses,
    )
