"""Classes whose `__getattribute__` says what their attributes are, also what the function has set."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from facts import Plans, both_runs

import vartrack

ONE = torch.ones(2)
PLANS = Plans()
plan = PLANS.add


class Hiding:
    """There is an `n`, of which reading says that there is none."""

    n = 4

    def __getattribute__(self, name):
        if name == "n":
            raise AttributeError(name)
        return super().__getattribute__(name)


class Renaming:
    """As configurations of transformers."""

    names = {"alias": "n"}

    def __init__(self):
        self.__dict__.update(n=1)

    def __getattribute__(self, key):
        names = super().__getattribute__("names")
        return super().__getattribute__(names.get(key, key))

    def __setattr__(self, key, value):
        super().__setattr__(super().__getattribute__("names").get(key, key), value)


@plan
def hidden_with_a_default(wrap):
    f = wrap(lambda x, v: x * getattr(v, "n", 9))
    yield lambda: f(ONE, Hiding())


@plan
def hidden_in_a_try(wrap):
    def use(x, v):
        try:
            return x * v.n
        except AttributeError:
            return x * 7

    f = wrap(use)
    yield lambda: f(ONE, Hiding())


@plan
def hidden_from_hasattr(wrap):
    f = wrap(lambda x, v: x * (2 if hasattr(v, "n") else 3))
    yield lambda: f(ONE, Hiding())


@plan
def hidden_with_a_getattr(wrap):
    class Own(Hiding):
        def __getattr__(self, name):
            return 8

    def use(x, v):
        y = x * v.n
        v.n = 5
        return y + v.n

    f = wrap(use)
    yield lambda: f(ONE, Own())
    Own.__getattr__ = lambda self, name: 6
    yield lambda: f(ONE, Own())


@plan
def changed_on_the_way(wrap):
    """What is loaded when the graph runs is what is stored, not what reading it gives."""

    class Own:
        def __init__(self, n):
            self.n = n

        def __getattribute__(self, name):
            found = object.__getattribute__(self, name)
            return found * 10 if name == "n" else found

    f = wrap(lambda x, v: x * v.n)
    for n in (2, 3, 4, torch.ones(2), torch.ones(2) * 5):
        yield lambda: f(ONE, Own(n))  # noqa: B023


@plan
def one_for_the_other(wrap):
    class Own:
        def __init__(self):
            self.a, self.b = 2, 50

        def __getattribute__(self, name):
            if name == "a":
                return object.__getattribute__(self, "b")
            if name == "b":
                return object.__getattribute__(self, "a")
            return object.__getattribute__(self, name)

    value = Own()
    f = wrap(lambda x: x * value.a + value.b * 1000)
    yield lambda: f(ONE)
    value.a = 3
    yield lambda: f(ONE)
    value.b = 7
    yield lambda: f(ONE)


@plan
def under_a_name_that_is_set_anew(wrap):
    class Own:
        def __init__(self):
            self.a, self.b = 2, 70

        def __getattribute__(self, name):
            name = "b" if name == "a" else name
            return super().__getattribute__(name)

    value = Own()
    f = wrap(lambda x: x * value.a)
    for n in (3, 4, 5):
        yield lambda: f(ONE)
        value.b = n


@plan
def an_item_of_what_is_stored(wrap):
    class Own:
        def __init__(self, *items):
            self.n = [*items]

        def __getattribute__(self, name):
            found = super().__getattribute__(name)
            return found[0] if name == "n" else found

    f = wrap(lambda x, v: x * v.n)
    for n in (2, 3, 4):
        yield lambda: f(ONE, Own(n, 9))  # noqa: B023


@plan
def a_list_of_what_is_stored(wrap):
    class Own:
        def __init__(self, n):
            self.n = n

        def __getattribute__(self, name):
            found = super().__getattribute__(name)
            return [found, name] if name == "n" else found

    f = wrap(lambda x, v: (x * v.n[0], v.n))
    for n in (2, 3, 4):
        yield lambda: f(ONE, Own(n))  # noqa: B023


@plan
def set_and_hidden(wrap):
    def use(x, v):
        v.n = 3
        return x * getattr(v, "n", 9) + hasattr(v, "n")

    f = wrap(use)
    yield lambda: f(ONE, Hiding())


@plan
def set_by_another_name(wrap):
    def use(x, v):
        v.alias = 7
        return x * v.alias + v.n * 10

    f = wrap(use)
    yield lambda: f(ONE, Renaming())


@plan
def set_and_read_from_the_dict(wrap):
    class Own:
        def __getattribute__(self, name):
            return 42 if name == "n" else super().__getattribute__(name)

    def use(x, v):
        v.n = 7
        return x * v.n, vars(v)["n"], list(vars(v).items())

    f = wrap(use)
    yield lambda: f(ONE, Own())


@plan
def set_and_read_by_object(wrap):
    class Own:
        def __getattribute__(self, name):
            return 42 if name == "magic" else object.__getattribute__(self, name)

    def use(x, v):
        v.n = 7
        return x * v.n + v.magic

    f = wrap(use)
    yield lambda: f(ONE, Own())


@plan
def lacking_by_object(wrap):
    class Own:
        def __getattr__(self, name):
            return 5

    def use(x, v):
        try:
            return x * object.__getattribute__(v, "n")
        except AttributeError:
            return x * v.n

    f = wrap(use)
    yield lambda: f(ONE, Own())


@plan
def code_that_is_set_anew(wrap):
    class Own:
        n = 4

        def __getattribute__(self, name):
            return super().__getattribute__(name)

    f = wrap(lambda x, v: x * v.n)
    yield lambda: f(ONE, Own())

    def other(__class__):
        return lambda self, name: 9 if name == "n" else super().__getattribute__(name)

    Own.__getattribute__.__code__ = other(Own).__code__
    yield lambda: f(ONE, Own())


#: What breaks the graph on some releases; up to 2.12.
REFUSED = {"set_and_read_from_the_dict"}


@pytest.mark.parametrize("name", PLANS)
def test_the_class_is_asked(name: str) -> None:
    both_runs(PLANS[name], refuses=name in REFUSED)


CALLS = [0]


class Counted:
    """Counts how often its attribute is read."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __getattribute__(self, name: str) -> Any:
        if name == "value":
            CALLS[0] += 1
        return object.__getattribute__(self, name)


class CountedSlot(Counted):
    __slots__ = ("value",)


class CountedAbove(Counted):
    def __getattribute__(self, name: str) -> Any:
        return super().__getattribute__(name)


def _counting(calls: list[int]) -> type:
    class Counting:
        def __init__(self, value: Any) -> None:
            self.value = value

        def __getattribute__(self, name: str) -> Any:
            if name == "value":
                calls[0] += 1
            return object.__getattribute__(self, name)

    return Counting


@pytest.mark.first_answer
@pytest.mark.parametrize("value", [{1: 2}, [1, 2], 3, "text", {1, 2}, torch.ones(2)], ids=repr)
@pytest.mark.parametrize("cls", [Counted, CountedSlot, CountedAbove, _counting(CALLS)])
def test_no_guard_runs_it(cls: type, value: Any) -> None:
    def read(x: Any, owner: Any) -> Any:
        return x + 1, f"{owner.value}" if isinstance(owner.value, (dict, set)) else owner.value

    def calls(run: Any) -> int:
        before = CALLS[0]
        run(torch.ones(2), cls(value))
        return CALLS[0] - before

    torch._dynamo.reset()
    with vartrack.use(vartrack.sound):
        compiled = torch.compile(read, backend="eager", fullgraph=True)
        assert [calls(compiled) for _ in range(2)] == [calls(read) for _ in range(2)]
