"""Copies of objects whose class says what a copy is made of, or that are more than attributes."""

from __future__ import annotations

import collections
import copy
import functools
from typing import Any

import pytest
import torch
from facts import both_runs

import vartrack

ONE = torch.ones(2)


class _Base:
    def __init__(self) -> None:
        self.a = 1
        self.b = [2]


class _Other(_Base): ...


def _made_again(number: int) -> _Other:
    made = _Other()
    made.a = number
    return made


class Reduced(_Base):
    def __reduce__(self) -> Any:
        return _made_again, (7,)


class WithState(_Base):
    def __getstate__(self) -> Any:
        return {"a": 99}


class WithBoth(_Base):
    def __getstate__(self) -> Any:
        return 5, 6

    def __setstate__(self, state: Any) -> None:
        self.a, self.b = state


class WithoutState(_Base):
    def __getstate__(self) -> Any:
        return None


class ByPlace:
    def __new__(cls, a: int = 3) -> Any:
        made = object.__new__(cls)
        made.a = a
        return made

    def __getnewargs__(self) -> Any:
        return (8,)


class ByName:
    def __new__(cls, *, a: int = 3) -> Any:
        made = object.__new__(cls)
        made.a = a
        return made

    def __getnewargs_ex__(self) -> Any:
        return (), {"a": 8}


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self) -> None:
        self.a = 1


class SlottedAndMore(Slotted):
    def __init__(self) -> None:
        super().__init__()
        self.b, self.c = 4, 5


class OwnList(list):
    tag = "class"


class OwnDict(dict):
    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value * 10)


class OwnTuple(tuple): ...


Point = collections.namedtuple("Point", "x y")


class OwnPoint(Point):
    def total(self) -> int:
        return self.x + self.y


def _list() -> OwnList:
    made = OwnList([1, [2]])
    made.tag = "own"
    return made


MADE = {
    "plain": _Base,
    "__reduce__": Reduced,
    "__getstate__": WithState,
    "__setstate__": WithBoth,
    "a state of None": WithoutState,
    "__getnewargs__": ByPlace,
    "__getnewargs_ex__": ByName,
    "slots": Slotted,
    "slots and attributes": SlottedAndMore,
    "a list": _list,
    "a dict": lambda: OwnDict(a=1),
    "a tuple": lambda: OwnTuple((1, 2)),
    "a named tuple": lambda: Point(1, 2),
    "a subclass of a named tuple": lambda: OwnPoint(1, 2),
    "a counter": lambda: collections.Counter("aab"),
}


def _shown(value: Any) -> Any:
    """Its class, what it holds and its attributes."""
    held = str(value) if isinstance(value, (list, dict, tuple)) else ""
    slots = [getattr(value, name, "empty") for name in ("a", "b")]
    return type(value).__name__, held, str(vars(value)) if hasattr(value, "__dict__") else "", slots


@pytest.mark.parametrize("what", MADE)
@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy], ids=["copy", "deepcopy"])
@pytest.mark.usefixtures("as_before")
def test_a_copy_is_what_python_makes(what: str, way: Any) -> None:
    def plan(wrap: Any) -> Any:
        f = wrap(lambda x, value: (x + 1, way(value)))

        def call() -> Any:
            result, made = f(ONE, MADE[what]())
            return result, _shown(made)

        yield call

    both_runs(plan)


@pytest.mark.usefixtures("as_before")
def test_a_class_that_comes_to_say_what_a_copy_is_made_of_is_noticed() -> None:
    def plan(wrap: Any) -> Any:
        class Plain(_Base): ...

        value = Plain()
        f = wrap(lambda x: x * copy.copy(value).a)
        yield lambda: f(ONE)
        Plain.__getstate__ = lambda self: {"a": 5}
        yield lambda: f(ONE)
        Plain.__reduce__ = lambda self: (_made_again, (7,))
        yield lambda: f(ONE)

    both_runs(plan)


class OwnSet(set): ...


class OwnFrozenSet(frozenset): ...


class MadeOfTwo(set):
    def __init__(self, items: Any = (), tag: str = "made") -> None:
        super().__init__(items)
        self.tag = tag


class SetWithState(frozenset):
    def __getstate__(self) -> Any:
        return {"tag": "as the class says"}


SETS = (OwnSet, OwnFrozenSet, MadeOfTwo, SetWithState)


def _set(cls: Any) -> Any:
    made = cls({1, 2})
    made.tag = "own"
    return made


@pytest.mark.parametrize("cls", SETS)
@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy], ids=["copy", "deepcopy"])
def test_a_copy_of_a_set_holds_what_it_holds(cls: Any, way: Any) -> None:
    """torch alone makes an empty one."""

    def read(x: Any, value: Any) -> Any:
        made = way(value)
        return x + 1, made.tag, len(made), 1 in made, sorted(made), type(made).__name__

    def plan(wrap: Any) -> Any:
        f = wrap(read)
        yield lambda: f(ONE, _set(cls))

    both_runs(plan)


@pytest.mark.parametrize("cls", SETS)
@pytest.mark.usefixtures("as_before")
def test_a_set_is_copied_or_refused(cls: Any) -> None:
    def plan(wrap: Any) -> Any:
        f = wrap(lambda x, value: (x + 1, copy.copy(value)))

        def call() -> Any:
            result, made = f(ONE, _set(cls))
            return result, sorted(made), vars(made), type(made).__name__

        yield call

    both_runs(plan, refuses=True)


class TaggedDict(dict):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.tag = "made"


class AnsweringDict(dict):
    @classmethod
    def fromkeys(cls, keys: Any, value: Any = None) -> Any:
        return 5


@pytest.mark.parametrize("cls", [OwnDict, TaggedDict, AnsweringDict])
@pytest.mark.usefixtures("as_before")
def test_what_is_made_from_keys_is_of_the_class(cls: Any) -> None:
    def plan(wrap: Any) -> Any:
        f = wrap(lambda x, value: (x + 1, cls.fromkeys(["a"], 2), value.fromkeys("ab", 3)))

        def call() -> Any:
            result, *made = f(ONE, cls(a=1))
            return result, [_shown(each) for each in made]

        yield call

    both_runs(plan)


@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy])
def test_a_function_with_a_cache_is_its_own_copy(make):
    """Its class has methods for that, which torch asks of the function inside."""
    cached = functools.lru_cache(lambda: 1)
    torch._dynamo.reset()
    with vartrack.use(vartrack.sound):
        compiled = torch.compile(lambda x, v: (x + 1, made(make, v)), backend="eager")
        assert compiled(torch.ones(1), cached)[1] is cached


def made(make, value):
    """A copy; what it raises is caught, so that nothing but the answer counts."""
    try:
        return make(value)
    except (AttributeError, TypeError) as error:
        return type(error)
