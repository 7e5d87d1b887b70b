"""Values that torch compares by copies or by their content, where Python asks which they are."""

from __future__ import annotations

import functools
import types
from collections import OrderedDict, deque

import pytest
import torch
from facts import Plans, both_runs
from torch import nn

ONE = torch.ones(2)
PLANS = Plans()
plan = PLANS.add


class Owner:
    def act(self): ...
    def other(self): ...


def two_of(make):
    """Whether two equal values are one object: once they are not, and once they are."""

    def compared(wrap):
        f = wrap(lambda x, one, other: (x * 9 if one is other else x, one is not other))
        one, other = make(), make()
        yield lambda: f(ONE, one, other)
        yield lambda: f(ONE, one, one)
        yield lambda: f(ONE, one, other)

    return compared


PLANS["texts"] = two_of(lambda: "".join(["some", "thing"]))
PLANS["bytes"] = two_of(lambda: bytes([1, 2, 3]))
PLANS["large_numbers"] = two_of(lambda: int("100000"))
PLANS["fractions"] = two_of(lambda: float("1.5"))
PLANS["frozen_sets"] = two_of(lambda: frozenset([1, 2]))
PLANS["tuples"] = two_of(lambda: tuple([1, 2]))
PLANS["partials"] = two_of(lambda: functools.partial(len))
PLANS["ranges"] = two_of(lambda: range(3))
PLANS["slices"] = two_of(lambda: slice(3))
PLANS["tensors"] = two_of(lambda: torch.ones(2))


@plan
def parameters(wrap):
    one, other = nn.Linear(2, 2), nn.Linear(2, 2)
    f = wrap(lambda x: x * 9 if one.weight is other.weight else x)
    yield lambda: f(ONE)
    other.weight = one.weight
    yield lambda: f(ONE)


@plan
def buffers(wrap):
    model = nn.Module()
    model.register_buffer("one", torch.ones(2))
    model.register_buffer("other", torch.ones(2))
    f = wrap(lambda x: x * 9 if model.one is model.other else x)
    yield lambda: f(ONE)
    model.other = model.one
    yield lambda: f(ONE)


@plan
def parameters_in_a_set(wrap):
    one, other = nn.Linear(2, 2), nn.Linear(2, 2)
    f = wrap(lambda x: x * len({one.weight, other.weight}))
    yield lambda: f(ONE)
    other.weight = one.weight
    yield lambda: f(ONE)


@plan
def parameters_as_keys(wrap):
    one, other = nn.Linear(2, 2), nn.Linear(2, 2)
    table = {one.weight: 5}
    f = wrap(lambda x: x * table.get(other.weight, 1))
    yield lambda: f(ONE)
    other.weight = one.weight
    yield lambda: f(ONE)


@plan
def bound_methods(wrap):
    one, other = Owner(), Owner()
    f = wrap(
        lambda x, p, q: (x + 1, p.act == q.act, p.act != q.act, p.act in [q.act], p.act == p.other)
    )
    yield lambda: f(ONE, one, other)
    yield lambda: f(ONE, one, one)


@plan
def bound_methods_as_keys(wrap):
    one, other = Owner(), Owner()
    f = wrap(lambda x, p, q: x * len({p.act, q.act}))
    yield lambda: f(ONE, one, other)
    yield lambda: f(ONE, one, one)


@plan
def methods_of_containers(wrap):
    def use(x, one, other):
        among = (one.append in [other.append], other.append in (1, one.append, "append"))
        counted = [one.append, one.pop].count(other.append), (one.append, 2).index(one.append)
        return x + 1, among, counted, one.append == other.append, one.append.__self__ is other

    f = wrap(use)
    both = []
    yield lambda: f(ONE, [], [])
    yield lambda: f(ONE, both, both)


@plan
def methods_of_containers_that_are_made(wrap):
    def use(x):
        one, other = {}, {}
        found = (one.get in [other.get], one.get in [one.get], one.get == one.get)
        return x + 1, found, one.get.__self__ is one, one.get.__self__ is other

    f = wrap(use)
    yield lambda: f(ONE)


@plan
def bound_method_that_was_kept(wrap):
    one, other = Owner(), Owner()
    held = types.SimpleNamespace(callback=one.act)
    f = wrap(lambda x, p: x * 9 if held.callback == p.act else x)
    yield lambda: f(ONE, one)
    yield lambda: f(ONE, other)
    held.callback = other.act
    yield lambda: f(ONE, other)


@plan
def bound_method_in_a_list(wrap):
    one, other = Owner(), Owner()
    handlers = [one.act]

    def without(x):
        left = list(handlers)
        if other.act in left:
            left.remove(other.act)
        return x * (len(left) + 1)

    f = wrap(without)
    yield lambda: f(ONE)
    handlers.append(other.act)
    yield lambda: f(ONE)


@plan
def zero_of_another_sign(wrap):
    held = types.SimpleNamespace(number=0.0)
    f = wrap(lambda x: x / held.number)
    yield lambda: f(ONE)
    held.number = -0.0
    yield lambda: f(ONE)


@plan
def zero_of_another_sign_in_a_text(wrap):
    f = wrap(lambda x, number: (x + 1, str(number)))
    yield lambda: f(ONE, 0.0)
    yield lambda: f(ONE, -0.0)


@plan
def complex_zero_of_another_sign(wrap):
    held = types.SimpleNamespace(number=complex(1, 0.0))
    f = wrap(lambda x: (x + 1, str(held.number.imag)))
    yield lambda: f(ONE)
    held.number = complex(1, -0.0)
    yield lambda: f(ONE)


def of_a_deque(ask):
    """What depends on how many items a deque may have."""

    def asked(wrap):
        f = wrap(lambda x, items: (x + 1, ask(items)))
        for most in (4, 2, 3):
            yield lambda most=most: f(ONE, deque([1, 2], maxlen=most))

    return asked


def longer(items):
    copied = items.copy()
    copied.append(5)
    return len(copied)


PLANS["copy_of_a_deque"] = of_a_deque(longer)
PLANS["two_deques"] = of_a_deque(lambda items: len(items + items))
PLANS["deque_twice"] = of_a_deque(lambda items: len(items * 2))
PLANS["text_of_a_deque"] = of_a_deque(str)
PLANS["text_with_a_deque_in_it"] = of_a_deque(lambda items: f"{items}")


@plan
def first_item_of_an_ordered_dict(wrap):
    def first(x, table):
        _, value = table.popitem(last=False)
        return x * value

    f = wrap(first)
    yield lambda: f(ONE, OrderedDict(a=2, b=3))
    yield lambda: f(ONE, OrderedDict(b=3, a=2))


@pytest.mark.parametrize("name", PLANS)
def test_each_change_is_noticed(name: str) -> None:
    """What the call gives after the change is what Python gives, or the graph breaks."""
    both_runs(PLANS[name], refuses=True)
