"""Slots that hold nothing, and attributes that are deleted: Python asks `__getattr__` then."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import attrs
import pytest
import torch
from beside_torch import Outcome, outcome, registry_with

import vartrack
from vartrack import RecordVisitor, SnapshotVisitor


@attrs.define
class Plan:
    """Attrs makes a `__getattr__` for it, which fills the slot of the cached property."""

    x: float = 1.0
    y: int = 2

    @functools.cached_property
    def twice(self) -> int:
        return self.y * 2


class Slotted:
    """Says itself what an empty slot gives."""

    __slots__ = ("x", "y")

    def __init__(self, x: float = 1.0) -> None:
        self.x = x
        self.y = 2

    def __getattr__(self, name: str) -> Any:
        if name == "x":
            return 5.0
        raise AttributeError(name)

    def __repr__(self) -> str:
        return f"Slotted({self.y})"


class Computed:
    """Deleting its attribute is code of its own."""

    def __init__(self) -> None:
        self._x = 1.0
        self.y = 2

    @property
    def x(self) -> float:
        return self._x

    @x.deleter
    def x(self) -> None:
        del self._x

    def __repr__(self) -> str:
        return f"Computed({vars(self)})"


def deleted(x: torch.Tensor, v: Any) -> Any:
    del v.x
    return hasattr(v, "x")


def caught(x: torch.Tensor, v: Any) -> Any:
    try:
        del v.x
    except AttributeError as error:
        return str(error)
    return hasattr(v, "x"), v.y


def read(x: torch.Tensor, v: Any) -> Any:
    return x * v.x


def read_after(x: torch.Tensor, v: Any) -> Any:
    del v.x
    return x * v.x


def cached(x: torch.Tensor, v: Any) -> Any:
    return x * v.twice


def emptied(value: Any) -> Any:
    del value.x
    return value


def plans() -> list[Any]:
    return [Plan(), Plan(), Plan(2.0, 3), Plan(1.0, 5)]


def slotted() -> list[Any]:
    return [Slotted(), Slotted(), emptied(Slotted()), Slotted(2.0)]


def computed() -> list[Any]:
    return [Computed(), Computed(), Computed()]


def full() -> list[Any]:
    return [Slotted(), Slotted(3.0)]


@attrs.define(repr=False)
class Bare:
    """The same without a text, which an object without `x` has not."""

    x: float = 1.0
    y: int = 2

    @functools.cached_property
    def twice(self) -> int:
        return self.y * 2

    def __repr__(self) -> str:
        return f"Bare({self.y})"


def bare() -> list[Any]:
    return [Bare(), Bare(), Bare(2.0, 3)]


def with_an_empty_one() -> list[Any]:
    return [*bare(), emptied(Bare()), Bare()]


CASES = [
    (deleted, bare),
    (deleted, full),
    (deleted, computed),
    (caught, with_an_empty_one),
    (caught, slotted),
    (caught, computed),
    (read, slotted),
    (read_after, full),
]


def registry(base: Any, cls: type) -> vartrack.Registry:
    given: dict[str, Any] = {"types": (cls,)}
    if base is RecordVisitor:
        given["fields"] = ("y",)
    made = vartrack.stock.derive("slots")
    made.register(type("Slots", (base,), given))
    return made


@pytest.mark.parametrize("base", [RecordVisitor, SnapshotVisitor])
@pytest.mark.parametrize(
    ("program", "values"), CASES, ids=[f"{one.__name__}-{of.__name__}" for one, of in CASES]
)
def test_bases(program: Any, values: Callable[[], list[Any]], base: Any) -> None:
    _assert_right(registry(base, type(values()[0])), program, values)


@pytest.mark.parametrize(
    ("program", "values"),
    [(deleted, bare), (caught, with_an_empty_one), (cached, plans), (str, plans)],
    ids=["deleted", "caught", "cached", "text"],
)
def test_attrs(program: Any, values: Callable[[], list[Any]]) -> None:
    asked = (lambda x, v: str(v)) if program is str else program
    _assert_right(registry_with("attrs"), asked, values)


@pytest.mark.parametrize("base", [RecordVisitor, SnapshotVisitor])
def test_text_of_attrs_under_a_base(base: Any) -> None:
    _assert_right(registry(base, Plan), lambda x, v: str(v), plans)


def _assert_right(made: vartrack.Registry, program: Any, values: Callable[[], list[Any]]) -> None:
    ours = outcome(made, program, values)
    assert ours.status == "right", ours
    alone: Outcome = outcome(None, program, values)
    assert alone.status != "right" or ours.graphs <= alone.graphs, (ours, alone)
