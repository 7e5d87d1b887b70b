"""What no value of a type can do raises without a guard on the value: writes, len, attributes."""

from __future__ import annotations

import copy
import fractions
import operator
import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

import pytest
import torch
from beside_torch import assert_right, outcome, registry_with

import vartrack
from vartrack import ConstantVisitor, RecordVisitor, SnapshotVisitor

pytestmark = pytest.mark.usefixtures("fresh")

VALUES: dict[str, Callable[[], list[Any]]] = {
    "Decimal": lambda: [Decimal(1), Decimal(2), Decimal(3)],
    "Path": lambda: [PurePosixPath(name) for name in "abc"],
    "Fraction": lambda: [fractions.Fraction(1, n) for n in (2, 3, 5)],
    "UUID": lambda: [uuid.UUID(int=n) for n in (1, 2, 3)],
}
#: Of those above that are no numbers.
NO_NUMBERS = ("Path", "UUID")


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
    lambda v: v @ 1,
    lambda v: 1 << v,
    operator.index,
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


def no_numbers(x: torch.Tensor, v: Any) -> Any:
    found = []
    join: Any = ",".join
    for use in (abs, round, lambda v: round(v, 1), lambda v: v + 1, lambda v: join([v])):
        try:
            found.append(use(v))
        except TypeError as error:
            found.append(type(error).__name__)
    try:
        found.append(f"{v:.2f}")
    except (TypeError, ValueError) as error:
        found.append(type(error).__name__)
    return x, found


@pytest.mark.parametrize("name", NO_NUMBERS)
def test_what_is_no_number_cannot_do(name: str) -> None:
    assert_right(registry_with("stdlib"), no_numbers, VALUES[name])


class Slots:
    __slots__ = ("number",)


class WithMore(Slots):
    """Has slots, and attributes as well."""


def _with(cls: type, *numbers: int | None) -> list[Any]:
    made = [cls() for _ in numbers]
    for each, number in zip(made, numbers, strict=True):
        if number is not None:
            each.number = number
    return made


def read_or_caught(x: torch.Tensor, v: Any) -> Any:
    try:
        return x, v.number
    except AttributeError:
        return x, "nothing"


def deleted(x: torch.Tensor, v: Any) -> Any:
    try:
        del v.number
    except AttributeError:
        return x, "nothing"
    return x, hasattr(v, "number")


def copied(x: torch.Tensor, v: Any) -> Any:
    return x, hasattr(copy.copy(v), "number")


@pytest.mark.parametrize("program", [read_or_caught, deleted, copied])
@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor, RecordVisitor])
@pytest.mark.parametrize("cls", [Slots, WithMore])
def test_a_slot_that_holds_nothing(cls: type, base: type, program: Any) -> None:
    """That it is empty is guarded, and so is that it is not where the program may catch that."""
    registry = vartrack.stock.derive("mine")
    registry.register(type("Values", (base,), {"types": (cls,)}))
    numbers = (None, 2, None, 3, 4)
    ours = outcome(registry, program, lambda: _with(cls, *numbers), fullgraph=False)
    assert ours.status == "right", ours


class Named:
    """Has a text of its own, and lives under a visitor whose key cannot be used."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __str__(self) -> str:
        return f"no. {self.number}"

    def __format__(self, spec: str) -> str:
        return format(self.number, spec)


def no_key(value: Any) -> Any:
    raise RuntimeError("no key")


def without_key(x: torch.Tensor, v: Any) -> Any:
    try:
        found = [str(v), f"{v}", f"{v:>5}", f"{v!s:>20}"]
        found.append(v + 1)
    except TypeError as error:
        return x, found, str(error)
    return x, found


def test_what_needs_no_key_is_not_refused_for_one_that_raises() -> None:
    registry = vartrack.stock.derive("mine")
    members = {"types": (Named,), "key": staticmethod(no_key)}
    registry.register(type("Values", (SnapshotVisitor,), members))
    assert_right(registry, without_key, lambda: [Named(1), Named(1), Named(2)])


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
