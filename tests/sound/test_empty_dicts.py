"""A dict that is empty when it is compiled, and gets a key later: whatever was asked of it."""

from __future__ import annotations

import collections
import operator

import pytest
import torch
from facts import both_runs

import vartrack


class Plain(dict):
    pass


class Missing(dict):
    def __missing__(self, key):
        return 5


class Ordered(collections.OrderedDict):
    pass


def caught(held):
    try:
        return held["a"]
    except KeyError:
        return 9


ASKED = {
    "if": lambda held: 2 if held else 3,
    "not": lambda held: 2 if not held else 3,
    "bool": lambda held: 2 if bool(held) else 3,
    "truth": lambda held: 2 if operator.truth(held) else 3,
    "any": lambda held: 2 if any([held]) else 3,
    "filter": lambda held: len(list(filter(None, [held, 1]))),
    "if of a view": lambda held: 2 if held.values() else 3,
    "and of a view": lambda held: 2 if (held.keys() and True) else 3,
    "a view of a copy": lambda held: 2 if dict(held).items() else 3,
    "get": lambda held: held.get("a", 7),
    "in": lambda held: 2 if "a" in held else 3,
    "missing": caught,
    "len": len,
    "keys": lambda held: len([key for key in held.keys() if key == "a"]),
}
MADE = {
    "dict": dict,
    "OrderedDict": collections.OrderedDict,
    "defaultdict": lambda: collections.defaultdict(int),
    "Counter": collections.Counter,
    "subclass": Plain,
    "subclass with __missing__": Missing,
    "subclass of OrderedDict": Ordered,
}


class Module(torch.nn.Module):
    def __init__(self, held, ask) -> None:
        super().__init__()
        self.held, self.ask = held, ask

    def forward(self, x):
        return x * self.ask(self.held)


@pytest.mark.parametrize("name", MADE)
def test_the_answer_is_that_of_now(name: str) -> None:
    """Of a dict in a module, which torch may pass by, and of an argument; emptied and filled."""
    wrong = []
    for asked, ask in ASKED.items():
        for starts_empty in (True, False):
            torch._dynamo.reset()
            held = MADE[name]()
            in_module = torch.compile(Module(held, ask), backend="eager")
            as_argument = torch.compile(lambda x, held, ask=ask: x * ask(held), backend="eager")
            with vartrack.use(vartrack.sound):
                for filled in (not starts_empty,) * 3 + (starts_empty,):
                    held.clear()
                    held.update({"a": 4} if filled else {})
                    want = torch.ones(1) * ask(held)
                    got = in_module(torch.ones(1)), as_argument(torch.ones(1), held)
                    wrong += [(asked, filled, one) for one in got if not torch.equal(one, want)]
    assert not wrong


def graphs(registry) -> int:
    """How many a dict needs that grows, and of which is only asked whether it is empty."""
    held = collections.OrderedDict(a=1)
    counter = torch._dynamo.testing.CompileCounter()
    torch._dynamo.reset()
    compiled = torch.compile(lambda x, held: x * 2 if held else x, backend=counter)
    with vartrack.use(registry):
        for number in range(4):
            held[f"key {number}"] = number
            compiled(torch.ones(1), held)
    return counter.frame_count


def test_a_dict_that_grows_needs_no_more_graphs() -> None:
    assert graphs(vartrack.sound) == graphs(None)


@pytest.mark.parametrize("place", ["argument", "module"])
@pytest.mark.parametrize("make", [Plain, Ordered, collections.Counter])
def test_attributes_of_an_empty_dict_are_checked(make, place):
    """torch's check of the keys ends at once, before it comes to the attributes."""
    held, holder = make(), torch.nn.Module()
    held.gain, held.steps, holder.held = 2.0, [1], held

    def of(x, value):
        given = value if place == "argument" else value.held
        return x * given.gain + len(given.steps) + len([*given]), getattr(given, "more", 0)

    torch._dynamo.reset()
    with vartrack.use(vartrack.sound):
        compiled = torch.compile(of, backend="eager")
        value = held if place == "argument" else holder
        changes = (
            lambda: None,
            lambda: setattr(held, "gain", 3.0),
            lambda: held.steps.append(2),
            lambda: setattr(held, "more", 7),
        )
        for change in changes:
            change()
            got, more = compiled(torch.ones(1), value)
            assert (got.item(), more) == (held.gain + len(held.steps), getattr(held, "more", 0))


class SaysDict:
    level = 2

    @property
    def __class__(self):
        return dict


def test_what_only_says_that_it_is_a_dict_is_none():
    torch._dynamo.reset()
    with vartrack.use(vartrack.sound):
        compiled = torch.compile(lambda x, v: x * v.level, backend="eager", fullgraph=True)
        assert compiled(torch.ones(1), SaysDict()).item() == 2


class Table(dict):
    """A registry of functions: what all have in common is on the class, and counts."""

    common = {"a": 2}  # noqa: RUF012

    def __init__(self):
        super().__init__()
        self.own = {}

    def __getitem__(self, key):
        return self.own[key] if key in self.own else self.common[key]

    def __len__(self):
        return len({**self.common, **self.own})


def test_a_class_that_says_how_many_there_are(as_before):
    def plan(wrap):
        table, stored = Table(), Table()
        f = wrap(lambda x, held: x * held["a"] + len(held) + dict.__len__(held) * 100)
        yield lambda: f(torch.ones(1), table)
        table.own["b"] = 3
        yield lambda: f(torch.ones(1), table)
        dict.__setitem__(stored, "c", 1)
        yield lambda: f(torch.ones(1), stored)
        yield lambda: f(torch.ones(1), Table())

    both_runs(plan)
