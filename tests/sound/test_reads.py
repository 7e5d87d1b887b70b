"""Kinds that no report had: found by reading what torch's trackers read of a value, and guard not.

[Where torch reads without a guard](../../docs/design/unguarded-reads.md) has the places.
"""

from __future__ import annotations

import copy
import copyreg
import enum
import functools
import inspect
import re
import sys
import types
from collections.abc import Sized
from datetime import date
from pathlib import Path

import pytest
import torch
from facts import Plans, both_runs, outcomes, steps
from process_groups import end_process_group, process_group
from torch import nn
from torch._dynamo.utils import counters
from torch.utils import _pytree

import vartrack
from vartrack import compat

ONE = torch.ones(2)
PLANS = Plans()
plan = PLANS.add


def text(value):
    return f"{value}!"


@plan
def text_of_a_class(wrap):
    """Its name and module can be set, and its version tag stays."""

    class Thing: ...

    f = wrap(lambda x: (x + 1, f"{Thing}", "%s" % Thing, str([Thing]), "{}".format(Thing)))  # noqa: UP031, UP032
    yield lambda: f(ONE)
    Thing.__module__ = "elsewhere"
    yield lambda: f(ONE)
    Thing.__qualname__ = "Other"
    yield lambda: f(ONE)


@plan
def object_that_comes_to_say_its_class(wrap):
    class Thing: ...

    f = wrap(lambda x, o: (x + 1, isinstance(o, Sized), isinstance(o, int), isinstance(o, Thing)))
    one = Thing()
    yield lambda: f(ONE, one)
    Thing.__getattribute__ = lambda self, name: list
    yield lambda: f(ONE, one)


@plan
def hash_of_a_value_in_c(wrap):
    first = hash(date(2020, 1, 1))
    f = wrap(lambda x, day: (x + 1, hash(day) == first))
    yield lambda: f(ONE, date(2020, 1, 1))
    yield lambda: f(ONE, date(2021, 1, 1))


@plan
def functions_that_are_one_key(wrap):
    f = wrap(lambda x, one, other: (x + 1, len({one: 1, other: 2})))
    yield lambda: f(ONE, len, abs)
    yield lambda: f(ONE, len, len)
    yield lambda: f(ONE, text, abs)


@plan
def modules_that_are_one_key(wrap):
    f = wrap(lambda x, one, other: (x + 1, len({one: 1, other: 2})))
    first, second = nn.Identity(), nn.Identity()
    yield lambda: f(ONE, first, second)
    yield lambda: f(ONE, first, first)


@plan
def order_of_the_keywords_of_a_partial(wrap):
    f = wrap(lambda x, make: (x + 1, make()))
    yield lambda: f(ONE, functools.partial(lambda **names: list(names), a=2, b=3))
    make = functools.partial(lambda **names: list(names), a=2, b=3)
    yield lambda: f(ONE, make)
    make.keywords["a"] = make.keywords.pop("a")
    yield lambda: f(ONE, make)


@plan
def attribute_of_a_partial(wrap):
    made = functools.partial(max, 1)
    f = wrap(lambda x: (x + 1, text(getattr(made, "tag", "none")), hasattr(made, "tag"), made(3)))
    yield lambda: f(ONE)
    made.tag = "first"
    yield lambda: f(ONE)
    made.tag = "second"
    yield lambda: f(ONE)
    del made.tag
    yield lambda: f(ONE)


@plan
def missing_member_of_an_enum(wrap):
    class Colour(enum.Enum):
        RED = 1
        BLUE = 2

        @classmethod
        def _missing_(cls, value):
            return cls.RED

    f = wrap(lambda x: (x + 1, text(Colour(7).name)))
    yield lambda: f(ONE)
    Colour._missing_ = classmethod(lambda cls, value: cls.BLUE)
    yield lambda: f(ONE)


@plan
def missing_member_that_comes_from_elsewhere(wrap):
    class Colour(enum.Enum):
        RED = 1
        BLUE = 2

        @classmethod
        def _missing_(cls, value):
            return cls[known[value]]

    known = {7: "RED"}
    f = wrap(lambda x: (x + 1, text(Colour(7).name)))
    yield lambda: f(ONE)
    known[7] = "BLUE"
    yield lambda: f(ONE)


@plan
def match_at_an_address_that_is_used_again(wrap):
    """An object that cannot be referred to weakly: torch does not notice that it is gone."""
    f = wrap(lambda x, found: (x + 1, found.group(0)))
    yield lambda: f(ONE, re.search("a+", "baa"))
    yield lambda: f(ONE, re.search("a+", "ba"))


if compat.RUNNING.release[:2] < (2, 13):
    del PLANS["match_at_an_address_that_is_used_again"]  # there a match breaks the graph


@plan
def class_registered_with_copyreg(wrap):
    """A table of the standard library, below which torch guards nothing."""

    class Thing:
        def __init__(self, value):
            self.value = value

    thing = Thing(1)
    f = wrap(lambda x: x + copy.copy(thing).value)
    yield lambda: f(ONE)
    copyreg.pickle(Thing, lambda thing: (Thing, (9,)))
    try:
        yield lambda: f(ONE)
        copyreg.pickle(Thing, lambda thing: (Thing, (5,)))
        yield lambda: f(ONE)
    finally:
        copyreg.dispatch_table.pop(Thing)


@plan
def class_registered_with_pytree(wrap):
    class Pair: ...

    pair = Pair()
    f = wrap(lambda x: (x + 1, _pytree.tree_map(lambda leaf: type(leaf).__name__, [pair, x])))
    yield lambda: f(ONE)
    _pytree._private_register_pytree_node(
        Pair, lambda pair: ([ONE, ONE], None), lambda leaves, _: leaves[0]
    )
    try:
        yield lambda: f(ONE)
    finally:
        del _pytree.SUPPORTED_NODES[Pair]


@plan
def module_that_is_another_one_when_it_is_imported(wrap):
    def use(x):
        import vartrack_tests_other as other  # noqa: PLC0415

        return x * other.SCALE

    f = wrap(use)
    name = "vartrack_tests_other"
    try:
        for scale in (2, 3):
            sys.modules[name] = types.ModuleType(name)
            sys.modules[name].SCALE = scale
            yield lambda: f(ONE)
            sys.modules[name].SCALE = scale + 10
            yield lambda: f(ONE)
    finally:
        del sys.modules[name]


@plan
def names_of_a_module(wrap):
    module = types.ModuleType("names")
    f = wrap(lambda x: (x + 1, [name for name in dir(module) if not name.startswith("_")]))
    yield lambda: f(ONE)
    module.new = 1
    yield lambda: f(ONE)


@plan
def names_of_a_function(wrap):
    def function(): ...

    f = wrap(lambda x: (x + 1, "new" in dir(function)))
    yield lambda: f(ONE)
    function.new = 1
    yield lambda: f(ONE)


@plan
def class_of_a_module(wrap):
    class Computed(types.ModuleType):
        @property
        def scale(self):
            return self.behind

    module = types.ModuleType("computed")
    module.__dict__.update(scale=2, behind=5)
    f = wrap(lambda x: x * module.scale)
    yield lambda: f(ONE)
    module.__class__ = Computed
    yield lambda: f(ONE)
    module.behind = 6
    yield lambda: f(ONE)


@plan
def dtype_of_autocast(wrap):
    f = wrap(lambda x: (x + 1, text(torch.get_autocast_dtype("cpu"))))
    own = torch.get_autocast_dtype("cpu")
    yield lambda: f(ONE)
    torch.set_autocast_dtype("cpu", torch.float16)
    try:
        yield lambda: f(ONE)
    finally:
        torch.set_autocast_dtype("cpu", own)


@plan
def process_group_that_is_started(wrap):
    distributed = torch.distributed
    f = wrap(lambda x: x * (2 if distributed.is_initialized() else 3))
    end_process_group()
    yield lambda: f(ONE)
    with process_group("gloo", distributed.HashStore()):
        yield lambda: f(ONE)


@plan
def whether_a_tensor_is_a_leaf(wrap):
    f = wrap(lambda x, weight: (x + 1, text(weight.is_leaf)))
    leaf = torch.ones(2, requires_grad=True)
    yield lambda: f(ONE, leaf)
    yield lambda: f(ONE, leaf * 2)


@plan
def whether_a_tensor_is_a_view(wrap):
    f = wrap(lambda x, part: (x + 1, part._base is None))
    yield lambda: f(ONE, torch.zeros(2))
    yield lambda: f(ONE, torch.zeros(2)[:])


@plan
def whether_a_tensor_has_a_history(wrap):
    f = wrap(lambda x, weight: (x + 1, weight.grad_fn is None))
    leaf = torch.ones(2, requires_grad=True)
    yield lambda: f(ONE, leaf)
    yield lambda: f(ONE, leaf * 2)


@plan
def hooks_of_a_tensor(wrap):
    f = wrap(lambda x, weight: (x + 1, weight._backward_hooks is None))
    leaf = torch.ones(2, requires_grad=True)
    yield lambda: f(ONE, leaf)
    leaf.register_hook(lambda grad: grad)
    yield lambda: f(ONE, leaf)


@plan
def whether_a_tensor_keeps_its_gradient(wrap):
    f = wrap(lambda x, weight: (x + 1, text(weight.retains_grad)))
    weight = torch.ones(2, requires_grad=True) * 2
    yield lambda: f(ONE, weight)
    weight.retain_grad()
    yield lambda: f(ONE, weight)


def _days(wrap, made):
    f = wrap(lambda x, one, other: (x + 1, len(made(one, other))))
    yield lambda: f(ONE, date(2020, 1, 1), date(2020, 1, 2))
    yield lambda: f(ONE, date(2020, 1, 1), date(2020, 1, 1))


@plan
def days_that_are_one_key(wrap):
    yield from _days(wrap, lambda one, other: {one: 1, other: 2})


@plan
def days_that_are_one_element(wrap):
    yield from _days(wrap, lambda one, other: {one, other})


@plan
def day_that_comes_to_be_a_key(wrap):
    holidays = {date(2020, 1, 1): 2}
    f = wrap(lambda x, day: x * holidays.get(day, 1))
    yield lambda: f(ONE, date(2021, 1, 1))
    yield lambda: f(ONE, date(2020, 1, 1))
    yield lambda: f(ONE, date(2021, 1, 1))


@plan
def key_with_a_hash_of_its_own(wrap):
    class Key:
        def __init__(self, value):
            self.value = value

        def __eq__(self, other):
            return self.value == other.value

        def __hash__(self):
            return hash(self.value)

    f = wrap(lambda x, one, other: (x + 1, len({one: 1, other: 2})))
    yield lambda: f(ONE, Key(1), Key(2))
    yield lambda: f(ONE, Key(1), Key(1))


@plan
def signature_of_a_method(wrap):
    class Thing:
        def act(self, a): ...

    thing = Thing()
    f = wrap(lambda x: (x + 1, list(inspect.signature(thing.act).parameters)))
    yield lambda: f(ONE)
    Thing.act.__signature__ = inspect.signature(lambda self, b, c: None)
    yield lambda: f(ONE)


@plan
def annotations_of_a_function(wrap):
    def function(a: int): ...

    f = wrap(lambda x: (x + 1, list(function.__annotations__)))
    yield lambda: f(ONE)
    function.__annotations__["b"] = int
    yield lambda: f(ONE)


def _renamed(wrap, name):
    def function():
        """What it is for."""

    f = wrap(lambda x: (x + 1, text(getattr(function, name))))
    yield lambda: f(ONE)
    setattr(function, name, "other")
    yield lambda: f(ONE)


for what in ("__name__", "__qualname__", "__module__", "__doc__"):
    if what == "__qualname__" or compat.RUNNING.release[:2] > (2, 11):  # before, torch folds it
        PLANS[f"what_a_function_is_given_for_{what}"] = functools.partial(_renamed, name=what)


@pytest.mark.parametrize("name", PLANS)
def test_each_change_is_noticed(name: str) -> None:
    both_runs(PLANS[name], refuses=True)


#: What torch 2.13 notices, though 2.15 reads it of the code; and what it may or may not notice.
NOTICED = {"match_at_an_address_that_is_used_again"} | {
    f"what_a_function_is_given_for_{what}" for what in ("__name__", "__module__", "__doc__")
}


@pytest.mark.skipif(compat.RUNNING.release[:2] != (2, 13), reason="read in the source of 2.13")
@pytest.mark.parametrize("name", [name for name in PLANS if name not in NOTICED])
def test_torch_alone_does_not_notice(name: str) -> None:
    """So that what is tested above is a kind at all."""
    have, _ = outcomes(PLANS[name], None, fullgraph=False)
    assert have != steps(PLANS[name], lambda function, **options: function)


#: What torch gets wrong even where it compiles anew, or the first time: no audit sees that.
NOT_OLD = {
    *(name for name in PLANS if name.startswith("what_a_function")),
    "class_of_a_module",
    "key_with_a_hash_of_its_own",
}


@pytest.mark.parametrize("name", sorted(PLANS.keys() - NOT_OLD))
def test_an_audit_tells_of_it_where_the_answer_is_old(name: str) -> None:
    torch._dynamo.reset()
    with vartrack.audit() as report:
        have = steps(PLANS[name], lambda function: torch.compile(function, backend="eager"))
    if have != steps(PLANS[name], lambda function: function):
        assert report.stale


@pytest.mark.parametrize("ask", [str, hash, lambda path: path == Path("a"), lambda p: p.parts])
def test_what_a_path_keeps_of_itself_is_no_change(ask):
    """A path fills its slots as it is asked, and no graph is made anew for that."""
    counters.clear()
    graphs = {}
    for registry in (vartrack.stock, vartrack.sound):
        torch._dynamo.reset()
        made = graphs.setdefault(registry.name, [])
        with vartrack.use(registry):
            compiled = torch.compile(
                lambda x, path: (x + 1, ask(path) == ask(Path("a"))),
                backend=lambda graph, _, made=made: made.append(graph) or graph.forward,
            )
            a, b = Path("a"), Path("b")
            for path in (a, a, b, b, a):
                assert compiled(torch.ones(1), path)[1] == (path == Path("a"))
    if not counters["graph_break"]:  # up to 2.12 torch has no text and hash of it
        assert len(graphs["sound"]) == len(graphs["stock"])
