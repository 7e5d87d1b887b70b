"""What no value of a type can do raises without a guard on the value: writes, len, attributes."""

from __future__ import annotations

import fractions
import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

import pytest
import torch
from beside_torch import assert_right, outcome, registry_with

import vartrack
from vartrack import ConstantVisitor

pytestmark = pytest.mark.usefixtures("fresh")

VALUES: dict[str, Callable[[], list[Any]]] = {
    "Decimal": lambda: [Decimal(1), Decimal(2), Decimal(3)],
    "Path": lambda: [PurePosixPath(name) for name in "abc"],
    "Fraction": lambda: [fractions.Fraction(1, n) for n in (2, 3, 5)],
    "UUID": lambda: [uuid.UUID(int=n) for n in (1, 2, 3)],
}


def _set(v: Any) -> None:
    v.fresh = 1


def _delete(v: Any) -> None:
    del v.fresh


def _set_documentation(v: Any) -> None:
    v.__doc__ = "another"


def _set_item(v: Any) -> None:
    v["fresh"] = 1


USES: tuple[Callable[[Any], Any], ...] = (
    *(_set, _delete, _set_documentation, _set_item),
    lambda v: setattr(v, "fresh", 1),
    lambda v: v.fresh,
    lambda v: getattr(v, "fresh", None),
    len,
    lambda v: v(),
    lambda v: v.__enter__(),
)


def tried(x: torch.Tensor, v: Any) -> Any:
    found = []
    for use in USES:
        try:
            found.append(use(v))
        except (AttributeError, TypeError) as error:
            found.append(type(error).__name__)  # torch words some of them in its own way
    return x, found


@pytest.mark.parametrize("name", VALUES)
def test_what_no_value_of_the_type_can_do(name: str) -> None:
    assert_right(registry_with("stdlib"), tried, VALUES[name])
    assert outcome(registry_with("stdlib"), tried, VALUES[name]).graphs == 1


class Sized:
    """Has an attribute or not, and a length only by what is in it."""

    def __init__(self, number: int, **more: Any) -> None:
        self.number = number
        vars(self).update(more)

    def __getitem__(self, index: int) -> int:
        return (self.number,)[index]

    def __index__(self) -> int:
        return self.number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sized) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return self.number


def test_what_a_value_may_have_all_the_same() -> None:
    """An attribute that one has and the next has not, and what Python asks instead of a method."""
    registry = vartrack.stock.derive("mine")
    registry.register(type("Values", (ConstantVisitor,), {"types": (Sized,)}))

    def read(x: torch.Tensor, v: Any) -> Any:
        try:
            return x + v.fresh
        except AttributeError:
            return x - 1

    def instead(x: torch.Tensor, v: Any) -> Any:
        return x, list(v), int(v), 2 in v

    values = lambda: [Sized(1), Sized(2), Sized(2, fresh=5), Sized(3), Sized(3, fresh=6)]  # noqa: E731
    assert outcome(registry, read, values).status == "right"
    for program in (read, instead):
        assert outcome(registry, program, values, fullgraph=False).status == "right"
