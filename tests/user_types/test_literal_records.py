"""Numbers, texts and tuples of classes with fields and special methods, under `RecordVisitor`."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import outcome
from torch._dynamo.guards import GuardBuilder

import vartrack
from vartrack import ConstantVisitor, RecordVisitor, SnapshotVisitor
from vartrack.compat.behaviour import TRACES_LITERALS

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


def made(cls: Any, value: Any, cur: str) -> Any:
    new = cls.__new__(cls, value)
    new.cur = cur
    return new


class Written(float):
    cur: str

    def __format__(self, spec: str) -> str:
        return f"{self.cur}:{spec}"


class Titled(int):
    cur: str

    def __repr__(self) -> str:
        return f"<{self.cur}>"


class Letters(str):
    cur: str
    __slots__ = ("cur",)

    def __str__(self) -> str:
        return self.cur + "!"

    def __iter__(self) -> Any:
        return iter(self.cur)


class Parts(float):
    cur: str

    def __iter__(self) -> Any:
        return iter((self.cur, float(self)))


class ByIndex(float):
    cur: str

    def __getitem__(self, index: int) -> str:
        return self.cur[index]


class Reduced(float):
    cur: str

    def __reduce__(self) -> Any:
        return made, (type(self), float(self), self.cur + "r")


class Stated(float):
    cur: str

    def __getstate__(self) -> Any:
        return {"cur": self.cur + "s"}


class Steps(float):
    cur: str

    def __int__(self) -> int:
        return 7

    def __index__(self) -> int:
        return len(self.cur)


class Whole(int):
    cur: str

    def __int__(self) -> int:
        return 9

    def __index__(self) -> int:
        return 8


class Asked(float):
    cur: str

    def __getattribute__(self, name: str) -> Any:
        return "q" if name == "q" else object.__getattribute__(self, name)


#: What torch passes by, runs without a guard, or dies of, by the class that it is about.
PASSED_BY: dict[type, list[Callable[[torch.Tensor, Any], Any]]] = {
    Written: [
        lambda x, v: (f"{v}", f"{v:>8}", format(v, "")),
        lambda x, v: (v + 1, x * v, v > 1, -v, round(v, 1), float(v)),
        lambda x, v: (str(v), repr(v)),
    ],
    Titled: [lambda x, v: (str(v), repr(v), f"{v}", f"{v:3d}"), lambda x, v: (x * v, v << 2)],
    Letters: [lambda x, v: (str(v), f"{v}", v.upper(), v + "c", v == "ab"), lambda x, v: list(v)],
    Parts: [
        lambda x, v: (list(v), [*v], tuple(v), [part for part in v]),  # noqa: C416
        lambda x, v: (v + 1, x * v, hash(v)),
        lambda x, v: copy.copy(v),
        lambda x, v: copy.deepcopy(v),
    ],
    ByIndex: [lambda x, v: (list(v), [*v], v[0], v + 1, x * v)],
    Reduced: [
        lambda x, v: copy.copy(v),
        lambda x, v: copy.copy(v).cur,
        lambda x, v: copy.deepcopy(v),
        lambda x, v: copy.deepcopy(v).cur,
        lambda x, v: (v + 1, x * v),
    ],
    Stated: [lambda x, v: copy.copy(v), lambda x, v: copy.copy(v).cur],
    Steps: [lambda x, v: ([10, 20, 30, 40][v], list(range(v)), v + 1, x * v)],
    Whole: [lambda x, v: ([10, 20, 30, 40][v], list(range(v)), v + 1, x * v, float(v), int(v))],
    Asked: [lambda x, v: (v.q, v.cur), lambda x, v: (v + 1, x * v)],
}


@pytest.mark.skipif(not TRACES_LITERALS, reason="torch traces less of them")
@pytest.mark.filterwarnings("ignore::vartrack.errors.VisitorWarning")
@pytest.mark.parametrize(
    ("cls", "use"),
    [(cls, use) for cls, uses in PASSED_BY.items() for use in uses],
    ids=[f"{cls.__name__}-{at}" for cls, uses in PASSED_BY.items() for at in range(len(uses))],
)
def test_what_torch_passes_by_is_pythons(cls: type, use: Any) -> None:
    registry = vartrack.stock.derive("literals")
    registry.register(type("Fields", (RecordVisitor,), {"types": (cls,), "fields": ("cur",)}))

    def values() -> list[Any]:
        text = issubclass(cls, str)
        one, other = ("ab", "cd") if text else (1.0, 2.0)
        return [made(cls, one, "EUR"), made(cls, other, "EUR"), made(cls, other, "USD")]

    ours, alone = outcome(registry, use, values), outcome(None, use, values)
    assert ours.status == "right" or alone.status == "refused", ours
    # torch guards such a text by its own `__str__`, which does not tell what it is
    spare = 1 if cls is Letters else 0
    assert alone.status != "right" or ours.graphs <= alone.graphs + spare, (ours, alone)


class Long(tuple[int, ...]):
    __slots__ = ()

    def __len__(self) -> int:
        return 5

    def __getitem__(self, index: Any) -> Any:
        return "item"


@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor])
@pytest.mark.parametrize(
    "use",
    [
        lambda x, v: (list(v), [*v], tuple(v), sorted(v)),
        lambda x, v: [item for item in v],  # noqa: C416
        lambda x, v: list(zip(v, v)),  # noqa: B905
        lambda x, v: (len(v), v[0]),
    ],
)
def test_going_through_a_tuple_asks_neither_its_length_nor_an_item(base: Any, use: Any) -> None:
    registry = vartrack.stock.derive("tuples")
    registry.register(type("Tuples", (base,), {"types": (Long,)}))
    found = outcome(registry, use, lambda: [Long((1, 2)), Long((3, 4))])
    assert found.status == "right", found


@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor])
def test_a_copy_of_what_reduces_itself_to_a_number(base: Any) -> None:
    """The number is worked out at each call, and another object each time."""
    registry = vartrack.stock.derive("numbers")
    registry.register(type("Numbers", (base,), {"types": (Reduced,)}))

    def values() -> list[Any]:
        return [made(Reduced, 1.5, "EUR"), made(Reduced, 2.5, "EUR"), made(Reduced, 3.5, "USD")]

    for use in (lambda x, v: copy.deepcopy(v), lambda x, v: copy.deepcopy(v).cur):
        outcome(None, use, values)  # torch alone goes first, and keeps what answers `id`
        found = outcome(registry, use, values)
        assert found.status == "right", found
