"""What is done with a constant and cannot be evaluated while tracing breaks the graph by name."""

from __future__ import annotations

import datetime
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


def test_a_result_without_a_form_breaks_the_graph_with_its_name_and_the_fix() -> None:
    registry = registry_of(datetime.datetime)
    moment = datetime.datetime(2020, 1, 2)
    message = refusal(registry, lambda x, v: (x + 1, v.date()), X, moment)
    assert "datetime.datetime.date gives a datetime.date" in message
    assert "types = (date,)" in message


def test_many_items_are_refused_instead_of_being_worked_out() -> None:
    class Numbers(list[int]):
        pass

    registry = registry_of(Numbers)
    message = refusal(registry, lambda x, v: x + next(v.__reversed__()), X, Numbers(range(20_000)))
    assert "Numbers.__reversed__ gives more than 10000 items" in message


def test_a_generator_of_the_users_is_traced_as_far_as_it_is_asked() -> None:
    class Endless:
        def __iter__(self) -> Iterator[int]:
            n = 0
            while True:
                yield n
                n += 1

    def function(x: Any, v: Any) -> Any:
        items = iter(v)
        return x + next(items) + next(items)

    assert_alike(run(registry_of(Endless), function, X, Endless()), function(X, Endless()))


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


def test_an_operand_of_a_tensor_operation_is_refused(registry: Registry) -> None:
    assert "Convert it, as with float" in refusal(registry, lambda x, p: x * p, X, Length(3))


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
    assert_alike(run(registry, lambda x, table: x + len(table.all()), X, one), X + 3)
