"""Texts and inequality of records: those of the record at hand, not of the one that was traced."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from places import Counting, assert_alike

import vartrack
from vartrack import RecordVisitor, Registry
from vartrack.compat import runs_on


class Point:
    __slots__ = ("x", "y")

    def __init__(self, x: int, y: torch.Tensor) -> None:
        self.x = x
        self.y = y

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Point) and self.x == other.x

    def __hash__(self) -> int:
        return hash(self.x)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.x})"


class WithStr(Point):
    __slots__ = ()

    def __str__(self) -> str:
        return f"point {self.x}"


class WithFormat(Point):
    __slots__ = ()

    def __format__(self, spec: str) -> str:
        return f"{spec} {self.x} {{}}"


class Nameless:
    def __init__(self, x: int, y: torch.Tensor) -> None:
        self.x = x
        self.y = y


def registry_of(cls: type) -> Registry:
    registry = vartrack.stock.derive("texts of records")
    attributes = {"types": (cls,), "fields": ("x", "y")}
    registry.register(type("Made", (RecordVisitor,), attributes))
    return registry


def values(cls: Any) -> list[Any]:
    return [cls(number, torch.ones(2)) for number in (2, 3, 2, 4)]


TEXTS = ["str(v)", "repr(v)", "f'{v}'", "f'{v!s}'", "f'{v!r}'", "format(v)", "format(v, '')"]
other = Point(3, torch.ones(2))
COMPARISONS = ["v != v", "v != other", "other != v", "v == other", "v != 3"]


@pytest.mark.parametrize("cls", [Point, WithStr, WithFormat])
@pytest.mark.parametrize("line", [*TEXTS, *COMPARISONS])
def test_what_is_written_in_python_is_traced(line: str, cls: Any) -> None:
    function = eval(f"lambda x, v: (x + 1, {line})", globals())
    backend, x = Counting(), torch.ones(2)
    torch._dynamo.reset()
    # torch puts no symbol into a text
    constants = torch._dynamo.config.patch(automatic_dynamic_shapes=False)
    with vartrack.use(registry_of(cls)), constants:
        compiled = torch.compile(function, backend=backend, fullgraph=True)
        for value in values(cls):
            assert_alike(compiled(x, value), function(x, value))
    # a text may be put off until the graph has run, and be good for all values then
    assert 1 <= backend.graphs <= len({value.x for value in values(cls)})


@pytest.mark.parametrize("line", TEXTS)
def test_a_text_that_shows_where_an_object_is_is_of_that_object_alone(line: str) -> None:
    function = eval(f"lambda x, v: (x + 1, {line})", globals())
    backend, x = Counting(), torch.ones(2)
    torch._dynamo.reset()
    objects = values(Nameless)
    with vartrack.use(registry_of(Nameless)):
        compiled = torch.compile(function, backend=backend, fullgraph=True)
        for value in (*objects, *objects):
            assert_alike(compiled(x, value), function(x, value))
    # before 2.15 torch puts the plain f-string off until the graph has run
    is_put_off = line == "f'{v}'" and runs_on("<2.15")
    assert backend.graphs <= (1 if is_put_off else len(objects))


@pytest.mark.parametrize("line", ["f'{v}'", "f'{v!s} {v}'", "'{} {}'.format(v, 1)", "str(v)"])
def test_it_is_of_the_record_as_the_function_has_left_it(line: str) -> None:
    def set_to(x: torch.Tensor, v: Any) -> Any:
        v.x = v.x + 5
        return x + 1, text(v)

    text = eval(f"lambda v: {line}")
    wanted = [set_to(torch.ones(2), value) for value in values(Point)]
    torch._dynamo.reset()
    with vartrack.use(registry_of(Point)):
        compiled = torch.compile(set_to, backend="eager", fullgraph=True)
        for value, right in zip(values(Point), wanted, strict=True):
            assert_alike(compiled(torch.ones(2), value), right)


class Items:
    def __init__(self, n: int) -> None:
        self.held = {"x": n, "y": torch.ones(2)}

    def keys(self) -> Any:
        return self.held.keys()

    def __getitem__(self, key: str) -> Any:
        return self.held[key]


@pytest.mark.skipif(not runs_on(">=2.13"), reason="torch breaks the graph at a text's operator")
@pytest.mark.parametrize(
    "template, cls",
    [("%s", Point), ("<%r>%%", WithStr), ("%-12r|", Point), ("%d", Point), ("%(x)d%%", Items)],
)
def test_percent_is_filled_in_where_the_program_may_catch_an_error(template: str, cls: Any) -> None:
    def shown(x: torch.Tensor, v: Any) -> Any:
        try:
            return x + 1, template % v
        except TypeError:
            return x - 1

    registry = vartrack.stock.derive("texts by %")
    fields = ("held",) if cls is Items else ("x", "y")
    registry.register(type("Made", (RecordVisitor,), {"types": (cls,), "fields": fields}))
    torch._dynamo.reset()
    made = [Items(2), Items(3)] if cls is Items else values(cls)
    # torch puts no symbol into a text
    constants = torch._dynamo.config.patch(automatic_dynamic_shapes=False)
    with vartrack.use(registry), constants:
        compiled = torch.compile(shown, backend="eager", fullgraph=True)
        for value in made:
            assert_alike(compiled(torch.ones(2), value), shown(torch.ones(2), value))
