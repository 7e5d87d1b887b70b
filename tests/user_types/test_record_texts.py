"""Texts and inequality of records: those of the record at hand, not of the one that was traced."""

from __future__ import annotations

import collections.abc
import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from places import Counting, assert_alike
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import MappingVisitor, RecordVisitor, Registry
from vartrack.compat import runs_on
from vartrack.core.texts.articles import with_article


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


@dataclasses.dataclass
class Shown:
    x: int
    y: torch.Tensor


@dataclasses.dataclass
class ShownWithin:
    x: int
    y: Any


class Frozen(collections.abc.Mapping[str, Any]):
    def __init__(self, x: int, y: Any) -> None:
        self.held = {"x": x, "y": [y]}

    def __getitem__(self, key: str) -> Any:
        return self.held[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.held)

    def __len__(self) -> int:
        return len(self.held)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.held!r})"


class OpenDict(dict[str, Any]):
    def __init__(self, x: int, y: Any) -> None:
        super().__init__(x=x, y=y)


def registry_with_tensors() -> Registry:
    registry = vartrack.stock.derive("texts with tensors")
    fields = {"types": (Shown, ShownWithin), "fields": ("x", "y")}
    registry.register(type("Records", (RecordVisitor,), fields))
    mappings = {"types": (Frozen, OpenDict), "stored": ("held",)}
    registry.register(type("Mappings", (MappingVisitor,), mappings))
    return registry


def with_tensors(cls: Any) -> list[Any]:
    parts = [(2, torch.ones(2)), (3, torch.ones(2)), (3, torch.zeros(2)), (3, 1)]
    inner = [Shown(x, y) if torch.is_tensor(y) else y for x, y in parts]
    return [
        cls(x, part if cls is ShownWithin else y) for (x, y), part in zip(parts, inner, strict=True)
    ]


@pytest.mark.skipif(not runs_on(">=2.13"), reason="torch asks no tracker for most texts")
@pytest.mark.parametrize("cls", [Shown, ShownWithin, Frozen, OpenDict])
@pytest.mark.parametrize("line", [*TEXTS, "f'{v!r} and {v}'", "'{} {!r}'.format(v, v)"])
def test_a_text_that_shows_tensors_is_made_when_the_graph_has_run(line: str, cls: Any) -> None:
    """torch gives the text of the first value for ever, or breaks the graph."""
    function = eval(f"lambda x, v: (x + 1, {line})", globals())
    backend, x = Counting(), torch.ones(2)
    torch._dynamo.reset()
    with vartrack.use(registry_with_tensors()):
        compiled = torch.compile(function, backend=backend, fullgraph=True)
        for value in with_tensors(cls)[:-1]:
            assert_alike(compiled(x, value), function(x, value))
        assert backend.graphs <= 2
        value = with_tensors(cls)[-1]
        assert_alike(compiled(x, value), function(x, value))


@pytest.mark.skipif(not runs_on(">=2.13"), reason="torch asks no tracker for most texts")
@pytest.mark.parametrize("cls", [Shown, Frozen, OpenDict])
@pytest.mark.parametrize(
    "line",
    [
        *("len(str(v))", "str(v) == 'a'", "'x' in str(v)", "{str(v): x}", "str(v).upper()"),
        *("str(v)[0]", "[*str(v)]", "1 if repr(v) else 2", "repr(v) + 'x'"),
    ],
)
def test_a_text_that_shows_tensors_is_not_needed_before(line: str, cls: Any) -> None:
    function = eval(f"lambda x, v: (x + 1, {line})", globals())
    torch._dynamo.reset()
    with vartrack.use(registry_with_tensors()):
        compiled = torch.compile(function, backend="eager", fullgraph=True)
        needed = f"text of {with_article(cls)} is needed while tracing"
        with pytest.raises(Unsupported, match=needed):
            compiled(torch.ones(2), with_tensors(cls)[0])
        compiled = torch.compile(function, backend="eager")
        for value in with_tensors(cls):
            assert_alike(compiled(torch.ones(2), value), function(torch.ones(2), value))


@pytest.mark.skipif(not runs_on(">=2.13"), reason="torch breaks the graph at a text's operator")
@pytest.mark.parametrize("template", ["%d", "%s", "%5d|%-5s", "%(a)d %(b)s"])
def test_percent_takes_numbers_that_are_symbols(template: str) -> None:
    """torch says of those that a text has no such operator."""

    def shown(x: torch.Tensor, number: int) -> Any:
        operands: Any = {"a": number, "b": number + 1}
        if "(" not in template:
            operands = (number, number + 1)[: template.count("%")]
        return x + 1, template % operands

    torch._dynamo.reset()
    with vartrack.use(registry_with_tensors()):
        compiled = torch.compile(shown, backend="eager", fullgraph=True)
        for number in (2, 3, 4, 3):
            assert_alike(compiled(torch.ones(2), number), shown(torch.ones(2), number))


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
