"""What random programs found, each as small as it can be; see tests/random_programs."""

from __future__ import annotations

import copy
import enum
import functools
import inspect
import os
import threading
import types
import weakref
from collections import OrderedDict, deque, namedtuple
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from facts import Plans, both_runs, outcomes, steps
from torch._dynamo.exc import Unsupported
from torch._dynamo.source import AttrSource, LocalSource
from torch.fx.experimental.sym_node import DynamicInt

import vartrack
from vartrack import compat
from vartrack.soundness.facts.sourced import Sourced

ONE = torch.ones(2)
PLANS = Plans()
plan = PLANS.add


class Colour(enum.Enum):
    RED = 1


class Owner:
    def act(self): ...
    def other(self): ...


class Ordered(OrderedDict): ...


class Text(str): ...


def closing(k=1): ...


@plan
def attributes_that_tensors_come_to_have(wrap):
    held = {"plain": torch.ones(2), "own": torch.nn.Parameter(torch.ones(2))}
    cached = functools.lru_cache(lambda: 1)

    def fn(x):
        found = []
        for value in (held["plain"], held["own"], cached):
            try:
                found.append(value.level)
            except AttributeError:
                found.append(10)
        return x * sum(found) + hasattr(cached, "level")

    f = wrap(fn)
    yield lambda: f(ONE)
    for value in (*held.values(), cached):
        value.level = 3
        yield lambda: f(ONE)


@plan
def method_of_a_type_in_c(wrap):
    held = {"f": torch.Tensor.size}
    f = wrap(lambda x: (x + 1, held["f"](x)))
    yield lambda: f(ONE)
    held["f"] = torch.Tensor.dim
    yield lambda: f(ONE)


@plan
def text_of_a_subclass_of_text_in_a_dict(wrap):
    class Name(str): ...

    class Count(int): ...

    held = {"name": Name("abc"), "count": Count(4)}
    uses = (
        lambda x: (x + 1, str(held["name"]), str(held["count"])),
        lambda x: (x + 1, "%s" % held["name"], "{}".format(held["count"])),
        lambda x: (x + 1, str([held["name"]]), f"{held['count']}"),
    )
    for f in map(wrap, uses):
        for cls in (Name, Count):
            for name in ("__str__", "__repr__"):
                yield lambda: f(ONE)
                setattr(cls, name, lambda self: "changed")
                yield lambda: f(ONE)
                delattr(cls, name)


@plan
def hook_of_a_module_in_a_dict(wrap):
    held = {"a": torch.nn.Identity()}
    f = wrap(lambda x: held["a"](x))
    yield lambda: f(ONE)
    held["a"].register_forward_hook(lambda module, args, result: result + 100)
    yield lambda: f(ONE)


@plan
def function_in_cython(wrap):
    f = wrap(lambda x, v: (x + 1, v is None))
    yield lambda: f(ONE, np.random.uniform)
    yield lambda: f(ONE, None)


@plan
def generator_made_inside(wrap):
    def drawn(x):
        items = [x]
        items.extend(item for item in (items[-1] + n for n in range(3)))
        return items

    f = wrap(drawn)
    yield lambda: f(ONE)


@plan
def method_of_a_tensor(wrap):
    f = wrap(lambda x, v: (x + 1, callable(v)))
    yield lambda: f(ONE, ONE.tolist)
    yield lambda: f(ONE, ONE.sum().tolist)
    yield lambda: f(ONE, 3)


@plan
def function_that_is_not_compiled(wrap):
    disabled = torch._dynamo.disable(lambda q: q + 1)
    f = wrap(lambda x, v: (x + 1, v is None))
    yield lambda: f(ONE, disabled)
    yield lambda: f(ONE, None)


@plan
def signature(wrap):
    f = wrap(lambda x, v: (x + 1, list(v.parameters)))
    yield lambda: f(ONE, inspect.signature(lambda a, b: None))
    yield lambda: f(ONE, inspect.signature(lambda a, b: None))
    yield lambda: f(ONE, inspect.signature(len))


@plan
def global_that_is_also_an_attribute(wrap):
    """torch guards no alias between a global and an argument."""
    v = types.SimpleNamespace(b=Colour.RED)
    f = wrap(lambda x, v: (x + 1, {Colour.RED: 1}.get(v.b), v.b in {Colour.RED}))
    yield lambda: f(ONE, v)
    v.b = 3
    yield lambda: f(ONE, v)
    v.b = None
    yield lambda: f(ONE, v)


@plan
def attribute_of_a_bound_method(wrap):
    """It shows the ``__dict__`` of its function, and has none."""
    held = [Owner().act]
    f = wrap(lambda x: (x + 1, held[0].__name__))
    yield lambda: f(ONE)
    held[0] = Owner().other
    yield lambda: f(ONE)


@plan
def environment_of_no_name(wrap):
    def ask(x, key):
        try:
            return x + 1, os.environ.get(key)
        except TypeError:
            return x, "no name"

    f = wrap(ask)
    yield lambda: f(ONE, "VARTRACK_FOUND")


@plan
def number_among_numbers_that_vary(wrap):
    v = [3.5, 4]
    f = wrap(lambda x: (x + 1, 6 in v))
    yield lambda: f(ONE)
    v[0] = 5.5
    yield lambda: f(ONE)
    v[0] = 6.0
    yield lambda: f(ONE)


@plan
def tensor_in_a_list_of_itself(wrap):
    f = wrap(lambda x, v: (x + 1, v in [v], None in [v], v in [None, v]))
    yield lambda: f(ONE, torch.zeros(2))


@plan
def key_that_is_not_equal_to_itself(wrap):
    f = wrap(lambda x, v: (x + 1, {v: 1}.get(v), v in {v: 1}))
    yield lambda: f(ONE, float("nan"))
    yield lambda: f(ONE, 2.5)


@plan
def text_with_a_text_of_its_own(wrap):
    class Name(str):
        def __str__(self):
            return "own"

    f = wrap(lambda x, v: (x + 1, v.upper(), len(v), v == "abc", {"abc": 1}.get(v), "%s!" % v))
    yield lambda: f(ONE, Name("abc"))
    yield lambda: f(ONE, Name("abd"))
    Name.__str__ = lambda self: "changed"
    yield lambda: f(ONE, Name("abd"))


if compat.RUNNING.release[:2] < (2, 13):
    del PLANS["text_with_a_text_of_its_own"]  # there `sound` leaves it as torch has it


@plan
def iterator_that_is_used_up(wrap):
    f = wrap(lambda x, v: (x + 1, list(v)))
    for make in (lambda: iter((1, 2)), lambda: iter(range(2))):
        yield lambda make=make: (lambda v: (f(ONE, v), next(v, "end")))(make())


@plan
def keys_of_a_dict_that_is_elsewhere(wrap):
    shown = {"a": 1, "b": 2}
    keys = shown.keys()
    f = wrap(lambda x: (x + 1, list(keys), [key for key in keys]))
    yield lambda: f(ONE)
    shown["c"] = 3
    yield lambda: f(ONE)
    del shown["b"]
    yield lambda: f(ONE)
    shown["a"] = shown.pop("a")
    yield lambda: f(ONE)


@plan
def class_of_tensors(wrap):
    held = [type("Sub", (torch.Tensor,), {})]
    f = wrap(lambda x: (x + 1, callable(held[0])))
    yield lambda: f(ONE)
    held[0] = 3
    yield lambda: f(ONE)


@plan
def attribute_that_no_such_value_has(wrap):
    Pair = namedtuple("Pair", "a b")  # noqa: PYI024
    held = [Pair(1, 2)]

    def use(x):
        try:
            return x + 1, held[0].a is held[0], held[0].b
        except AttributeError:
            return x, "none"

    f = wrap(use)
    yield lambda: f(ONE)
    for other in ((1, 2), object(), [3], {"a": 1}, None):
        held[0] = other
        yield lambda: f(ONE)


@plan
def descriptor_in_c(wrap):
    held = [types.FunctionType.__dict__["__globals__"]]
    f = wrap(lambda x: (x + 1, bool(held[0])))
    yield lambda: f(ONE)
    held[0] = None
    yield lambda: f(ONE)


if compat.RUNNING.release[:2] < (2, 13):
    del PLANS["descriptor_in_c"]  # there it breaks the graph


@plan
def attribute_that_a_class_in_c_lacks(wrap):
    def use(x):
        try:
            return x - 1, str.no_such_thing
        except AttributeError:
            return x + 1, "none"

    f = wrap(use)
    yield lambda: f(ONE)


@plan
def attribute_that_is_missing_where_nothing_catches_it(wrap):
    """torch raises when the graph has run, which is as good."""
    held = [types.SimpleNamespace(level=1)]
    f = wrap(lambda x: (x + 1, held[0].level))
    yield lambda: f(ONE)
    held[0] = [1]
    yield lambda: f(ONE)


class Slot:
    __slots__ = ("held",)


@plan
def slot_that_is_filled_again(wrap):
    slot = Slot()

    def use(x):
        try:
            return x + 1, slot.held
        except AttributeError:
            return x + 2, "nothing"

    f = wrap(use)
    yield lambda: f(ONE)
    slot.held = 3
    yield lambda: f(ONE)
    del slot.held
    yield lambda: f(ONE)


@plan
def attribute_that_another_object_shows(wrap):
    """Of a thread its own, and that of what a proxy stands for: torch guards none of them."""

    class Local(threading.local):
        level = 7

    def use(x, v):
        try:
            return x + 1, v.level
        except AttributeError:
            return x, "none"

    owner, local, own = Owner(), threading.local(), Local()
    for v, held in ((local, local), (own, own), (weakref.proxy(owner), owner)):
        f = wrap(use)
        yield lambda: f(ONE, v)  # noqa: B023 - it is called before the next
        held.level = 1
        yield lambda: f(ONE, v)  # noqa: B023
        del held.level
        yield lambda: f(ONE, v)  # noqa: B023


@plan
def items_that_a_class_gives_otherwise(wrap):
    """What is stored counts for C code, whatever stands before it."""

    class Pair(tuple):
        __slots__ = ()

    for cls, value in ((duo := namedtuple("Duo", "a b"), duo(1, 2)), (Pair, Pair((1, 2)))):  # noqa: PYI024
        f = wrap(lambda x, v: (x + 1, v[1], list(v), v == (1, 2), getattr(v, "b", 0)))
        for name in ("b", "__getitem__"):
            yield lambda: f(ONE, value)  # noqa: B023 - it is called before the next
            setattr(cls, name, property(lambda self: 98) if name == "b" else lambda self, at: 66)
        yield lambda: f(ONE, value)  # noqa: B023


@plan
def iterator_where_keys_were_read(wrap):
    """Whether they are the same keys is asked without using it up."""
    held = [{"a": 1}.keys()]

    def use(x):
        try:
            return x + 1, sorted(held[0] | {"q"})
        except TypeError:
            return x, "no keys"

    f = wrap(use)
    yield lambda: f(ONE)
    held[0] = iter((1, 2))
    yield lambda: (f(ONE), copy.copy(held[0]).__length_hint__())


@plan
def method_in_c_that_is_looked_for(wrap):
    items = []

    def use(x, f):
        own = items.append
        return x + 1, [own, own].index(own), [f, f, 1].count(f), (1, f).index(f), (f, 1).count(1)

    f = wrap(use)
    yield lambda: f(ONE, items.append)


@plan
def attributes_set_by_a_function_of_object(wrap):
    put = object.__setattr__

    class Held:
        def __setattr__(self, name, value):
            put(self, name, value + 1)

    def use(x, held):
        new = Held()
        new.n = held.n = 3
        return x + 1, new.n, held.n

    f, held = wrap(use), Held()
    yield lambda: f(ONE, held)
    Held.__setattr__ = lambda self, name, value: put(self, name, value + 2)
    yield lambda: f(ONE, held)


@plan
def number_of_a_class_with_an_index_of_its_own(wrap):
    class Count(int): ...

    v, items = Count(1), [1, 2, 3]
    f = wrap(lambda x: (x + 1, items[v], (1, 2, 3)[v], "abc"[v], [0] * v, [*range(v)]))
    yield lambda: f(ONE)
    Count.__index__ = lambda self: 2
    yield lambda: f(ONE)


@plan
def type_of_what_torch_has_another_for(wrap):
    class Doubling(torch.autograd.Function): ...

    kinds = (type(iter(())), type(iter([])), torch.nn.Identity, types.FunctionType, type(Doubling))

    def use(x, v):
        try:
            made = iter((x, x))
            shown = type(v).__name__, type(made).__name__
        except TypeError:
            shown = None
        which = [type(v) is kind for kind in kinds], [isinstance(v, kind) for kind in kinds]
        return x + 1, shown, which, type(v) is type(made)

    for value in (
        *(iter((1, 2)), iter([1, 2]), iter(range(3))),
        *(functools.lru_cache(use), Doubling, torch.compile(torch.nn.Identity())),
    ):
        f = wrap(use)
        yield lambda: f(ONE, value)  # noqa: B023 - it is called before the next


@plan
def class_that_a_function_closes_over(wrap):
    """Of a tuple with a class in it torch makes a constant, and has no guard on the class."""

    def closed(held):
        return lambda: (held, 1)

    f = wrap(lambda x, makers: (x + 1, makers[0](), makers[0]()[0] is Colour))
    for held in (Colour, Owner, 2, torch.nn.Linear, torch.nn.ReLU, Colour):
        yield functools.partial(f, ONE, [closed(held)])


@plan
def key_that_is_found_by_identity_and_then_by_its_text(wrap):
    f = wrap(lambda x, keys: (x + 1, {"abc": 1}.get(keys[0]), keys[0] in {"abc": 1, "b": 2}))
    for key in (len, "abc", torch.sin, "b", Owner, Text("abc"), closing, 3):
        yield functools.partial(f, ONE, [key])


@plan
def attribute_that_was_set_and_is_read(wrap):
    class Settable:
        pass

    def use(x, it):
        it.level = 5
        return x + 1, it.level

    f, it = wrap(use), Settable()
    yield lambda: f(ONE, it)
    read = object.__getattribute__
    Settable.__getattribute__ = lambda self, name: 93 if name == "level" else read(self, name)
    yield lambda: f(ONE, it)


@pytest.mark.parametrize("name", PLANS)
def test_what_was_found_is_right(name: str) -> None:
    both_runs(PLANS[name])


#: What torch gets wrong, and `sound` leaves to Python.
REFUSED: dict[str, Any] = {
    "a key without a hash": lambda x, v: {1: 2}.get(v["list"]),
    "taking out a key without a hash": lambda x, v: {1: 2}.pop(v["list"], 3),
    "discarding what has no hash": lambda x, v: {1}.discard(v["list"]),
    "next of a list": lambda x, v: next(v["list"]),
    "next of a range": lambda x, v: next(v["range"]),
    "a tensor among others": lambda x, v: v["tensor"] in [x],
    "counting tensors": lambda x, v: [x[:1], v["tensor"]].count(v["tensor"]),
    "copying an ordered dict": lambda x, v: copy.copy(v["ordered"]),
    "a key with an __eq__ of its own": lambda x, v: {Fraction(1, 2): 1}.get(v["fraction"]),
    "copying a subclass of an ordered dict": lambda x, v: v["own"].copy(),
    "the truth of a compiled module": lambda x, v: 1 if v["compiled"] else 2,
    "the text of a compiled module": lambda x, v: str(v["compiled"])[:9],
    "the class of a compiled module": lambda x, v: v["compiled"].__class__.__name__,
    "what a compiled module is made of": lambda x, v: [
        n for n, _ in v["compiled"].named_children()
    ],
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_torch_gets_wrong_breaks_the_graph(name: str) -> None:
    def use(x, v):
        x = x + 1
        try:
            return x, REFUSED[name](x, v)
        except (TypeError, RuntimeError) as error:
            return x, type(error).__name__

    def asked(wrap):
        f = wrap(use)
        yield lambda: f(
            ONE,
            {
                "list": [1],
                "range": range(3),
                "fraction": Fraction(1, 2),
                "tensor": torch.zeros(2),
                "ordered": OrderedDict(b=1, a=2),
                "own": Ordered(b=1, a=2),
                "compiled": torch.compile(torch.nn.Linear(1, 1)),
            },
        )

    both_runs(asked, refuses=True)


def test_a_module_is_told_from_tensors() -> None:
    def plan(wrap):
        v = [torch.ones(2), torch.nn.Identity()]
        f = wrap(lambda x: (x + 1, v[1] in v, "a" in v))
        yield lambda: f(ONE)

    both_runs(plan, refuses=True)


def test_a_value_that_cannot_be_read_again_breaks_the_graph(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And its function is left to Python, whatever the trace made of it."""
    own = Sourced.terms

    def relying(sourced: Any, scope: Any, names: Any) -> Any:
        source = AttrSource(LocalSource("x"), "nowhere")
        sourced.rely("values", "nowhere", "that it is there", [source], lambda value: None)
        return own(sourced, scope, names)

    monkeypatch.setattr(Sourced, "terms", relying)
    with pytest.raises(Unsupported, match="nowhere"):
        outcomes(plan_of_a_method, vartrack.sound)
    have, _ = outcomes(plan_of_a_method, vartrack.sound, fullgraph=False)
    assert have == steps(plan_of_a_method, lambda function, **options: function)


def plan_of_a_method(wrap):
    v = Owner()
    f = wrap(lambda x, v: (x + 1, v.act()))
    yield lambda: f(ONE, v)


def test_a_tensor_is_compared_with_a_number_of_a_user_s_class() -> None:
    class Money(float): ...

    class Count(int): ...

    def plan(wrap):
        f = wrap(lambda x, v: (x == v, v == x, x != v, v != x, x >= v, v > x))
        for value in (Money(1), Count(1), Money(2), Money(1)):
            yield lambda value=value: f(ONE, value)

    both_runs(plan, refuses=compat.RUNNING.release[:2] < (2, 12))


LACKING: dict[str, Any] = {
    **{type(each).__name__: each for each in ([], (1,), {1}, range(3), {}.keys(), iter([]))},
    "object": object(),
    "function in C": len,
    "module": os,
    "method": [].append,
    "size": torch.Size([1]),
    "proxy": types.MappingProxyType({}),
    "weak": weakref.ref(Owner),
}


@pytest.mark.parametrize("kind", LACKING)
def test_an_attribute_that_is_not_there_is_an_error(kind: str) -> None:
    """Of one that is not used, or is compared, torch makes something that is there."""

    def plan(wrap):
        f = wrap(lambda x, it: (x + 1, 1 if [it.level] else 2))
        g = wrap(lambda x, it: (x + 1, it.level is None))
        with_one = Owner()
        with_one.level = 3
        for it in (with_one, LACKING[kind], with_one):
            yield functools.partial(f, ONE, it)
            yield functools.partial(g, ONE, it)

    have, _ = outcomes(plan, vartrack.sound, fullgraph=False)
    assert have == steps(plan, lambda function, **options: function)


OF_TYPES = ("__call__", "__name__", "mro", "__dict__", "__module__", "__class__", "__len__")


@pytest.mark.parametrize("name", OF_TYPES)
def test_a_value_has_not_what_its_type_has_as_an_object(name: str) -> None:
    """torch asks the type of some values whether it has the attribute, as ``hasattr(dict, name)``."""
    values = (
        *({"a": 1}, {1}, frozenset({1}), {}.keys(), torch.Size([1]), range(2), deque([1])),
        *([1], (1,), "a", 3, types.MappingProxyType({}), OrderedDict(a=1), np.float64(1.5)),
        *(np.ones(2), None, ...),
    )

    def plan(wrap):
        f = wrap(lambda x, it: (x + 1, hasattr(it, name), getattr(it, name, None) is None))
        for it in values:
            yield functools.partial(f, ONE, it)

    with torch._dynamo.config.patch(recompile_limit=30):
        both_runs(plan)


def test_what_is_equal_to_no_literal_is_looked_for_as_often_as_by_torch() -> None:
    """Functions, whether of Python or of C, classes and objects: one graph finds none of them."""

    def plan(wrap):
        f = wrap(lambda x, keys: (x + 1, {"abc": 1}.get(keys[0])))
        for key in (closing, len, Owner, Owner(), torch.sin):
            yield functools.partial(f, ONE, [key])

    assert outcomes(plan, vartrack.sound) == outcomes(plan, vartrack.stock)


def test_a_number_that_wishes_to_be_a_symbol_is_a_number() -> None:
    """torch guards no type of a `DynamicInt`, and its guard ends the call for what is no number."""

    def plan(wrap):
        owner = types.SimpleNamespace()
        f = wrap(lambda x, owner: (x + 1, owner.n is None, owner.n == 3))
        for n in (DynamicInt(3), 4, None, DynamicInt(5), "a", 5.5, True, None, [1]):
            owner.n = n
            yield lambda: f(ONE, owner)

    both_runs(plan)
