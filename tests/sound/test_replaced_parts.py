"""Parts that Python makes for a class, of named tuples and enums, replaced between two calls."""

from __future__ import annotations

import enum
import math
import weakref
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import pytest
import torch
from facts import Wrap, both_runs

from vartrack.compat.release import runs_on

ONE = torch.ones(2)

since_members = pytest.mark.skipif(
    runs_on("<2.13"), reason="members are constants there, which no method is asked of"
)


def _swapped(cls: Any) -> None:
    cls.a, cls.b = cls.b, cls.a


def _gives(value: Any) -> Callable[..., Any]:
    return lambda *_: value


def _missing(value: Any, name: str) -> str:
    if name[:2] == "__":
        raise AttributeError(name)
    return name


NAMED: dict[str, Callable[[Any], Any]] = {
    "repr": repr,
    "%": lambda v: "%s %s" % v,
    "field": lambda v: v.a,
    "equal": lambda v: (v == (3, 4), (3, 4) == v),
    "items": lambda v: (v[0], [*v], tuple(v), sum(v)),
    "asdict": lambda v: v._asdict(),
}
CHANGES: dict[str, Callable[[Any], None]] = {
    "fields": _swapped,
    "getattr": lambda cls: setattr(cls, "__getattr__", _missing),
    "getattribute": lambda cls: setattr(
        cls,
        "__getattribute__",
        lambda self, name: 7 if name == "a" else tuple.__getattribute__(self, name),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("use", NAMED)
def test_named_tuples_hold_what_is_stored(use: str, change: str) -> None:
    def plan(wrap: Wrap):
        cls = namedtuple("Named", "a b")
        value = cls(3, 4)
        f = wrap(lambda x, v: (x + 1, NAMED[use](v)))
        yield lambda: f(ONE, value)
        CHANGES[change](cls)
        yield lambda: f(ONE, value)

    both_runs(plan, refuses=True)


def test_named_tuples_as_keys_are_asked() -> None:
    def plan(wrap: Wrap):
        cls = namedtuple("Named", "a b")
        f = wrap(lambda x, v: (x + 1, {(3, 4): 1}.get(v), v in {(3, 4)}))
        yield lambda: f(ONE, cls(3, 4))
        cls.__eq__ = _gives(5)  # type: ignore[method-assign,assignment]
        yield lambda: f(ONE, cls(3, 4))
        cls.__eq__ = _gives(0)  # type: ignore[method-assign,assignment]
        yield lambda: f(ONE, cls(3, 4))

    both_runs(plan, refuses=True)


TEXTS: dict[str, Callable[[Any], Any]] = {
    "f-string": lambda v: f"{v}",
    "with a spec": lambda v: f"{v:>9}",
    "%": lambda v: "%s" % v,  # noqa: UP031
    "format": lambda v: "{}".format(v),  # noqa: UP032
    "repr": lambda v: f"{v!r}",
    "str": str,
}


@since_members
@pytest.mark.parametrize("use", TEXTS)
@pytest.mark.parametrize("base", [enum.Enum, enum.Flag, enum.IntEnum])
def test_texts_of_members_say_what_they_are_called(base: Any, use: str) -> None:
    def plan(wrap: Wrap):
        cls = base("Colour", {"RED": 1, "BLUE": 2})
        f = wrap(lambda x, v: (x + 1, TEXTS[use](v)))
        yield lambda: f(ONE, cls.RED)
        cls.__name__ = "Shade"
        yield lambda: f(ONE, cls.RED)
        cls.RED._name_ = "CRIMSON"
        yield lambda: f(ONE, cls.RED)

    both_runs(plan, refuses=True)


#: What is asked of a member that is a number, and by which method that it comes to have.
OPERATORS: dict[str, tuple[str, Callable[[Any], Any], Any]] = {
    "~": ("__invert__", lambda v: ~v, "none"),
    "-": ("__neg__", lambda v: -v, "none"),
    "abs": ("__abs__", abs, "none"),
    "int": ("__int__", int, 5),
    "float": ("__float__", float, 5.5),
    "complex": ("__complex__", complex, 5j),
    "sum": ("__radd__", lambda v: sum([v, v]), "none"),
    "+": ("__add__", lambda v: v + 1, "none"),
    "sqrt": ("__float__", math.sqrt, 16.0),
    "floor": ("__floor__", math.floor, "none"),
    "beside a tensor": ("__add__", lambda v: v + ONE, "none"),
    "@": ("__matmul__", lambda v: hasattr(v, "__matmul__") and v @ ONE, "none"),
}


@since_members
@pytest.mark.parametrize("use", OPERATORS)
def test_operators_of_members_that_are_numbers(use: str) -> None:
    name, ask, gives = OPERATORS[use]

    def plan(wrap: Wrap):
        cls: Any = enum.IntEnum("Level", {"LOW": 1, "HIGH": 2})
        f = wrap(lambda x, v: (x + 1, ask(v)))
        yield lambda: f(ONE, cls.LOW)
        setattr(cls, name, _gives(gives))
        yield lambda: f(ONE, cls.LOW)

    both_runs(plan, refuses=True)


class Amount(int):
    unit: str

    def __add__(self, other: Any) -> Any:
        return "sum", other * 3

    def __mod__(self, other: Any) -> Any:
        return self.unit

    def __sub__(self, other: Any) -> Any:
        return NotImplemented


@since_members
def test_a_number_is_asked_before_a_tensor() -> None:
    def plan(wrap: Wrap):
        amount = Amount(2)
        amount.unit = "m"
        f = wrap(lambda x, v: (v + x, v % x, v - x, x + v))
        yield lambda: f(ONE, amount)
        amount.unit = "km"
        yield lambda: f(ONE, amount)

    both_runs(plan, refuses=True)


class Answer:
    """Equal to others as far as what it gives is true."""

    def __init__(self, gives: Any) -> None:
        self.gives = gives

    def __eq__(self, other: object) -> Any:
        return self.gives

    __hash__ = object.__hash__


class Never:
    def __bool__(self) -> bool:
        return False


@pytest.mark.skipif(runs_on("<2.13"), reason="where it is looked for is asked otherwise there")
@pytest.mark.parametrize("one", [5, 0, None, "yes", True], ids=str)
def test_what_comparing_gives_is_true_or_not(one: Any) -> None:
    def plan(wrap: Wrap):
        first, other, third = Answer(one), Answer(Never()), Answer([1])
        f = wrap(lambda x, v, w: (x + 1, v in [w], [w, v].count(v), v in (w, 3), [3, w].count(v)))
        for pair in ((first, first), (first, other), (other, first), (third, other)):
            yield lambda: f(ONE, *pair)

    both_runs(plan, refuses=True)


class Slots:
    __slots__ = ("a",)

    def __init__(self) -> None:
        self.a = 3

    def __getattr__(self, name: str) -> str:
        return name

    def act(self) -> int:
        return self.a


class Sized:
    def __len__(self) -> int:
        return 2

    def __getitem__(self, at: int) -> int:
        return at

    def __int__(self) -> int:
        return 5


def test_objects_without_a_dict_of_their_own() -> None:
    def plan(wrap: Wrap):
        sized, slots = Sized(), Slots()
        proxy = weakref.proxy(sized)
        f = wrap(lambda x, v: (x + 1, v.act(), v.missing, v.a))
        g = wrap(lambda x, v: (x + 1, len(v), v[3], int(v)))
        yield lambda: f(ONE, slots)
        yield lambda: g(ONE, proxy)
        slots.a = 4
        yield lambda: f(ONE, slots)

    both_runs(plan, refuses=True)
