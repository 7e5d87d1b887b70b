"""Subclasses of sets with an `__iter__` of their own, which C code passes by."""

from __future__ import annotations

import pytest
import torch
from facts import Plans, both_runs

ONE = torch.ones(2)
PLANS = Plans()
plan = PLANS.add


class Other(set):
    def __iter__(self):
        return iter([7, 8])


class OtherFrozen(frozenset):
    def __iter__(self):
        return iter([7, 8])


class InOrder(set):
    def __iter__(self):
        return iter(sorted(super().__iter__()))


@plan
def asked(wrap):
    f = wrap(lambda x, items: (x + 1, items == {1, 2}, 1 in items, 7 in items, len(items)))
    for items in (Other({1, 2}), Other({1, 3}), OtherFrozen({1, 2}), InOrder({1, 2}), Other({7})):
        yield lambda: f(ONE, items)  # noqa: B023 - it is called before the next


@plan
def compared(wrap):
    f = wrap(lambda x, plain, items: (x + 1, plain == items, items == plain, plain != items))
    yield lambda: f(ONE, {1, 2}, Other({1, 2}))
    yield lambda: f(ONE, {7, 8}, Other({1, 2}))


@plan
def gone_through(wrap):
    f = wrap(lambda x, items: (x + 1, [*items], sum(items), sorted(items)))
    yield lambda: f(ONE, Other({1, 2}))
    yield lambda: f(ONE, InOrder({2, 1}))


@plan
def taken_by_another(wrap):
    f = wrap(lambda x, items: (x + 1, set(items), {1, 5} | items, {1}.union(items), {*items}))
    for items in (Other({1, 2}), OtherFrozen({1, 2}), InOrder({1, 2})):
        yield lambda: f(ONE, items)  # noqa: B023


@plan
def taken_by_questions(wrap):
    f = wrap(lambda x, items: (x + 1, {1} <= items, {1} & items, {1, 7} - items))
    yield lambda: f(ONE, Other({1, 2}))


@pytest.mark.parametrize("name", PLANS)
def test_what_is_stored_counts(name: str) -> None:
    both_runs(PLANS[name], refuses=True)
