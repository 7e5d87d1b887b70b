"""Keys that are equal by an `__eq__` of their own: Python asks them where they have one hash."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import MutableMapping

import pytest
import torch
from facts import Plans, both_runs, outcomes, steps

import vartrack
from vartrack.compat import release

ONE = torch.ones(2)
#: torch hashes a key by what its class says; before, no such key is taken.
FINDS_EQUAL = release.RUNNING.release >= (2, 13)
PLANS = Plans()
plan = PLANS.add


class Key:
    def __init__(self, number):
        self.number = number

    def __eq__(self, other):
        return self.number == (other.number if isinstance(other, Key) else other)

    def __hash__(self):
        return hash(self.number)


@plan
def found_in_a_dict(wrap):
    held = {Key(1): 2, Key(2): 3}
    f = wrap(lambda x, key: x * held[key])
    yield lambda: f(ONE, Key(1))
    yield lambda: f(ONE, Key(2))


@plan
def found_by_one_that_is_made(wrap):
    held = {Key(1): 2, Key(2): 3}
    f = wrap(lambda x, number: x * held[Key(number)])
    yield lambda: f(ONE, 1)
    yield lambda: f(ONE, 2)


@plan
def several_in_a_set(wrap):
    f = wrap(lambda x, keys: (x * len(set(keys)), len({key: 1 for key in keys})))
    yield lambda: f(ONE, [Key(1), Key(1)])
    yield lambda: f(ONE, [Key(1), Key(2)])


@plan
def put_into_groups(wrap):
    def use(x, keys):
        groups = defaultdict(list)
        for key in keys:
            groups[key].append(x)
        return [len(group) for group in groups.values()]

    f = wrap(use)
    yield lambda: f(ONE, [Key(1), Key(1), Key(3)])
    yield lambda: f(ONE, [Key(1), Key(2), Key(1)])


@plan
def counted_outside(wrap):
    held = {}

    def use(x, key):
        held[key] = held.get(key, 0) + 1
        return x * held[key], list(held.values())

    f = wrap(use)
    yield lambda: f(ONE, Key(1))
    yield lambda: f(ONE, Key(2))


@plan
def equal_to_a_number(wrap):
    held = {1: 2, 2: 3}
    f = wrap(lambda x, key: x * held[key])
    yield lambda: f(ONE, Key(1))
    yield lambda: f(ONE, Key(2))


@plan
def shared_by_sets(wrap):
    one, other = {Key(1), Key(2)}, {Key(2), Key(3)}
    f = wrap(lambda x: (x * len(one & other), len(one | other), len(one - other)))
    yield lambda: f(ONE)
    other.add(Key(1))
    yield lambda: f(ONE)


@plan
def of_another_equality(wrap):
    class Own:
        def __eq__(self, other):
            return True

        def __hash__(self):
            return 7

    held = {Own(): 2}
    f = wrap(lambda x, key: x * held.get(key, 5))
    yield lambda: f(ONE, Own())
    Own.__eq__ = lambda self, other: False
    yield lambda: f(ONE, Own())


@plan
def of_two_classes(wrap):
    def made(answer):
        return type("Own", (), {"__eq__": lambda *_: answer, "__hash__": lambda _: 7})()

    f = wrap(lambda x, one, other: x * len({one, other}))
    yield lambda: f(ONE, made(True), made(False))
    yield lambda: f(ONE, made(False), made(True))


class Opened(Key):
    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass


class Table(MutableMapping):
    def __init__(self, number):
        self.number = number

    def __getitem__(self, key):
        return self.number

    def __setitem__(self, key, value):
        self.number = value

    def __delitem__(self, key):
        self.number = 0

    def __iter__(self):
        return iter(["number"])

    def __len__(self):
        return 1

    def __eq__(self, other):
        return isinstance(other, Table) and self.number == other.number

    def __hash__(self):
        return hash(self.number)


def _more_than_an_object(cls):
    def plan(wrap):
        def use(x, key):
            return x * {cls(1): 2}.get(key, 3), {key: 4}.get(cls(1), 5), cls(1) in {key}

        f = wrap(use)
        for number in (1, 2, 1):
            key = cls(number)
            yield lambda key=key: f(ONE, key)

    plan.__name__ = cls.__name__
    return plan


for kind in (Opened, Table):
    PLANS.add(_more_than_an_object(kind))


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.usefixtures("as_before")
def test_they_are_asked(name: str) -> None:
    both_runs(PLANS[name], refuses=not FINDS_EQUAL)


def test_an_equality_of_tensors_breaks_the_graph() -> None:
    class Own:
        def __init__(self, tensor):
            self.tensor = tensor

        def __eq__(self, other):
            return bool((self.tensor == other.tensor).all())

        def __hash__(self):
            return 7

    def use(wrap):
        held = {Own(ONE): 2}
        f = wrap(lambda x, key: x * held.get(key, 5))
        yield lambda: f(ONE, Own(ONE))
        yield lambda: f(ONE, Own(ONE * 2))

    have, _ = outcomes(use, vartrack.sound, fullgraph=False)
    assert have == steps(use, lambda function, **options: function)


@pytest.mark.skipif(not FINDS_EQUAL, reason="torch finds no such key")
def test_keys_that_torch_finds_take_as_many_graphs() -> None:
    def use(wrap):
        keys = [Key(1), Key(2)]
        held = dict.fromkeys(keys, 3)
        f = wrap(lambda x, key: x * held[key])
        for key in keys:
            yield lambda: f(ONE, key)  # noqa: B023 - it is called before the next

    alone = outcomes(use, None, fullgraph=False)
    assert outcomes(use, vartrack.sound, fullgraph=False) == alone


class Unequal(Key):
    """Equal to nothing, itself included: only its identity finds it."""

    def __hash__(self):
        return 1

    def __eq__(self, other):
        return False


class ByIdentity(Key):
    def __hash__(self):
        return id(self)

    def __eq__(self, other):
        return self is other


class HashAlone:
    def __init__(self, number):
        self.number = number

    def __hash__(self):
        return hash(self.number)


KEYS = {
    "found": lambda x, v, w: (x + 1, {v: 1}.get(w, 3)),
    "counted": lambda x, v, w: (x + 1, len({v: 1, w: 2}), len({v, w})),
    "made of a list": lambda x, v, w: (x + 1, len(dict.fromkeys([v, w, v]))),
}


@pytest.mark.skipif(not FINDS_EQUAL, reason="torch takes no such key up to 2.12")
@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("cls", [Unequal, ByIdentity, HashAlone])
def test_two_that_come_to_be_one_are_found_as_one(cls, name):
    """Their hash is traced, and not asked for once more by a check at each call."""
    one, other = cls(1), cls(2)

    def plan(wrap):
        f = wrap(lambda x, v, w: KEYS[name](x, v, w))
        for pair in ((one, other), (one, one), (other, one), (cls(3), cls(3))):
            yield lambda: f(ONE, *pair)

    both_runs(plan, refuses=True)
