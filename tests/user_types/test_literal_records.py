"""Numbers, texts and tuples of classes with fields and special methods, under `RecordVisitor`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import outcome
from torch._dynamo.guards import GuardBuilder

import vartrack
from vartrack import RecordVisitor

pytestmark = pytest.mark.skipif(
    not hasattr(GuardBuilder, "CONSTANT_SUBCLASS_MATCH"), reason="torch has no tracker for them"
)


class Money(float):
    cur: str

    def __repr__(self) -> str:
        return f"Money({float(self)}, {self.cur})"

    def __add__(self, other: Any) -> Any:
        return float(self) + float(other)

    def __bool__(self) -> bool:
        return self.cur == "EUR"

    def doubled(self) -> float:
        return self * 2

    def label(self) -> str:
        return self.cur + "!"

    @property
    def cents(self) -> float:
        return float(self) * 100


class Rate(float):
    cur: str

    def __rsub__(self, other: Any) -> Any:
        return (self.cur, other)

    def __repr__(self) -> str:
        return "a rate"


class Own(float):
    cur: str

    def __float__(self) -> float:
        return 7.0

    def __repr__(self) -> str:
        return "own"


class Count(int):
    cur: str

    def __repr__(self) -> str:
        return f"Count({self.cur})"

    def __mul__(self, other: Any) -> Any:
        return int.__mul__(self, other)


class Name(str):
    cur: str
    __slots__ = ("cur",)

    def __repr__(self) -> str:
        return f"Name({str.__repr__(self)})"

    def __add__(self, other: Any) -> Any:
        return str.__add__(self, other)

    def __lt__(self, other: Any) -> Any:
        return str.__lt__(self, other)


class Pair(tuple[int, ...]):
    cur: str

    def __add__(self, other: Any) -> Any:
        return (self.cur, *other)


def valued(cls: Any, value: Any, cur: str = "EUR") -> Any:
    new = cls(value)
    new.cur = cur
    return new


def amounts() -> list[Any]:
    return [valued(Money, 1.0), valued(Money, 2.5), valued(Money, 2.5, "USD")]


def rates() -> list[Any]:
    return [valued(Rate, 1.0), valued(Rate, 1.0, "USD")]


def own() -> list[Any]:
    return [valued(Own, 1.0), valued(Own, 2.0)]


def counts() -> list[Any]:
    return [valued(Count, 1), valued(Count, 2), valued(Count, 2, "USD")]


def names() -> list[Any]:
    return [valued(Name, "ab"), valued(Name, "cd")]


def pairs() -> list[Any]:
    return [valued(Pair, (1, 2)), valued(Pair, (3, 4)), valued(Pair, (3, 4), "USD")]


USES: list[tuple[Callable[[torch.Tensor, Any], Any], Callable[[], list[Any]]]] = [
    (lambda x, v: x * v, amounts),
    (lambda x, v: x * v.doubled(), amounts),
    (lambda x, v: x * v.cents, amounts),
    (lambda x, v: (v > 1, v == 1, abs(v), -v, round(v), v**2, divmod(v, 2)), amounts),
    (lambda x, v: (float(v), int(v), hash(v), {v: 1}[v], v.is_integer(), v.real), amounts),
    (lambda x, v: 1 - v, rates),
    (lambda x, v: (v * 2, v + 1, -v, v > 1, float(v)), own),
    (lambda x, v: 1 if v else 2, amounts),
    (lambda x, v: (repr(v), f"{v:.2f}"), amounts),
    (lambda x, v: (str(v), f"{v}"), amounts),
    (lambda x, v: (v.label(), v.cur), amounts),
    (lambda x, v: torch.full((2,), float(v)), amounts),
    (lambda x, v: (x * v, v + 1, [10, 20, 30][v], range(v), v.bit_length()), counts),
    (lambda x, v: (repr(v), int(v), float(v)), counts),
    (lambda x, v: (len(v), v[0], v.upper(), v.split("b"), "a" in v, f"{v}", v * 2), names),
    (lambda x, v: (v, "-".join([v, v]), v == "ab", {v: 1}[v], list(v)), names),
    (lambda x, v: (len(v), v[0], (*v, 1), 1 in v, [*v], hash(v), v == (1, 2), sum(v)), pairs),
]


@pytest.mark.filterwarnings("ignore::vartrack.errors.VisitorWarning")
@pytest.mark.parametrize(("use", "values"), USES, ids=range(len(USES)))
def test_what_torch_traces_is_right(use: Any, values: Callable[[], list[Any]]) -> None:
    """A field that changes is seen also where torch runs the method, and does not guard it."""
    cls = type(values()[0])
    registry = vartrack.stock.derive("literals")
    registry.register(type("Fields", (RecordVisitor,), {"types": (cls,), "fields": ("cur",)}))
    ours, alone = outcome(registry, use, values), outcome(None, use, values)
    if alone.status != "refused":  # from 2.15 on torch has no answer to some methods in C
        assert ours.status == "right", ours
    assert alone.status != "right" or ours.graphs <= alone.graphs, (ours, alone)


def test_a_field_that_the_function_sets_and_a_method_reads_that_is_run_is_refused() -> None:
    registry = vartrack.stock.derive("literals")
    registry.register(type("Fields", (RecordVisitor,), {"types": (Count,), "fields": ("cur",)}))

    def use(x: torch.Tensor, v: Any) -> Any:
        v.cur = "USD"
        return repr(v)

    found = outcome(registry, use, counts, fullgraph=False)
    assert found.status == "right", found
