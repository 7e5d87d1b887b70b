"""Constants and snapshots among other operands: Python's own rules say who answers."""

from __future__ import annotations

import functools
from typing import Any

import pytest
import torch
from places import assert_alike, compare_with_eager
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import ConstantVisitor, Registry, SnapshotVisitor, Visitor

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.arange(4.0)


class Amount:
    """Equal to anything that holds as much."""

    def __init__(self, number: int, text: str = "") -> None:
        self.number = number
        self.text = text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.number}, {self.text!r})"

    def __eq__(self, other: object) -> bool:
        return bool(self.number == getattr(other, "number", None))

    def __hash__(self) -> int:
        return hash(self.number)

    def __lt__(self, other: Any) -> bool:
        return bool(self.number < other.number)

    def __add__(self, other: Any) -> Any:
        return self.number + other.number if hasattr(other, "number") else NotImplemented

    def __pow__(self, other: Any, modulus: Any = None) -> Any:
        return "pow", self.number, other, modulus

    def apply(self, function: Any) -> Any:
        return function(self.number)

    def fail_with(self, items: list[int]) -> None:
        items.append(self.number)
        raise ValueError("after a change")


class Plain:
    """Nobody has registered it: Dynamo traces what it does."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __radd__(self, other: Any) -> Any:
        return "the operand answered"


class Unit:
    """Of another registered type."""

    def __repr__(self) -> str:
        return "Unit()"

    def __eq__(self, other: object) -> bool:
        return type(other) is Unit

    def __hash__(self) -> int:
        return 7

    def __radd__(self, other: Any) -> Any:
        return "the unit answered"


class Special(Amount):
    """A subclass, whose reflected operators go first."""

    def __radd__(self, other: Any) -> Any:
        return "the subclass answered"


class NotANumber(Amount):
    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = Amount.__hash__


def registry_with(base: type[Visitor], *types: type, **attributes: Any) -> Registry:
    registry = vartrack.stock.derive("operands")
    for cls in types:
        registry.register(type(f"{cls.__name__}s", (base,), {"types": (cls,), **attributes}))
    return registry


BASES = pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor])
plain = Plain(1)
factor = 10

MIXED = [
    lambda x, v: (v == plain, plain == v, v < plain, v + plain),
    lambda x, v: (v in [plain], v in [1, plain], [plain].count(v), (1, v) == (1, plain)),
    lambda x, v: (v in (2, "a"), v in [v], [v, 1].index(v), {v: 3}[v]),
    lambda x, v: {v: 3}.get(plain),
]


@BASES
@pytest.mark.parametrize("function", MIXED)
def test_operands_that_are_traced_are_asked_as_python_asks_them(function: Any, base: Any) -> None:
    registry = registry_with(base, Amount)
    values = [Amount(1), Amount(2), Amount(1)]
    assert compare_with_eager(registry, lambda x, v: (x + 1, function(x, v)), values) == 2


@BASES
def test_not_equal_asks_for_equality(base: Any) -> None:
    """A class without ``__ne__`` leaves it to its ``__eq__``, whatever the key says."""
    registry = registry_with(base, Amount, key=staticmethod(lambda value: value.text))
    other = Amount(1, "other")

    def function(x: Any, v: Any) -> Any:
        return x + 1, v != other, other != v, v == other, {1: v} == {1: other}

    values = [Amount(1, "one"), other, Amount(2, "two"), Amount(1, "one")]
    assert compare_with_eager(registry, function, values) == 2


@BASES
def test_the_second_of_two_constants_answers_if_the_first_does_not(base: Any) -> None:
    registry = registry_with(base, Amount, Unit)
    assert compare_with_eager(registry, lambda x, v: (x + 1, v + Unit()), [Amount(1)]) == 1


@BASES
def test_the_reflected_operator_of_a_subclass_goes_first(base: Any) -> None:
    registry = registry_with(base, Amount)
    special = Special(1)
    assert compare_with_eager(registry, lambda x, v: (x + 1, v + special), [Amount(1)]) == 1


@BASES
def test_power_of_three_operands(base: Any) -> None:
    registry = registry_with(base, Amount)

    def function(x: Any, v: Any) -> Any:
        try:
            return x + 1, pow(v, 2, 5), pow(2, v, 5)
        except TypeError:
            return x + 1, pow(v, 2, 5), "refused"

    compare_with_eager(registry, function, [Amount(3)])


def scaled(number: int) -> int:
    return number * factor


@BASES
@pytest.mark.parametrize(
    "function",
    [
        lambda x, v: (x + 1, v.apply(scaled)),
        lambda x, v: (x + 1, v.apply(lambda number: number * factor)),
        lambda x, v: (x + 1, v.apply(functools.partial(scaled))),
        lambda x, v: (x + 1, Amount.apply(v, scaled)),
    ],
)
def test_what_a_function_reads_is_guarded(
    function: Any, base: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function that is handed to a method is traced: it may read what changes."""
    with vartrack.use(registry_with(base, Amount)):
        compiled = torch.compile(function, backend="eager", fullgraph=True)
        for number in (10, 20, 10):
            monkeypatch.setitem(globals(), "factor", number)
            assert compiled(X, Amount(2))[1] == function(X, Amount(2))[1] == 2 * number


@BASES
def test_a_change_before_an_exception_is_traced_too(base: Any) -> None:
    def function(x: Any, v: Any) -> Any:
        items = [1]
        try:
            v.fail_with(items)
        except ValueError:
            items = [*items, 0]
        return x + 1, items

    registry = registry_with(base, Amount)
    strict = torch.compile(function, backend="eager", fullgraph=True)
    with vartrack.use(registry):
        assert_alike(strict(X, Amount(2)), function(X, Amount(2)))
    torch._dynamo.reset()
    with vartrack.use(registry):
        got = torch.compile(function, backend="eager")(X, Amount(2))
    assert_alike(got, function(X, Amount(2)))


def test_what_is_not_equal_to_itself_is_no_key() -> None:
    """Python finds it by identity, which nothing guards."""
    one, other = NotANumber(1), NotANumber(1)
    registry = registry_with(ConstantVisitor, NotANumber, key=staticmethod(lambda v: v.number))
    torch._dynamo.reset()

    def function(x: Any, v: Any) -> Any:
        return x + 1, {v: 1}.get(one), {v: 1}.get(v)

    with vartrack.use(registry):
        with pytest.raises(Unsupported, match="__hash__ is of a value that is not equal to"):
            torch.compile(function, backend="eager", fullgraph=True)(X, one)
        torch._dynamo.reset()
        compiled = torch.compile(function, backend="eager")
        for value in (one, other, one, NotANumber(2)):
            assert_alike(compiled(X, value), function(X, value))
