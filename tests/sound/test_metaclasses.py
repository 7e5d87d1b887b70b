"""Classes as values: what their metaclass says of them, and exceptions by their classes."""

from __future__ import annotations

import abc
import contextlib
import types
from typing import Any

import pytest
import torch
from facts import Plans, both_runs
from places import Counting

import vartrack
from vartrack.compat.release import RUNNING
from vartrack.extras import thrift

ONE = torch.ones(2)
#: Up to 2.12 `list(obj)` of what has no length breaks the graph.
LISTS_ARE_TRACED = RUNNING.release >= (2, 13)
PLANS = Plans()
plan = PLANS.add


class Meta(type): ...


def made(meta=Meta, *bases, **names):
    """A class of its own, so that a change reaches no other program."""
    return meta("Made", bases, names)


@plan
def truth(wrap):
    class Meta(type): ...

    cls = made(Meta)
    f = wrap(lambda x: x * 9 if cls else x)
    yield lambda: f(ONE)
    Meta.__bool__ = lambda cls: False
    yield lambda: f(ONE)


@plan
def truth_by_length(wrap):
    class Meta(type): ...

    cls = made(Meta)
    f = wrap(lambda x: (x + 1, bool(cls), not cls, cls and 3, [c for c in [cls] if c]))
    yield lambda: f(ONE)
    Meta.__len__ = lambda cls: 0
    yield lambda: f(ONE)


@plan
def what_truth_reads(wrap):
    held = types.SimpleNamespace(on=True)

    class Meta(type):
        def __bool__(cls):
            return held.on

    cls = made(Meta)
    f = wrap(lambda x: x * 9 if cls else x)
    yield lambda: f(ONE)
    held.on = False
    yield lambda: f(ONE)


@plan
def length(wrap):
    class Meta(type):
        def __len__(cls):
            return 2

    cls = made(Meta)
    f = wrap(lambda x: x * len(cls))
    yield lambda: f(ONE)
    Meta.__len__ = lambda cls: 5
    yield lambda: f(ONE)


@plan
def iteration(wrap):
    class Meta(type):
        def __iter__(cls):
            return iter([2])

    cls = made(Meta)
    f = wrap(lambda x: (x * sum(cls), any(cls), [*cls]))
    yield lambda: f(ONE)
    Meta.__iter__ = lambda cls: iter([0])
    yield lambda: f(ONE)


@plan
def addition(wrap):
    class Meta(type):
        def __add__(cls, other):
            return 3

    cls = made(Meta)
    f = wrap(lambda x: x * (cls + 1))
    yield lambda: f(ONE)
    Meta.__add__ = lambda cls, other: 7
    yield lambda: f(ONE)


@plan
def equality(wrap):
    class Meta(type): ...

    one, other = made(Meta), made(Meta)
    f = wrap(lambda x: x * 9 if one == other else x)
    yield lambda: f(ONE)
    Meta.__eq__ = lambda one, other: True
    Meta.__hash__ = type.__hash__
    yield lambda: f(ONE)


@plan
def equality_of_keys(wrap):
    class Meta(type): ...

    one, other = made(Meta), made(Meta)
    f = wrap(lambda x: x * len({one, other}))
    yield lambda: f(ONE)
    Meta.__eq__ = lambda one, other: True
    Meta.__hash__ = lambda cls: 1
    yield lambda: f(ONE)


@plan
def membership(wrap):
    class Meta(type):
        def __contains__(cls, item):
            return False

    cls = made(Meta)
    f = wrap(lambda x: x * 9 if 3 in cls else x)
    yield lambda: f(ONE)
    Meta.__contains__ = lambda cls, item: True
    yield lambda: f(ONE)


@plan
def subscript(wrap):
    class Meta(type): ...

    cls = made(Meta, __class_getitem__=classmethod(lambda cls, key: key * 2))
    f = wrap(lambda x: x * cls[3])
    yield lambda: f(ONE)
    Meta.__getitem__ = lambda cls, key: key * 7
    yield lambda: f(ONE)


@plan
def subscript_of_a_base(wrap):
    base = made(type, __class_getitem__=classmethod(lambda cls, key: key * 2))
    cls = made(type, base)
    f = wrap(lambda x: x * cls[3])
    yield lambda: f(ONE)
    cls.__class_getitem__ = classmethod(lambda cls, key: key * 5)
    yield lambda: f(ONE)
    del cls.__class_getitem__
    yield lambda: f(ONE)


@plan
def instance_check_of_a_base(wrap):
    """torch asks the metaclass alone whether it has one, and not what it is derived from."""

    class Base(type): ...

    class Meta(Base): ...

    cls = made(Meta)
    value = types.SimpleNamespace()
    f = wrap(lambda x: x * 9 if isinstance(value, cls) else x)
    yield lambda: f(ONE)
    Base.__instancecheck__ = lambda cls, value: True
    yield lambda: f(ONE)


@plan
def instance_check_of_one_of_several(wrap):
    class Meta(type):
        def __instancecheck__(cls, value):
            return hasattr(value, "there")

    cls = made(Meta)
    value = types.SimpleNamespace()
    f = wrap(lambda x: x * 9 if isinstance(value, (int, cls)) else x)
    yield lambda: f(ONE)
    value.there = True
    yield lambda: f(ONE)


@plan
def torch_function_of_a_subclass(wrap):
    class Plain(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return super().__torch_function__(func, types, args, kwargs or {})

    def other(cls, func, types, args=(), kwargs=None):
        return 7

    tensor = torch.ones(2).as_subclass(Plain)
    f = wrap(lambda t: t + 1)
    yield lambda: type(f(tensor)) is int
    Plain.__torch_function__ = classmethod(other)
    yield lambda: type(f(tensor)) is int


class First(Exception): ...


class Second(Exception): ...


def catches(x, kind):
    try:
        raise kind("why")
    except (Second, KeyError):
        return x * 7
    except First:
        return x * 2
    except Exception:
        return x * 3


@plan
def exception_of_another_base(wrap):
    kind = made(type, First)
    f = wrap(lambda x: catches(x, kind))
    yield lambda: f(ONE)
    kind.__bases__ = (Second,)
    yield lambda: f(ONE)


@plan
def exception_that_is_suppressed(wrap):
    kind = made(type, First)

    def suppresses(x):
        try:
            with contextlib.suppress(First):
                raise kind
            return x * 2
        except Exception:
            return x * 5

    f = wrap(suppresses)
    yield lambda: f(ONE)
    kind.__bases__ = (Second,)
    yield lambda: f(ONE)


@plan
def exception_registered_with_a_class(wrap):
    """Python asks for the bases, and not whether it is registered."""
    caught = abc.ABCMeta("Caught", (Exception,), {})
    caught.register(First)

    def asks(x):
        try:
            raise First
        except caught:
            return x * 7
        except Exception:
            return x * 2

    f = wrap(asks)
    yield lambda: f(ONE)


@plan
def text_of_an_exception(wrap):
    kind = made(type, Exception, __str__=lambda self: "ab")

    def asks(x):
        try:
            raise kind("why")
        except kind as error:
            return x + 1, str(error), f"{error}"

    f = wrap(asks)
    yield lambda: f(ONE)
    kind.__str__ = lambda self: "abcdefg"
    yield lambda: f(ONE)


@plan
def text_that_an_exception_comes_to_have(wrap):
    kind = made(type, Exception)

    def asks(x):
        try:
            raise kind("why")
        except kind as error:
            return x + 1, str(error)

    f = wrap(asks)
    yield lambda: f(ONE)
    kind.__str__ = lambda self: "abcdefg"
    yield lambda: f(ONE)


@plan
def classes_that_are_sorted(wrap):
    class Ordered(type):
        def __lt__(cls, other):
            return cls.place < other.place

    class First(metaclass=Ordered):
        place, factor = 1, 3

    class Second(metaclass=Ordered):
        place, factor = 2, 5

    f = wrap(lambda x: x * sorted([First, Second])[0].factor)
    yield lambda: f(torch.ones(2))
    First.place = 9
    yield lambda: f(torch.ones(2))
    Ordered.__lt__ = lambda cls, other: cls.place > other.place
    yield lambda: f(torch.ones(2))


#: By a method of a metaclass what asks it, and how it answers as long as a number is this one.
ANSWERS: dict[str, tuple[Any, Any]] = {
    "__getitem__": (lambda cls: cls["key"], lambda number: number),
    "__hash__": (hash, lambda number: number),
    "__int__": (int, lambda number: number),
    "__float__": (float, float),
    "__complex__": (lambda cls: complex(cls).real, complex),
    "__index__": (lambda cls: len(range(cls)), lambda number: number),
    "__divmod__": (lambda cls: divmod(cls, 2), lambda number: number),
    "__str__": (lambda cls: (len(str(cls)), f"{cls}", "%s" % cls), lambda number: "a" * number),
    "__format__": (lambda cls: (len(f"{cls}"), format(cls)), lambda number: "a" * number),
    "__iter__": (list, lambda number: iter(range(number))),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_a_metaclass_answers_counts(name: str) -> None:
    ask, answer = ANSWERS[name]

    def plan(wrap):
        held = types.SimpleNamespace(number=3)
        meta = type("Meta", (type,), {name: lambda cls, *_: answer(held.number)})
        cls = made(meta)
        f = wrap(lambda x: (x + 1, ask(cls)))
        yield lambda: f(ONE)
        held.number = 5
        yield lambda: f(ONE)
        setattr(meta, name, lambda cls, *_: answer(7))
        yield lambda: f(ONE)

    # torch itself refuses some of them on some releases
    refuses = name in ("__index__", "__hash__", "__str__") or not LISTS_ARE_TRACED
    both_runs(plan, refuses=refuses)


@plan
def attribute_that_is_set(wrap):
    class Meta(type):
        def __setattr__(cls, name, value):
            super().__setattr__(name, value * 2)

    cls = made(Meta, count=1)

    def run(x, value):
        cls.count = value
        return x * cls.count

    f = wrap(run)
    yield lambda: f(ONE, 3)
    Meta.__setattr__ = lambda cls, name, value: type.__setattr__(cls, name, value * 5)
    yield lambda: f(ONE, 3)


def called_meta(result):
    """A metaclass that says everything of its own."""

    class Other(type):
        n = result

        def __len__(cls):
            return result

        def __iter__(cls):
            return iter(range(result))

        def __contains__(cls, item):
            return result > 1

        def __add__(cls, other):
            return result + other

        def __getattr__(cls, name):
            return result

        def __call__(cls, *args):
            made = super().__call__(*args)
            made.n = result
            return made

        def act(cls):
            return result

        @property
        def seen(cls):
            return result

    return Other


ANOTHER = {
    "length": len,
    "gone through": lambda cls: sum([*cls]),
    "in it": lambda cls: 1 if 3 in cls else 0,
    "sum": lambda cls: cls + 1,
    "missing": lambda cls: cls.missing,
    "attribute": lambda cls: cls.n,
    "method": lambda cls: cls.act(),
    "property": lambda cls: cls.seen,
    "called": lambda cls: cls().n,
    "of an object's": lambda cls: type(object.__new__(cls)).act(),
    "the type": lambda cls: len(type(cls).__mro__),
}


@pytest.mark.parametrize("use", ANOTHER)
def test_another_metaclass_is_noticed(use: str) -> None:
    """Since 3.13 the version tag of a class says nothing of it."""

    def another(wrap):
        first, second = called_meta(1), called_meta(2)
        cls = made(first)
        f = wrap(lambda x, cls: x + ANOTHER[use](cls))
        yield lambda: f(ONE, cls)
        cls.__class__ = second
        yield lambda: f(ONE, cls)
        cls.__class__ = first
        yield lambda: f(ONE, cls)

    both_runs(another, refuses=True)


@pytest.mark.parametrize("name", PLANS)
def test_each_change_is_noticed(name: str) -> None:
    """What the call gives after the change is what Python gives, or the graph breaks."""
    both_runs(PLANS[name], refuses=True)


def test_sorting_by_a_key_builds_no_items() -> None:
    """Which are no classes, and may be carried only."""
    registry = vartrack.sound.derive("sound and thrift")
    thrift.register(registry)
    backend = Counting()

    def use(x: torch.Tensor, names: list[str]) -> Any:
        return x + 1, sorted(names, key=lambda name: 0)

    with vartrack.use(registry):
        compiled = torch.compile(use, backend=backend, fullgraph=True)
        for names in ("ab", "cd", "ef"):
            assert compiled(torch.ones(2), [*names])[1] == [*names]
    assert backend.graphs == 1
