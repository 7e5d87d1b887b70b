"""Texts of constants and snapshots: those of eager, or a graph break; never a stale address."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from places import Counting, assert_alike
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import ConstantVisitor, Registry, SnapshotVisitor

X = torch.arange(4.0)


class Nameless:
    """Has no text of its own, so Python shows where it is."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Nameless) and self.number == other.number

    def __lt__(self, other: Any) -> bool:
        return bool(self.number < other.number)

    def __hash__(self) -> int:
        return hash(self.number)

    def told(self, other: Any) -> str:
        return f"{self.number}: {other}"

    def listed(self) -> list[str]:
        return [repr(self)]


class Holder:
    """Its text shows where a part of it is."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.part = Nameless(number)

    def __repr__(self) -> str:
        return f"Holder({self.number}, {object.__repr__(self.part)})"


class Braces:
    """Has a text for each occasion."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Braces) and self.number == other.number

    def __hash__(self) -> int:
        return hash(self.number)

    def __format__(self, spec: str) -> str:
        return f"formatted by {spec!r} {{}}"

    def __str__(self) -> str:
        return "%s {missing}"

    def __repr__(self) -> str:
        return f"Bräces({self.number})"


TEXTS = """str(v) | repr(v) | ascii(v) | format(v) | format(v, "") | f"{v}" | f"{v!r}" | f"{v!s}"
    f"{v!a}" | f"{v} {x.shape}" | "{}".format(v) | "%s" % v | "%s %d" % (v, 1) | "%r" % [v]
    "%(v)s" % {"v": v} | "%s" % ((v,),) | str([v]) | str((v,)) | str({1: v}) | str({v: 1})
    f"{[v]}" | f"{ {1: v} }" | "{}".format({v: 1}) | repr([v]) | [v].__repr__() | (v,).__str__()
    "%s".__mod__(v) | v.__repr__() | v.__str__() | v.__format__("") | " ".join(map(str, [v]))"""
LINES = [line.strip() for lines in TEXTS.splitlines() for line in lines.split(" | ")]
KINDS = {
    "constant": (Nameless, ConstantVisitor, {}),
    "constant with a key": (
        Nameless,
        ConstantVisitor,
        {"key": staticmethod(lambda value: value.number)},
    ),
    "snapshot": (Nameless, SnapshotVisitor, {}),
    "snapshot that shows a part": (Holder, SnapshotVisitor, {}),
    "constant with texts of its own": (Braces, ConstantVisitor, {}),
}


def registry_of(kind: str) -> Registry:
    cls, base, attributes = KINDS[kind]
    registry = vartrack.stock.derive(kind)
    registry.register(type("Made", (base,), {"types": (cls,), **attributes}))
    return registry


def function_of(line: str) -> Any:
    return eval(f"lambda x, v: (x + 1, {line})", globals())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("line", LINES)
def test_a_text_is_that_of_the_value_at_hand(line: str, kind: str) -> None:
    function, cls = function_of(line), KINDS[kind][0]
    torch._dynamo.reset()
    with vartrack.use(registry_of(kind)):
        compiled = torch.compile(function, backend="eager")
        for value in (cls(1), cls(1), cls(2)):
            assert_alike(compiled(X, value), function(X, value))


@pytest.mark.parametrize("line", LINES)
def test_a_text_without_an_address_needs_no_graph_break(line: str) -> None:
    function, backend = function_of(line), Counting()
    torch._dynamo.reset()
    try:
        with vartrack.use(None):
            torch.compile(function, backend="eager", fullgraph=True)(X, "a constant of torch's")
    except Unsupported:
        pytest.skip("this torch breaks the graph for a string as well")
    torch._dynamo.reset()
    with vartrack.use(registry_of("constant with texts of its own")):
        compiled = torch.compile(function, backend=backend, fullgraph=True)
        for value in (Braces(1), Braces(1), Braces(2)):
            assert_alike(compiled(X, value), function(X, value))
    assert len({str(function(X, Braces(n))[1]) for n in (1, 2)}) <= backend.graphs <= 2


def test_a_text_with_an_address_in_it_is_put_together_at_each_call() -> None:
    """By a method that the user wrote, which is traced."""
    function = function_of("v.told(v)")
    torch._dynamo.reset()
    with vartrack.use(registry_of("constant")):
        compiled = torch.compile(function, backend="eager", fullgraph=True)
        for value in (Nameless(1), Nameless(1), Nameless(2)):
            assert_alike(compiled(X, value), function(X, value))


@pytest.mark.parametrize("line", ["str(v)", '"%s" % v', "v.listed()", "ascii([v])"])
def test_the_graph_break_says_what_shows_an_address_and_what_to_do(line: str) -> None:
    torch._dynamo.reset()
    with vartrack.use(registry_of("constant")), pytest.raises(Unsupported) as raised:
        torch.compile(function_of(line), backend="eager", fullgraph=True)(X, Nameless(1))
    assert "shows the address of an object" in str(raised.value)
    assert "Give Nameless a __repr__ of its own." in str(raised.value)


@pytest.mark.parametrize(
    "line",
    [
        "sorted([v, other])[0].number",
        "max(v, other).number",
        "[other].count(v)",
        "v in [other]",
        "{v: 1}.get(other)",
        "f'{v.number}'",
        "other.number in [v.number]",
        "str(type(v))",
    ],
)
def test_what_needs_no_text_needs_no_graph_break(line: str) -> None:
    function, backend = function_of(line), Counting()
    torch._dynamo.reset()
    with vartrack.use(registry_of("constant")):
        compiled = torch.compile(function, backend=backend, fullgraph=True)
        for value in (Nameless(1), Nameless(1), Nameless(2)):
            assert_alike(compiled(X, value), function(X, value))
    # its type is all that the last line depends on
    assert backend.graphs == (1 if "type" in line else 2)


other = Nameless(1)
