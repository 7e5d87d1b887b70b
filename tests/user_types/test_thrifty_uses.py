"""Uses of values that leave most of them unread: as many graphs as torch alone."""

from __future__ import annotations

import collections
import itertools
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import torch
import torch._dynamo
from places import Counting

import vartrack
from vartrack import ConstantVisitor, SnapshotVisitor


class Number:
    """Has operators for plain numbers to the left of it, in Python."""

    def __init__(self, n: float) -> None:
        self.n = n

    def __radd__(self, other: float) -> Number:
        return Number(other + self.n)

    def __rpow__(self, other: float) -> Number:
        return Number(other + self.n)

    def __rdivmod__(self, other: float) -> Number:
        return Number(other + self.n)


def added(value: Any) -> float:
    total: Any = 1
    total += value
    return total.n  # type: ignore[no-any-return]


REFLECTED: dict[str, Callable[[Any], float]] = {
    "1 + v": lambda v: (1 + v).n,
    "1 ** v": lambda v: (1**v).n,
    "divmod": lambda v: divmod(1, v).n,  # type: ignore[operator]
    "+=": added,
}
CONTAINERS: dict[str, Callable[[Any], Any]] = {
    "list": lambda v: [v],
    "tuple": lambda v: (v,),
    "dict": lambda v: {"a": v},
    "deque": lambda v: collections.deque([v]),
}
ASKED: dict[str, Callable[[Any], int]] = {
    "if": lambda v: 1 if v else 2,
    "not": lambda v: 1 if not v else 2,
    "or": lambda v: len(v or "none"),
    "bool": lambda v: 1 + bool(v),
}


def graphs(function: Callable[[Any], Any], values: list[Any], registry: Any) -> int:
    torch._dynamo.reset()
    backend = Counting()
    with vartrack.use(registry):
        run = torch.compile(lambda x, v: x + function(v), backend=backend, fullgraph=True)
        for value in values:
            assert run(torch.zeros(1), value).item() == function(value)
    return backend.graphs


def registry_of(base: type, cls: type) -> vartrack.Registry:
    registry = vartrack.stock.derive("thrifty uses")
    registry.register(type("Made", (base,), {"types": (cls,)}))
    return registry


@pytest.mark.parametrize("use", REFLECTED)
def test_an_operator_of_the_right_operand_is_traced(use: str) -> None:
    """Of a snapshot it was evaluated, and compiled again for each number in it."""
    function, values = REFLECTED[use], [Number(n) for n in range(1, 6)]
    ours = graphs(function, values, registry_of(SnapshotVisitor, Number))
    assert ours <= graphs(function, values, None)


#: Of ``bool(d)`` torch itself does not guard that the dict is empty: `vartrack.sound` does.
UNGUARDED = ("bool", "dict")


@pytest.mark.parametrize(
    ("use", "kind"), sorted({*itertools.product(ASKED, CONTAINERS)} - {UNGUARDED})
)
def test_whether_a_container_is_empty_depends_on_nothing_in_it(use: str, kind: str) -> None:
    """What was in it was guarded, for each value anew."""
    make = CONTAINERS[kind]
    values = [*(make(Decimal(n)) for n in range(3)), type(make(1))(), make(Decimal(4))]
    assert graphs(ASKED[use], values, registry_of(ConstantVisitor, Decimal)) == 2


def test_a_dict_made_of_keywords_holds_its_values_unread() -> None:
    values = [Decimal(n) for n in range(4)]
    registry = registry_of(ConstantVisitor, Decimal)
    assert graphs(lambda v: len(dict(a=v)), values, registry) == 1  # noqa: C408
