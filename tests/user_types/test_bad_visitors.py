"""What cannot work in a visitor of one's own is refused with its name, the reason and the fix."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch._dynamo.exc import Unsupported
from torch._dynamo.source import ConstantSource, EphemeralSource
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

import vartrack
from vartrack import (
    BuilderContext,
    ConstantVisitor,
    MappingVisitor,
    RecordVisitor,
    SnapshotVisitor,
    Sourced,
    Visitor,
    errors,
)

pytestmark = pytest.mark.usefixtures("fresh")


class Thing:
    def __init__(self, number: int = 1) -> None:
        self.number = number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Thing) and self.number == other.number


def made(base: Any, **attributes: Any) -> type[Visitor]:
    return type("Things", (base,), {"types": (Thing,), **attributes})


def call(visitor: type[Visitor], fullgraph: bool = True) -> Any:
    registry = vartrack.stock.derive("bad input")
    registry.register(visitor)
    with vartrack.use(registry):
        function = torch.compile(
            lambda x, v: x + v.number * (v == v), backend="eager", fullgraph=fullgraph
        )
        return function(torch.ones(1), Thing(3))


@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor])
@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"key": "number"}, "has a `key` that cannot be called, 'number'"),
        ({"state": 3}, "has a `state` that cannot be called, 3"),
        ({"impure": "now"}, "has `impure` that is not a tuple of names"),
        ({"impure": (3,)}, "has `impure` that is not a tuple of names"),
    ],
)
def test_attributes_of_the_wrong_kind(base: Any, attributes: Any, words: str) -> None:
    with pytest.raises(errors.VisitorError) as raised:
        made(base, **attributes)
    assert raised.value.code == "VT110"
    assert "The visitor Things" in raised.value.what and words in raised.value.what
    assert "test_bad_visitors.py" in raised.value.what


@pytest.mark.parametrize("name", ["stored", "like_dict", "pure"])
@pytest.mark.parametrize("given", ["_items", 3, (1,), None])
def test_names_of_a_mapping_that_are_none(name: str, given: Any) -> None:
    """A text is gone through letter by letter otherwise."""
    with pytest.raises(errors.VisitorError, match=f"has `{name}` that is not a tuple") as raised:
        type("Dicts", (MappingVisitor,), {"types": (dict,), name: given})
    assert raised.value.code == "VT110"


def test_a_key_of_a_mapping_that_cannot_be_called() -> None:
    with pytest.raises(errors.VisitorError, match="a `key` that cannot be called"):
        type("Dicts", (MappingVisitor,), {"types": (dict,), "key": "_items"})


@pytest.mark.parametrize("fields", [None, 3, (1, 2), iter(["number"])])
def test_fields_that_are_no_names(fields: Any) -> None:
    with pytest.raises(errors.VisitorError) as raised:
        made(RecordVisitor, fields=fields)
    assert raised.value.code == "VT109"


@pytest.mark.parametrize("given", [None, 3, "number", (1,)])
def test_a_function_of_fields_that_gives_no_names(given: Any) -> None:
    visitor = made(RecordVisitor, fields=staticmethod(lambda value: given))
    with pytest.raises(Unsupported, match=r"`fields` gave .* instead of names") as raised:
        call(visitor)
    assert "The visitor Things (" in str(raised.value) and "type " in str(raised.value)
    torch._dynamo.reset()
    assert call(visitor, fullgraph=False).item() == 4


@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor])
@pytest.mark.parametrize(
    ("state", "words"),
    [
        (lambda: 1 / 0, "raised ZeroDivisionError: division by zero"),
        (lambda needed: needed, "raised TypeError"),
        (itertools.count().__next__, "does not give the same twice"),
        (lambda: float("nan"), "does not give the same twice"),
        (lambda: torch.ones(2), "raised RuntimeError"),
    ],
)
def test_a_state_that_says_nothing(base: Any, state: Any, words: str) -> None:
    visitor = made(base, state=staticmethod(state))
    with pytest.raises(Unsupported, match="no usable state") as raised:
        call(visitor)
    assert words in str(raised.value)
    torch._dynamo.reset()
    assert call(visitor, fullgraph=False).item() == 4


def test_what_is_no_registry_is_refused_at_once() -> None:
    for attempt in (vartrack.install, lambda given: vartrack.use(given).__enter__()):
        with pytest.raises(errors.InstallError) as raised:
            attempt("stdlib")  # type: ignore[operator]
        assert raised.value.code == "VT307"
    assert not vartrack.is_installed()


def test_one_name_stands_for_a_list_of_one() -> None:
    registry = vartrack.install(extras="stdlib")
    try:
        assert "Decimals" in {visitor.name for visitor in registry}
    finally:
        vartrack.uninstall()
    with pytest.raises(errors.PluginError, match="There is no plugin 'nobody'"):
        vartrack.install(plugins="nobody")


class Holder:
    number = 1


@pytest.mark.parametrize(
    ("source", "refused"), [(EphemeralSource("gone"), True), (ConstantSource("fixed"), False)]
)
def test_a_constant_that_cannot_be_guarded(source: Any, refused: bool) -> None:
    """It is taken only where it cannot change either."""

    class Holders(Sourced, Visitor):
        types = (Holder,)
        guarded_by = "ID_MATCH"
        one_half = "an argument"

        def children(self, ctx: BuilderContext, value: Holder) -> None:
            BuilderContext(ctx.tx, source, ctx.compile).visit(Thing())

        def tracker(self, ctx: BuilderContext, value: Any, children: Any, **options: Any) -> Any:
            return UserDefinedObjectVariable(value, **options)

    registry = vartrack.stock.derive("places")
    registry.register(Holders)
    registry.register(made(ConstantVisitor))
    with vartrack.use(registry):
        compiled = torch.compile(lambda x, v: x + v.number, backend="eager", fullgraph=True)
        if not refused:
            assert compiled(torch.ones(1), Holder()).item() == 2
            return
        with pytest.raises(Unsupported, match="Things cannot guard a Thing at") as raised:
            compiled(torch.ones(1), Holder())
    assert "no place for a guard" in str(raised.value)
