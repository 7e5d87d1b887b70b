"""Containers of a class of their own: what the class says of them, where torch folds their items."""

from __future__ import annotations

import operator
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from facts import Wrap, both_runs, outcomes, steps

import vartrack
import vartrack.extras
from vartrack.compat.release import RUNNING, runs_on

ONE = torch.ones(2)

MADE: dict[type, tuple[Any, ...]] = {
    set: ([1, 2],),
    frozenset: ([1, 2],),
    OrderedDict: ([(1, 1), (2, 1)],),
    defaultdict: (None, [(1, 1), (2, 1)]),
    dict: ([(1, 1), (2, 1)],),
}

#: What is asked, the special method that says it, and two that say something else.
ASKED: dict[str, tuple[Callable[[Any], Any], str, Any, Any]] = {
    "truth": (lambda held: 2 if held else 3, "__bool__", lambda _: False, lambda _: True),
    "length as truth": (lambda held: 2 if held else 3, "__len__", lambda _: 0, lambda _: 5),
    "sum": (sum, "__iter__", lambda _: iter([3, 4]), lambda _: iter([7])),
    "sorted": (sorted, "__iter__", lambda _: iter([3, 4]), lambda _: iter([7])),
    "counted": (
        lambda held: [it == 7 for it in held].count(True),
        "__iter__",
        lambda _: iter([3, 4]),
        lambda _: iter([7]),
    ),
    "in": (partial(operator.contains, [5]), "__eq__", lambda *_: True, lambda *_: False),
    "equal": (lambda held: held == 5, "__eq__", lambda *_: True, lambda *_: False),
    "contains": (lambda held: 7 in held, "__contains__", lambda *_: True, lambda *_: False),
    "repr": (lambda held: len(repr(held)), "__repr__", lambda _: "four", lambda _: "six"),
    "text": (lambda held: len(f"{held}"), "__str__", lambda _: "four", lambda _: "six"),
}


def plan_of(base: type, asked: str, *, later: bool) -> Callable[[Any], Any]:
    """Asks an instance of a subclass of ``base``, which has the method at first or gets it."""
    ask, name, first, second = ASKED[asked]

    def plan(wrap):
        cls = type("Own", (base,), {} if later else {name: first})
        held = cls(*MADE[base])
        f = wrap(lambda x: (x + 1, ask(held)))
        yield lambda: f(ONE)
        setattr(cls, name, second)
        yield lambda: f(ONE)

    return plan


@pytest.mark.parametrize("later", [False, True], ids=["at first", "later"])
@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("base", MADE, ids=lambda base: base.__name__)
def test_the_class_is_asked(base: type, asked: str, later: bool) -> None:
    both_runs(plan_of(base, asked, later=later), refuses=True)


@pytest.mark.parametrize("tell", [repr, str, "{}".format, lambda held: f"{held!r}"])
@pytest.mark.parametrize("base", [set, frozenset, OrderedDict])
@pytest.mark.parametrize("empty", [False, True])
def test_a_text_has_the_name_of_the_class(base: type, tell: Any, empty: bool) -> None:
    def asked(ask: Any) -> Any:
        def plan(wrap):
            held = type("Own", (base,), {})(*(() if empty else MADE[base]))
            f = wrap(lambda x: (x + 1, ask(tell(held))))
            yield lambda: f(ONE)

        return plan

    both_runs(asked(lambda text: text))
    # since 2.14 torch puts off some of them, and a text that is put off has no length
    both_runs(asked(len), refuses=True)


@pytest.mark.parametrize("name", ["__iter__", "__getitem__", "__len__"])
def test_a_list_of_what_has_no_length(name: str) -> None:
    """torch dies of it, as it guards the length."""

    def plan(wrap):
        held = [1, 2]
        own: dict[str, Any] = {
            "__iter__": lambda self: iter(held),
            "__getitem__": lambda self, at: held[at],
            "__len__": lambda self: len(3),
        }
        names = {name: own[name]} if name != "__len__" else {**own}
        obj = type("Own", (), names)()
        f = wrap(lambda x: (x + 1, list(obj)))
        yield lambda: f(ONE)
        held.append(3)
        yield lambda: f(ONE)

    # up to 2.12 it breaks the graph
    both_runs(plan, refuses=RUNNING.release < (2, 13))


def sizes_of(base: type) -> Any:
    """Goes through an instance of a subclass that always says the same of how many there are."""

    def plan(wrap):
        cls = type("Own", (base,), {"__len__": lambda self: 9})

        def gone_through(x, held):
            if base is list:  # torch 2.15 dies of a deque of such a class that is changed
                held.append(1)
            return x + 1, [*held]

        f = wrap(gone_through)
        for count in (1, 2, 3):
            yield lambda: f(ONE, cls(range(count)))

    return plan


@pytest.mark.parametrize("base", [list, tuple, set, frozenset, deque])
def test_a_class_that_says_how_many_there_are(base: type) -> None:
    # up to 2.13 torch does not trace such a deque
    both_runs(sizes_of(base), refuses=base is deque)


def test_a_class_that_says_how_many_there_are_with_thrift() -> None:
    thrift = vartrack.stock.derive("thrift with own lengths")
    vartrack.extras.thrift.register(thrift)
    assert outcomes(sizes_of(list), thrift)[0] == steps(sizes_of(list), lambda f: f)


def test_items_are_asked_once() -> None:
    """`search in items` of objects with an `__eq__`, which since 2.15 torch asks as well."""

    def plan(wrap):
        class Asked:
            def __eq__(self, other):
                times.append(other)
                return other == 5

            __hash__ = None

        times: list[Any] = []
        one = Asked()
        f = wrap(lambda x, items: (x + 1, 3 in items, 5 in items, len(times)))
        yield lambda: (f(ONE, [one, 4, one]), times)

    both_runs(plan)


def _united(held: Any) -> None:
    held |= {"q": 3}


FILLING: dict[str, Callable[[Any], Any]] = {
    "update": lambda held: held.update({"a": 7, "z": 8}),
    "setdefault": lambda held: held.setdefault("new", 4),
    "|=": _united,
    "one by one": lambda held: held.__setitem__("q", 3),
}


@pytest.mark.skipif(runs_on("<2.13"), reason="up to 2.12 torch has a dict for it")
@pytest.mark.parametrize("filling", FILLING)
def test_an_ordered_dict_that_says_how_items_are_set(filling: str) -> None:
    def plan(wrap):
        cls = type("Own", (OrderedDict,), {})

        def fill(x, held):
            FILLING[filling](held)
            return x + 1, list(held.items())

        f = wrap(fill)
        yield lambda: f(ONE, cls(a=1, b=2))
        cls.__setitem__ = lambda held, key, item: OrderedDict.__setitem__(held, key, item * 10)
        yield lambda: f(ONE, cls(a=1, b=2))

    both_runs(plan, refuses=True)


def test_a_slot_that_is_set_before_it_is_read_need_not_be_empty() -> None:
    def plan(wrap):
        class Own:
            __slots__ = ("n",)

        def use(x, held):
            held.n = 5
            return x + held.n

        f = wrap(use)
        held = Own()
        yield lambda: f(ONE, held)
        yield lambda: f(ONE, Own())

    assert both_runs(plan) == 1


def test_what_its_own_update_asks_of_dict_goes_past_it() -> None:
    class Sorted(dict):
        def __iter__(self):
            return iter(sorted(dict.__iter__(self)))

        def __init__(self, *args):
            self.update(*args)

        def update(self, *args):
            dict.update(self, *args)

        def __ior__(self, other):
            dict.__ior__(self, other)
            return self

    def use(x, items):
        made = Sorted(items)
        made |= {"z": x.shape[0]}
        dict.update(items, made)
        return x + made["a"], list(made), list(dict.items(made)), list(dict.items(items))

    def plan(wrap: Wrap):
        f = wrap(use)
        for items in ({"b": 1, "a": 2}, {"a": 3, "b": 1}, {"a": 3}):
            yield lambda: f(ONE, Sorted(items))

    both_runs(plan)
