"""`check_guards` on keys, on functions and on mappings themselves: what is wrong is told, whether a
use that is tried comes upon it or not."""

from __future__ import annotations

import itertools
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from vartrack import ConstantVisitor, MappingVisitor, SnapshotVisitor
from vartrack.errors import VisitorWarning
from vartrack.testing import check_guards


class Unit:
    """All of it is traced, so that no compiled function asks for a key."""

    def __init__(self, number: int, name: str = "m") -> None:
        self.number = number
        self.name = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unit) and (self.number, self.name) == (other.number, other.name)

    def __hash__(self) -> int:
        return hash((self.number, self.name))

    def __repr__(self) -> str:
        return f"Unit({self.number}, {self.name!r})"


def named(cls: type, base: Any, **attributes: Any) -> Any:
    made = {name: staticmethod(each) for name, each in attributes.items()}
    return type(f"{cls.__name__}s", (base,), {"types": (cls,), **made})


UNITS = [Unit(1), Unit(2), Unit(1), Unit(1, "cm")]
FEW: dict[str, Any] = {"places": [], "slowest": None, "thrift": False, "protocols": False}
_count = itertools.count()


@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor])
@pytest.mark.parametrize(
    "key, told",
    [
        (lambda unit: 1 / 0, "raised ZeroDivisionError"),
        (lambda unit: 1 / (unit.number - 2), r"Unit\(2, 'm'\).*raised ZeroDivisionError"),
        (lambda unit: next(_count), "not equal to itself"),
        (lambda unit: [unit.number], "gave a list that is not hashable"),
    ],
    ids=["raises", "raises for one", "changes", "not hashable"],
)
def test_a_key_that_cannot_be_one(base: Any, key: Callable[[Any], Any], told: str) -> None:
    with pytest.raises(AssertionError, match=rf"Units cannot tell.*{told}.*Give it a `key`"):
        check_guards(named(Unit, base, key=key), UNITS, **FEW)


class Listed:
    def __init__(self, number: int) -> None:
        self.number = number

    def __eq__(self, other: object) -> bool:
        Path(__file__).read_text(encoding="utf-8")
        return isinstance(other, Listed) and self.number == other.number

    def __hash__(self) -> int:
        return hash(self.number)


class Unequal(Listed):
    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no")

    __hash__ = Listed.__hash__


@pytest.mark.parametrize("cls, told", [(Listed, "calls open"), (Unequal, "raised RuntimeError")])
def test_a_comparison_that_cannot_be_a_guard(cls: Any, told: str) -> None:
    """It is no matter if there is a key."""
    values = [cls(1), cls(2), cls(1)]
    with pytest.raises(AssertionError, match=f"comparing an? {cls.__name__} {told}"):
        check_guards(named(cls, ConstantVisitor), values, **FEW)
    with warnings.catch_warnings():
        warnings.simplefilter("error", VisitorWarning)
        check_guards(named(cls, ConstantVisitor, key=lambda value: value.number), values, **FEW)


def test_a_key_that_takes_long_is_pointed_out() -> None:
    def key(unit: Unit) -> Any:
        time.sleep(0.002)
        return unit.number, unit.name

    with pytest.warns(VisitorWarning, match="VT601.*its key takes"):
        check_guards(named(Unit, SnapshotVisitor, key=key), UNITS, **FEW)


def test_a_key_that_values_share_which_are_not_equal_is_pointed_out() -> None:
    """Once, with both; not if it is meant, which ``graphs`` says."""
    visitor = named(Unit, ConstantVisitor, key=lambda unit: unit.number)
    with pytest.warns(VisitorWarning) as told:
        check_guards(visitor, UNITS, **FEW)
    (text,) = [str(each.message) for each in told]
    assert "VT602" in text and "Unit(1, 'm') and Unit(1, 'cm')" in text
    assert "its key is the same, but they are not equal" in text
    with warnings.catch_warnings():
        warnings.simplefilter("error", VisitorWarning)
        check_guards(visitor, UNITS, graphs=2, **FEW)
        good = named(Unit, ConstantVisitor, key=lambda unit: (unit.number, unit.name))
        check_guards(good, UNITS, **FEW)


class Once:
    def __init__(self, number: int) -> None:
        self.held = number

    @property
    def number(self) -> int:
        number = self.held
        del self.held
        return number


def test_a_function_that_changes_the_value_is_told_so() -> None:
    """Of a property that deletes what it reads, say: called twice it is two programs."""
    with pytest.raises(AssertionError, match=r"not compiled, gives .*AttributeError.* once more"):
        check_guards(named(Once, SnapshotVisitor), [Once(1)], lambda x, v: x * v.number)


class Counted:
    """A mapping that counts what is read."""

    def __init__(self, **items: int) -> None:
        self.items_held = items
        self.reads = 0

    def keys(self) -> Any:
        return self.items_held.keys()

    def __iter__(self) -> Iterator[str]:
        return iter(self.items_held)

    def __len__(self) -> int:
        return len(self.items_held)

    def __getitem__(self, key: str) -> int:
        self.reads += 1
        return self.items_held[key]


class Quiet(Counted):
    def __getitem__(self, key: str) -> int:
        return self.items_held[key]


def test_a_mapping_that_reading_changes_is_pointed_out() -> None:
    def first(x: torch.Tensor, v: Any) -> torch.Tensor:
        return x * v["a"]

    few: dict[str, Any] = {"places": [], "slowest": None, "thrift": False}
    counted, quiet = [Counted(a=1), Counted(a=2)], [Quiet(a=1), Quiet(a=2)]
    with pytest.warns(VisitorWarning, match="VT604.*a Counted changes its `reads`"):
        check_guards(named(Counted, MappingVisitor), counted, first, **few)
    with warnings.catch_warnings():
        warnings.simplefilter("error", VisitorWarning)
        check_guards(named(Quiet, MappingVisitor), quiet, first, **few)


class Wordless:
    def __init__(self, number: int) -> None:
        self.number = number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Wordless) and self.number == other.number

    def __hash__(self) -> int:
        return hash(self.number)

    def __repr__(self) -> str:
        raise RuntimeError("no text")


def test_a_value_without_a_text() -> None:
    values = [Wordless(1), Wordless(2), Wordless(1)]
    check_guards(
        named(Wordless, ConstantVisitor),
        values,
        lambda x, v: x * v.number,
        places=["argument"],
        slowest=None,
    )
