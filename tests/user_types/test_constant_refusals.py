"""What is done with a constant and cannot be evaluated while tracing breaks the graph by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from compiling import refusal, run
from constant_values import Length, constants, registry_of
from places import assert_alike

import vartrack
from vartrack import Registry

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.arange(4.0)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return constants()


def test_a_result_without_a_form_breaks_the_graph_with_its_name_and_the_fix(
    registry: Registry,
) -> None:
    message = refusal(registry, lambda x, p: (x + 1, p.handle()), X, Length(3))
    module = Length.__module__
    assert f"{module}.Length.handle gives a {module}.Handle" in message
    assert "types = (Handle,)" in message


def test_many_items_are_refused_instead_of_being_worked_out() -> None:
    class Endless:
        def __iter__(self) -> Iterator[int]:
            n = 0
            while True:
                yield n
                n += 1

    message = refusal(registry_of(Endless), lambda x, v: x + next(iter(v)), X, Endless())
    assert "Endless.__iter__ gives more than 10000 items" in message


@pytest.mark.parametrize(
    "function",
    [
        lambda x, p: (x + 1, p.noise()),
        lambda x, p: (x + 1, p.age),
        lambda x, p: (x + 1, getattr(p, "age")),  # noqa: B009
        lambda x, p: (x + 1, (lambda noise: noise())(p.noise)),
        lambda x, p: (x + 1, Length.noise(p)),
        lambda x, p: (x + 1, type(p).noise(p)),
    ],
)
def test_what_is_impure_is_never_folded(function: Any, registry: Registry) -> None:
    message = refusal(registry, function, X, Length(3))
    assert "Length.noise depends on more" in message or "Length.age depends on more" in message
    with vartrack.use(registry):
        compiled = torch.compile(function, backend="eager")
        assert compiled(X, Length(3))[1] != compiled(X, Length(3))[1]


@pytest.mark.parametrize("text", ["str(v)", "repr(v)", "format(v, '')", "v.__str__()"])
def test_an_impure_operator_is_never_folded(text: str) -> None:
    impure = ("__str__", "__repr__", "__format__")
    registry = registry_of(Length, impure=impure)
    namespace = dict(globals())
    exec(f"def function(x, v): y = {text}; return x + (1 if y else 0)", namespace)
    refusal(registry, namespace["function"], X, Length(3))


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x, p: setattr(p, "number", 4) or x + 1, "Length"),
        (lambda x, p: p.__setattr__("number", 4) or x + 1, "Length.__setattr__ would change"),
        (lambda x, p: p.fill([]) or x + 1, "Length.fill changes an operand, a list"),
        (lambda x, p: x * p, "Convert it, as with float"),
        (lambda x, p: p[x], "__getitem__ got an operand that is not known"),
    ],
)
def test_what_cannot_be_evaluated_is_refused(function: Any, words: str, registry: Registry) -> None:
    value = Length(3)
    assert words in refusal(registry, function, X, value)
    assert value.number == 3


def test_a_list_that_the_value_keeps_is_read_where_it_is() -> None:
    class Table:
        def __init__(self) -> None:
            self.rows = [1, 2]

        def all(self) -> list[int]:
            return self.rows

    registry = registry_of(Table, key=lambda table: tuple(table.rows))

    def function(x: Any, table: Any) -> Any:
        table.rows.append(3)
        return x + len(table.rows), table.rows

    one, other = Table(), Table()
    assert_alike(run(registry, function, X, one), function(X, other))
    assert one.rows == other.rows == [1, 2, 3]
    message = refusal(registry, lambda x, table: x + len(table.all()), X, one)
    assert "Table.all gives a list that is kept elsewhere and may change" in message
