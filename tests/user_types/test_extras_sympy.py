"""The sympy set: numbers, symbols and expressions beside torch alone, and symbolic shapes as ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sympy
import torch
from beside_torch import assert_refused, assert_right, outcome, registry_with
from places import Counting
from sympy.core.parameters import global_parameters

import vartrack
from vartrack import Registry

pytestmark = pytest.mark.usefixtures("fresh")

A, B = sympy.symbols("a b")
HALF = sympy.Rational(1, 2)
Program = tuple[Callable[..., Any], Callable[[], Any]]


@pytest.fixture(scope="module")
def registry() -> Registry:
    return registry_with("sympy")


def integers(*numbers: int) -> Callable[[], list[sympy.Integer]]:
    return lambda: [sympy.Integer(number) for number in numbers]


SEVERAL = integers(*range(2, 9))
MANY = integers(*range(2, 14))


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """torch itself reckons with sympy, and must find its settings."""
    yield
    global_parameters.evaluate = True


def evaluating() -> Iterator[Any]:
    for evaluate in (True, False, True):
        global_parameters.evaluate = evaluate
        yield sympy.Integer(2)


RIGHT: dict[str, Program] = {
    "carried": (lambda x, v: (x, v), MANY),
    "expressions carried": (lambda x, v: [v], lambda: [A + n for n in range(2, 14)]),
    "is None": (lambda x, v: x if v is None else -x, MANY),
    "isinstance": (lambda x, v: isinstance(v, sympy.Expr), MANY),
    "int": (lambda x, v: x * int(v), SEVERAL),
    "float of an integer": (lambda x, v: x * float(v), SEVERAL),
    "truth": (lambda x, v: x if v else -x, integers(0, 1, 2, 0, 3)),
    "compared": (lambda x, v: x if v > 3 else -x, SEVERAL),
    "equal": (lambda x, v: (v == 3, v != 2), SEVERAL),
    "calculated": (lambda x, v: x * int(v * v - 2 + (3 - v)), SEVERAL),
    "a new number": (lambda x, v: v * v - 2, SEVERAL),
    "other numbers": (
        lambda x, v: (v + A, v + HALF, v * 1.5, 2**v, v / 3, v // 2, v % 3, -v, abs(v)),
        integers(5, 7, 0, 1),
    ),
    "answers are those of sympy": (
        lambda x, v: (v == 2.0, v == True, v < HALF * 5, v != A, v >= 2),  # noqa: E712
        integers(2, 3, 1),
    ),
    "large": (lambda x, v: (float(v), int(v)), integers(2**60 + 1, 2**53 + 1, 10**30)),
    "parts": (
        lambda x, v: x * v.p / v.q + v.numerator,
        lambda: [sympy.Rational(n, 13) for n in range(2, 8)],
    ),
    "float": (
        lambda x, v: x * float(v),
        lambda: [HALF, sympy.Rational(1, 3), sympy.pi, sympy.Float("0.5"), sympy.Float("0.25")],
    ),
    "precision": (
        lambda x, v: str(v),
        lambda: [sympy.Float("0.5", 5), sympy.Float("0.5", 30), sympy.Float("0.5", 5)],
    ),
    "names": (
        lambda x, v: (v.name, str(v)),
        lambda: [A, B, sympy.Symbol("a", positive=True)],
    ),
    "assumptions": (
        lambda x, v: (v.is_positive, v.is_integer),
        lambda: [A, B, sympy.Symbol("a", positive=True), sympy.Integer(2)],
    ),
    "key of a dict": (lambda x, v: {A: 1, B: 2}.get(v), lambda: [A, B, A, sympy.Symbol("c")]),
    "in a set and a list": (
        lambda x, v: (v in {A, B}, v in [A, B]),
        lambda: [A, sympy.Symbol("b"), sympy.Symbol("c")],
    ),
    "free symbols": (
        lambda x, v: sorted(symbol.name for symbol in v.free_symbols),
        lambda: [A + 1, A + B, A * B],
    ),
    "subs": (lambda x, v: x * float(v.subs({A: 2})), lambda: [A + 1, A * 3]),
    "subs in a loop": (
        lambda x, v: sum((x * float(v.subs(A, n)) for n in range(3)), x),
        lambda: [A**2, A + 1],
    ),
    "diff": (lambda x, v: x * float(v.diff(A).subs(A, 3)), lambda: [A**2, A * 3]),
    "structure": (lambda x, v: (v.args, v.func.__name__, str(v)), lambda: [A + 1, A * B]),
    "is": (lambda x, v: (v is sympy.S.One, v is sympy.S.Zero), integers(1, 0, 2)),
    "relation": (lambda x, v: str(v > 1), lambda: [A, B]),
    "made of a number": (lambda x, v: x * int(sympy.Integer(v) + 1), lambda: [*range(2, 9)]),
    "unknown functions": (
        lambda x, v: (str(v), v.func.__name__),
        lambda: [sympy.Function("f")(A), sympy.Function("f")(B), sympy.Function("g")(A)],
    ),
    "matrix": (
        lambda x, v: x * float(v[0, 1]),
        lambda: [sympy.ImmutableMatrix([[1, 2]]), sympy.ImmutableMatrix([[1, 3]])],
    ),
    "settings": (lambda x, v: str(v + 1), evaluating),
    "dummies": (lambda x, v: v == A, lambda: [sympy.Dummy("a"), sympy.Dummy("a"), A]),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_and_no_dearer_than_with_torch_alone(registry: Registry, name: str) -> None:
    assert_right(registry, *RIGHT[name])


def test_a_number_has_to_be_converted_for_a_tensor(registry: Registry) -> None:
    message = outcome(registry, lambda x, v: x * v, integers(2)).detail
    assert "Integer is an operand of a tensor operation" in message
    assert "float(value)" in message


def test_the_truth_of_a_relation_is_sympys_error(registry: Registry) -> None:
    assert_refused(registry, lambda x, v: x if v else -x, lambda: [A > 1], "")


class Doubled(sympy.Function):
    """A class of the program's, which is left to torch."""

    def factor(self) -> int:
        return FACTOR


FACTOR = 2


def test_a_class_of_the_program_is_traced(registry: Registry) -> None:
    def values() -> Iterator[Any]:
        global FACTOR
        for factor in (2, 3, 2):
            FACTOR = factor
            yield Doubled(A)

    assert_right(registry, lambda x, v: x * v.factor(), values)


@pytest.mark.parametrize("dynamic", [True, None])
def test_symbolic_shapes_are_as_ever(registry: Registry, dynamic: bool | None) -> None:
    """torch makes its symbols with sympy, and must not meet this set."""
    expression = A**2 + 1

    def with_sympy(x: torch.Tensor, v: Any) -> Any:
        y = x.reshape(-1, 2) if x.shape[0] % 2 == 0 else x
        return y * float(expression.subs(A, 3)) + int(v) + x.shape[0], x.size(0) * 2

    def without(x: torch.Tensor, v: int) -> Any:
        y = x.reshape(-1, 2) if x.shape[0] % 2 == 0 else x
        return y * 10.0 + v + x.shape[0], x.size(0) * 2

    counts = []
    for function, number, chosen in ((with_sympy, sympy.Integer, registry), (without, int, None)):
        torch._dynamo.reset()
        backend = Counting()
        with vartrack.use(chosen):
            run = torch.compile(function, backend=backend, dynamic=dynamic, fullgraph=True)
            for size in (4, 6, 8, 10, 7, 9):
                for factor in (3, 5):
                    x, v = torch.ones(size), number(factor)
                    assert torch.equal(run(x, v)[0], function(x, v)[0])
        counts.append(backend.graphs)
    assert counts[0] == counts[1]


def test_a_symbolic_size_goes_into_an_expression(registry: Registry) -> None:
    def function(x: torch.Tensor, v: Any) -> Any:
        return x.sum() * float(v.subs(A, x.shape[0]))

    with vartrack.use(registry):
        run = torch.compile(function, backend="eager", dynamic=True, fullgraph=True)
        for size in (4, 6, 4):
            assert torch.equal(run(torch.ones(size), A + 1), function(torch.ones(size), A + 1))


def test_on_sound_what_the_type_says_of_a_number_takes_no_graph_for_each() -> None:
    """What looks at the class of an object reads nothing of the object."""

    def use(x: torch.Tensor, v: Any) -> torch.Tensor:
        return x + (1 if v.is_integer else 0)

    def values() -> list[Any]:
        return [sympy.Integer(2), sympy.Rational(1, 2), sympy.Integer(3), sympy.Integer(2)]

    registry = vartrack.sound.derive("sound with sympy")
    vartrack.extras.load("sympy").register(registry)
    ours, alone = outcome(registry, use, values), outcome(None, use, values)
    assert ours.status == "right", ours
    assert ours.graphs <= alone.graphs, (ours, alone)
