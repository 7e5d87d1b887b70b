"""Classes that extend a number, a text or a container come to have a method that Python asks."""

from __future__ import annotations

import copy
import math
import operator
from collections import deque, namedtuple
from collections.abc import Callable
from typing import Any

import pytest
import torch

import vartrack

ONE = torch.ones(2)
VALUES: dict[type, tuple[Any, Any]] = {
    int: (3, 7),
    str: ("a", "b"),
    tuple: ((1,), (2,)),
    list: ([1], [2]),
}


Pair = namedtuple("Pair", "first second")  # noqa: PYI024, a class of its own is made of it


class Plain:
    """An object that holds nothing."""


def removed(items: list[Any], value: Any) -> bool:
    try:
        items.remove(value)
    except ValueError:
        return False
    return True


def matched(value: Any) -> bool:
    match value:
        case 99:
            return True
    return False


EQUALITY: dict[str, Callable[[Any, Any], Any]] = {
    "==": lambda value, other: value == other,
    "the other way round": lambda value, other: other == value,
    "in a tuple": lambda value, other: value in (other,),
    "in a list": lambda value, other: value in [other],
    "not in": lambda value, other: value not in (other,),
    "among the items of a tuple": lambda value, other: other in (value,),
    "among those of a list": lambda value, other: other in [value],
    "in a deque": lambda value, other: value in deque([other]),
    "index": lambda value, other: [other, value].index(value),
    "count": lambda value, other: [other, value].count(other),
    "count in a tuple": lambda value, other: (other, other).count(value),
    "remove": lambda value, other: removed([other, 1], value),
    "match": lambda value, other: matched(value),
    "any": lambda value, other: any(each == value for each in (other,)),
    "tuples": lambda value, other: (value, 1) == (other, 1),
}
OPERATORS: dict[str, Callable[[Any], Any]] = {
    "__add__": lambda value: value + value,
    "__radd__": lambda value: 1 + value,
    "__rsub__": lambda value: 9 - value,
    "__mul__": lambda value: value * 2,
    "__lt__": lambda value: value < value,
    "__gt__": lambda value: value > value,
    "__ne__": lambda value: value != value,
    "__neg__": lambda value: -value,
    "__invert__": lambda value: ~value,
    "__abs__": lambda value: abs(value),
    "__divmod__": lambda value: divmod(value, 2),
    "__pow__": lambda value: value**2,
}
#: What holds the value, the method that its class comes to have, what that gives, and who asks it.
FUNCTIONS: dict[str, tuple[Any, str, Any, Callable[[Any], Any]]] = {
    "math.trunc": (3.5, "__trunc__", 9, math.trunc),
    "math.floor": (3, "__floor__", 9, math.floor),
    "math.isclose": (3, "__float__", 9.0, lambda value: math.isclose(value, 3.0)),
    "complex": (3.5, "__complex__", 9j, complex),
    "pow of three": (3, "__pow__", 9, lambda value: pow(value, 2, 5)),
    "sum": (3, "__radd__", 9, lambda value: sum([value, 1])),
    "sum of a named tuple": (Pair(1, 2), "__iter__", iter([7]), sum),
    "sorted": (3, "__lt__", True, lambda value: sorted([2, value])[0] is value),
    "sorted named tuples": (
        Pair(1, 2),
        "__lt__",
        True,
        lambda value: sorted([(0, 1), value])[0] is value,
    ),
    "max": (Pair(1, 2), "__gt__", False, lambda value: max((0, 1), value) is value),
    "format": (Pair(1, 2), "__format__", "its own", format),
    "matmul": (3, "__matmul__", 9, lambda value: value @ value),
    "length_hint": (3, "__length_hint__", 9, lambda value: operator.length_hint(value, 4)),
    "round": (None, "__round__", 9, round),
    "format of an object": (None, "__format__", "its own", lambda value: format(value, "d")),
}


def answers(call: Callable[[], Any], change: Callable[[], None]) -> list[Any]:
    """What two calls give, or the type of the error, with a change between them."""
    found = []
    for step in (None, change):
        if step is not None:
            step()
        try:
            found.append(call())
        except TypeError as error:
            found.append(type(error).__name__)
    return found


@pytest.mark.parametrize("use", EQUALITY.values(), ids=EQUALITY)
@pytest.mark.parametrize("base", [int, str, tuple, list, Plain])
def test_equality(base: type, use: Callable[[Any, Any], Any]) -> None:
    held, other = VALUES.get(base, (None, 5))

    def run(wrap: Any) -> list[Any]:
        cls: Any = type("Own", (base,), {})
        value = cls() if held is None else cls(held)

        def change() -> None:
            cls.__eq__ = lambda self, other: True
            cls.__hash__ = lambda self: 7

        program = wrap(lambda x, value: (x + 1, use(value, other)))
        return answers(lambda: program(ONE, value)[1], change)

    torch._dynamo.reset()  # the programs share their code, and too many compiles are given up on
    with vartrack.use(vartrack.sound):
        found = run(lambda program: torch.compile(program, backend="eager"))
    assert found == run(lambda program: program)


@pytest.mark.parametrize("base", [list, tuple])
def test_order_of_sequences(base: type) -> None:
    other = base([2])

    def run(wrap: Any) -> list[Any]:
        cls: Any = type("Own", (base,), {})
        value = cls([1])
        program = wrap(lambda x, value: (x + 1, value < other, other > value))
        return answers(
            lambda: program(ONE, value)[1:],
            lambda: setattr(cls, "__lt__", lambda *_: False),
        )

    torch._dynamo.reset()  # the programs share their code, and too many compiles are given up on
    with vartrack.use(vartrack.sound):
        found = run(lambda program: torch.compile(program, backend="eager"))
    assert found == run(lambda program: program) == [(True, True), (False, False)]


@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("base", [int])
def test_operators(base: type, name: str) -> None:
    def run(wrap: Any) -> list[Any]:
        cls: Any = type("Own", (base,), {})
        value = cls(3)
        program = wrap(lambda x, value: (x + 1, OPERATORS[name](value)))
        return answers(
            lambda: program(ONE, value)[1], lambda: setattr(cls, name, lambda *_: "its own")
        )

    torch._dynamo.reset()  # the programs share their code, and too many compiles are given up on
    with vartrack.use(vartrack.sound):
        found = run(lambda program: torch.compile(program, backend="eager"))
    assert found == run(lambda program: program)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name: str) -> None:
    held, method, given, use = FUNCTIONS[name]

    def asked(value: Any) -> Any:
        try:
            return use(value)
        except TypeError:
            return "refused"

    def run(wrap: Any) -> list[Any]:
        cls: Any = type("Own", (Plain if held is None else type(held),), {})
        value = cls(*(held if isinstance(held, tuple) else () if held is None else (held,)))
        program = wrap(lambda x, value: (x + 1, asked(value)))
        coming = copy.copy(given)
        return answers(
            lambda: program(ONE, value)[1], lambda: setattr(cls, method, lambda *_: coming)
        )

    torch._dynamo.reset()
    with vartrack.use(vartrack.sound):
        found = run(lambda program: torch.compile(program, backend="eager"))
    assert found == run(lambda program: program)
