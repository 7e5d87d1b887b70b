"""Tuples and frozen sets with methods of their own under `RecordVisitor`, beside torch alone."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import pytest
import torch
from beside_torch import outcome

import vartrack
from vartrack import RecordVisitor
from vartrack.compat.behaviour import ASKS_OWN_CONTAINERS

pytestmark = pytest.mark.skipif(not ASKS_OWN_CONTAINERS, reason="torch passes by what they have")


def held(cls: Any, items: Any, cur: str) -> Any:
    new = cls.__new__(cls, items)
    new.cur = cur
    return new


class Shown:
    cur: str

    def __format__(self, spec: str) -> str:
        return f"{self.cur}<{spec}>"


class Short:
    cur: str

    def __len__(self) -> int:
        return len(self.cur)


class Has:
    cur: str

    def __contains__(self, item: Any) -> bool:
        return bool(item == self.cur)


class Equal:
    cur: str

    def __eq__(self, other: Any) -> bool:
        return self.cur == getattr(other, "cur", other)

    def __hash__(self) -> int:
        return len(self.cur)


class Reduced:
    cur: str

    def __reduce__(self) -> Any:
        return held, (type(self), tuple(self), self.cur)  # type: ignore[call-overload]


class Goes:
    cur: str

    def __iter__(self) -> Any:
        return iter((self.cur, "z"))


class Pair(NamedTuple):
    one: Any
    other: Any

    def __format__(self, spec: str) -> str:
        return f"{self.one}<{spec}>"

    def __contains__(self, item: Any) -> bool:
        return bool(item == "EUR")


def classes() -> list[type]:
    tuples = [type(f"{m.__name__}Tuple", (m, tuple), {}) for m in (Shown, Has, Reduced, Goes)]
    return [
        *tuples,
        *(type(f"{m.__name__}Set", (m, frozenset), {}) for m in (Short, Equal, Goes)),
        Pair,
    ]


def _copied(x: torch.Tensor, v: Any) -> Any:
    return copy.copy(v)


USES: list[Any] = [
    lambda x, v: (len(v), 1 in v, "EUR" in v, 1 if v else 2, list(v), [*v]),
    lambda x, v: (v == (1, 2), v == frozenset((1, 2)), v == v, hash(v)),
    lambda x, v: f"{v:>9}",
    _copied,
    lambda x, v: x * max(v),
]
SEQUENCE_USES: list[Any] = [lambda x, v: (v[0], v[:1], v + v, v * 2, v.count(1))]


@pytest.mark.filterwarnings("ignore::vartrack.errors.VisitorWarning")
@pytest.mark.parametrize("cls", classes(), ids=lambda cls: cls.__name__)
def test_no_use_is_worse_than_with_torch_alone(cls: Any) -> None:
    fields = ("one", "other") if cls is Pair else ("cur",)
    registries = [start.derive("containers") for start in (vartrack.stock, vartrack.sound)]
    for registry in registries:
        registry.register(type("Fields", (RecordVisitor,), {"types": (cls,), "fields": fields}))

    def values() -> list[Any]:
        if cls is Pair:
            return [Pair(1, 2), Pair(3, 4)]
        return [held(cls, (1, 2), "EUR"), held(cls, (3, 4), "USDX")]

    uses = USES + (SEQUENCE_USES if issubclass(cls, tuple) else [])
    if cls.__name__ == "GoesSet":
        uses = [use for use in uses if use is not _copied]  # `sound` refuses a copy of any set
    for use in uses:
        alone = outcome(None, use, values)
        for registry in registries:
            ours = outcome(registry, use, values)
            assert ours.rank <= alone.rank, (ours, alone)
            assert alone.status != "right" or ours.graphs <= alone.graphs, (ours, alone)


@pytest.mark.filterwarnings("ignore::vartrack.errors.VisitorWarning")
def test_what_such_a_class_says_itself_is_asked() -> None:
    cls = type("ShownTuple", (Shown, tuple), {})
    registry = vartrack.stock.derive("containers")
    registry.register(type("Fields", (RecordVisitor,), {"types": (cls,), "fields": ("cur",)}))

    def use(x: torch.Tensor, v: Any) -> Any:
        return f"{v:>3}", len(v), x * v[0]

    found = outcome(registry, use, lambda: [held(cls, (1,), "EUR"), held(cls, (2,), "USD")])
    assert found.status == "right", found


class First:
    """Has an item of its own, so that torch does not find those that are stored."""

    def __getitem__(self, index: Any) -> Any:
        return "first"


@pytest.mark.filterwarnings("ignore::vartrack.errors.VisitorWarning")
@pytest.mark.parametrize("kind", [dict, list, tuple])
def test_how_many_items_there_are_is_said_by_the_container(kind: type) -> None:
    cls: Any = type(f"First{kind.__name__.title()}", (First, kind), {})
    registries = [start.derive("containers") for start in (vartrack.stock, vartrack.sound)]
    for registry in registries:
        registry.register(type("Fields", (RecordVisitor,), {"types": (cls,)}))

    def values() -> list[Any]:
        items = [(), (1, 2), (3, 4), (3, 4, 5)]
        return [cls(zip(each, each, strict=True)) if kind is dict else cls(each) for each in items]

    for use in (lambda x, v: (len(v), v.__len__()), lambda x, v: (bool(v), not v, 1 if v else 2)):
        alone = outcome(None, use, values)
        for registry in registries:
            ours = outcome(registry, use, values)
            assert ours.status == "right", ours
            assert alone.status != "right" or ours.graphs <= alone.graphs, (ours, alone)
