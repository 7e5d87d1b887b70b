"""The set for attrs: classes with and without slots, frozen ones, converters and validators."""

from __future__ import annotations

import copy
from typing import Any

import attrs
import pytest
import torch
from package_values import RECORDS, Point, Programs, Struct, changing_record, use_record
from places import PLACES, compare_with_eager

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.arange(4.0)


@attrs.frozen
class FrozenPoint:
    x: Any
    n: int = attrs.field(default=2, validator=attrs.validators.instance_of(int))


@attrs.define(slots=False, order=True)
class OpenPoint:
    n: int
    x: Any = attrs.field(default=None, order=False)

    def __attrs_post_init__(self) -> None:
        self.n += 100


@attrs.define
class Loose:
    x: Any
    n: Any = 2


programs = Programs("attrs", attrs, copy, Point, FrozenPoint, OpenPoint, Struct)


@pytest.mark.parametrize("place", PLACES)
def test_one_graph_for_each_content_in_every_place(place: str) -> None:
    assert compare_with_eager(programs.registry, use_record, changing_record(Loose)(), place) == 2


COMMON = {
    "attrs": (lambda: OpenPoint(1, torch.ones(4)), RECORDS),
    "attrs slots": (lambda: Point(torch.ones(4), 3), RECORDS[:-1]),
}


@pytest.mark.parametrize(
    ("case", "text"), [(case, text) for case, (_, texts) in COMMON.items() for text in texts]
)
def test_records(case: str, text: str) -> None:
    programs.check(text, COMMON[case][0])


ATTRS = """
v.area(), v.double
Point(x, "7").n, Point(x, "7").rest, Point(x, n=4, rest=[1]).area()
Point(x)
FrozenPoint(x, 4).n, FrozenPoint(x)
OpenPoint(1, x).n
p = OpenPoint(1); p.x = x; p.n += 1; return p, p.n
attrs.evolve(v, n="9"), attrs.evolve(v, x=x * 2).x, v.n
attrs.asdict(v), attrs.astuple(v)
[field.name for field in attrs.fields(type(v))]
v.n = "5"; return v.n, v
Point(1) == Point(1), Point(1) == Point(2), Point(1) != 3, Point(1, 3) == Point(1, "3")
OpenPoint(1) < OpenPoint(2), OpenPoint(1) >= OpenPoint(1)
FrozenPoint("a") == FrozenPoint("a"), {FrozenPoint("a"): 1}[FrozenPoint("a")]
""".strip().splitlines()


@pytest.mark.parametrize("text", ATTRS)
def test_attrs(text: str) -> None:
    programs.check(text, lambda: Point(torch.ones(4), 3))


def test_attrs_nested_and_without_a_value_yet() -> None:
    def make() -> Any:
        inner = Point.__new__(Point)
        object.__setattr__(inner, "n", 4)
        return Point(inner, 3)

    values = [make(), make(), Point(Point(1), 3)]
    function = programs.function("x + v.x.n + v.n, hasattr(v.x, 'x'), v.x is v")
    assert compare_with_eager(programs.registry, function, values) == 2


def test_attrs_refuses_what_frozen_classes_refuse() -> None:
    for text in ("v.n = 3; return x", "del v.n; return x"):
        programs.check_refused(text, lambda: FrozenPoint(X), "FrozenInstanceError")
