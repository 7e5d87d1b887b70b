"""Whatever is done with a constant is evaluated while tracing, as in eager, exceptions included."""

from __future__ import annotations

import copy
import functools
import math
import operator
from decimal import Decimal
from typing import Any

import pytest
import torch
from compiling import run
from constant_values import Length, constants, registry_of
from places import assert_alike

from vartrack import Registry

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.arange(4.0)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return constants()


# values


#: What the expressions are evaluated with.
NAMES: dict[str, Any] = {
    "copy": copy,
    "functools": functools,
    "math": math,
    "operator": operator,
    "torch": torch,
    "Decimal": Decimal,
    "Length": Length,
}
EXPRESSIONS = {
    "operators": """
        a + b | a + 1 | 1 + a | a - 1 | 1 - a | a * 3 | 3 * a | a / 4 | 1 / a | a // 2 | 7 // a
        a % 2 | 7 % a | a ** 2 | 2 ** a | a ** b | pow(a, 2) | divmod(a, 2) | divmod(7, a)
        -a | +a | abs(b) | round(a) | round(a, 1) | operator.add(a, b) | a.__add__(b)
        a.__radd__(1) | Decimal.__add__(a, b) | sum([a, b]) | sum([a, b], Decimal(0))
        p + 1 | 1 + p | p + p | p @ p | 5 @ p | p ** 2 | 2 ** p | pow(p, 2, 5) | divmod(17, p)
        p << 2 | 6 & p | ~p | p | operator.matmul(p, p) | operator.invert(p) | round(p)
        round(p, 2)""",
    "comparison": """
        a == b | a == 2.5 | 2.5 == a | a != b | a < b | 3 > a | a <= 2 | a >= b | not a
        p == q | p != q | p < q | q > p | p == 3 | p is None | None is not p | a is p | a and 3
        a or 3 | max(a, b) | min(a, b, a) | max([a, b]) | min(a, 3) | sorted([a, b])
        sorted([a, b], key=abs) | sorted([q, p]) | (a, b) < (b, a) | [a] == [a] | any([a, b])
        all([a, b]) | a if a > b else b""",
    "conversion": """
        float(a) | int(a) | complex(a) | bool(a) | str(a) | repr(a) | hash(a) | a.__hash__()
        math.floor(a) | math.ceil(a) | math.sqrt(a) | int(p) | str(p) | len(p) | hex(p) | bin(p)
        operator.index(p) | [10, 20, 30, 40][p] | range(p)[1] | "x" * p | copy.copy(a)
        copy.deepcopy(a)""",
    "formatting": """
        f"{a}" | f"{a:.3f}" | f"{a!r:>10}" | "{:>9}".format(a) | "%s %r" % (a, b) | "%.2f" % a
        format(a, ".3f") | format(p, "m") | f"{p:m}" | str.format("{0:m}", p) | f"{a} {p}\"""",
    "attributes": """
        a.real | a.is_nan() | a.quantize(Decimal("1")) | a.as_tuple() | a.as_tuple().digits
        a.as_integer_ratio() | a.__class__ | type(a) | type(a) is Decimal | isinstance(a, Decimal)
        isinstance(a, (int, Decimal)) | isinstance(a, (int|Decimal)) | issubclass(type(a), Decimal)
        hasattr(a, "sqrt") | hasattr(a, "nope") | getattr(a, "nope", 7) | getattr(a, "real")
        p.number | p.unit | p.double | p.double.double.number | p.plus(3) | p.make(4) | p.parts()
        callable(p) | callable(a) | p(4) | p.__len__() | p.__call__(2) | Length.unit""",
    "containers": """
        p[1] | p[1:2] | p["k"] | 3 in p | 4 in p | list(p) | tuple(p) | [i for i in p] | [*p]
        (lambda *i: i)(*p) | list(zip(p, p)) | dict(zip("abc", p)) | list(reversed(p))
        next(iter(p)) | list(enumerate(p)) | {a: 1}[a] | {a: 1}.get(b) | {a, b} == {b, a}
        len({a, b, a}) | {a: {p: 2}}[a][p] | a in {a: 2} | a in (b, a) | [a, b].index(b)
        [a, b].count(a) | {a} | frozenset([a]) | set([a]) | {b} - {a} | {**{a: 1}} | {2.5: 1}[a]
        {p: 1}[q.make(3)] | [a, (b, {"k": p})]""",
    "classes": """
        Decimal("1.10") | Decimal(1) / Decimal(3) | Decimal.from_float(1.5) | Decimal(a)
        Decimal((0, (1, 2), -1)) | Decimal.sqrt(a) | a.from_float(0.5) | type(a)("3") | Decimal
        list(map(Decimal, ["1", "2"])) | [Decimal(i) for i in range(3)] | Decimal.__name__
        Length(6) | Length(6).number | Length.make(5) | Length.plus(1) | str(Length)
        Length(number=2)
        functools.partial(Decimal, "3")() | functools.reduce(operator.add, [a, b, a])""",
    "tensors": """
        x + float(a) | x * int(p) | x[: int(p)] | p.scaled(x) | p.scaled(x, by=2) | p(x)
        p.weights(4) + x | Length.plus(x) | p.plus(x) | torch.full((2,), float(a))
        x.new_tensor(float(a)) | [x * float(i) for i in (a, b)] | {a: x}[a] + 1""",
}
LINES = [
    pytest.param(line.strip(), id=f"{family}: {line.strip()[:40]}")
    for family, lines in EXPRESSIONS.items()
    for line in lines.strip().splitlines()
]


@pytest.mark.parametrize("line", LINES)
def test_a_constant_expression_gives_what_it_gives_in_eager(line: str, registry: Registry) -> None:
    namespace = dict(NAMES)
    exec(f"def function(x, a, b, p, q):\n    return x + 1, {line.replace(' | ', ', ')}", namespace)
    args = X, Decimal("2.5"), Decimal("-1.25"), Length(3), Length(4)
    assert_alike(run(registry, namespace["function"], *args), namespace["function"](*args))


def test_an_in_place_operator_replaces_what_cannot_change(registry: Registry) -> None:
    def function(x: Any, a: Any, p: Any) -> Any:
        first = a
        a += 1
        a *= 2
        a -= Decimal("0.5")
        a /= 2
        a //= 1
        a **= 2
        a %= 7
        return x + 1, a, first, first is a

    def written_in_python(x: Any, p: Any) -> Any:
        first = p
        p += 2
        return x + 1, p, first

    assert_alike(run(registry, function, X, Decimal(3), 1), function(X, Decimal(3), 1))
    assert_alike(run(registry, written_in_python, X, Length(3)), written_in_python(X, Length(3)))


def test_an_in_place_operator_of_its_own_is_not_taken_for_the_plain_one() -> None:
    class Tally(Length):
        def __iadd__(self, other: Any) -> Any:
            return Tally(self.number + 100)

    def function(x: Any, p: Any) -> Any:
        p += 2
        return x + 1, p

    registry = registry_of(Tally)
    assert_alike(run(registry, function, X, Tally(3)), function(X, Tally(3)))


def test_unpacking(registry: Registry) -> None:
    def function(x: Any, p: Any) -> Any:
        one, two, three = p
        first, *rest = p
        return x + 1, one, two, three, first, rest

    assert_alike(run(registry, function, X, Length(3)), function(X, Length(3)))


def test_methods_are_values(registry: Registry) -> None:
    def function(x: Any, a: Any, p: Any) -> Any:
        quantize, make, from_float, scaled = a.quantize, p.make, Decimal.from_float, p.scaled
        return quantize(Decimal(1)), make(2), from_float(0.5), scaled(x), [p.plus(i) for i in p]

    args = X, Decimal("2.5"), Length(3)
    assert_alike(run(registry, function, *args), function(*args))


def test_functions_that_the_value_holds_are_traced() -> None:
    class Recipe:
        def __init__(self) -> None:
            self.activation = torch.relu
            self.scale = lambda tensor: tensor * 2
            self.bias = torch.ones(4)
            self.total = lambda: self.bias.sum()  # in the place of the method

        def total(self) -> Any:
            raise AssertionError

        def apply(self, tensor: torch.Tensor) -> torch.Tensor:
            return self.activation(self.scale(tensor)) + self.bias

    registry = registry_of(Recipe, key=lambda recipe: "one")

    def function(x: Any, v: Any) -> Any:
        return v.apply(x), v.activation(-x), v.total(), v.bias

    value = Recipe()
    assert_alike(run(registry, function, X, value), function(X, value))


# exceptions


def test_exceptions_of_the_value_are_raised_in_the_program(registry: Registry) -> None:
    def function(x: Any, a: Any, p: Any) -> Any:
        caught: list[Any] = []
        attempts: list[Any] = [
            lambda: a / 0,
            lambda: Decimal("abc"),
            lambda: p.broken,
            lambda: a.nope,
            lambda: a.nope(),
            lambda: a[0],
            lambda: a + "x",
            lambda: "x" - a,
            lambda: a < "x",
            lambda: iter(a),
            lambda: len(a),
            lambda: a(3),
            lambda: ~a,
            lambda: a @ a,
            lambda: [1][a],
            lambda: hash(Decimal("sNaN")),
            lambda: {Decimal("sNaN"): 1},
            lambda: Length(1, 2),
            lambda: Length.nope,
            lambda: p.plus(),
        ]
        for attempt in attempts:
            try:
                attempt()
            except ArithmeticError:
                caught.append("arithmetic")
            except AttributeError:
                caught.append("attribute")
            except TypeError:
                caught.append("type")
            except ValueError as error:
                caught.append(error.args)
        return x + 1, caught

    args = X, Decimal("2.5"), Length(3)
    expected = function(*args)
    assert len(expected[1]) == 20
    assert_alike(run(registry, function, *args), expected)


def test_an_uncaught_exception_reaches_the_caller(registry: Registry) -> None:
    def function(x: Any, p: Any) -> Any:
        return x + 1, p.broken

    with pytest.raises(ValueError, match="broken") as raised:
        run(registry, function, X, Length(3), fullgraph=False)
    assert raised.value.args == ("broken", 3)
