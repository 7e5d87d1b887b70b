"""Classes of a program that serve badly, derived from those of packages that have a ready-made set."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import msgspec
import pydantic
import pytest
import torch
from beside_torch import plain, registry_with
from box import Box
from easydict import EasyDict
from frozendict import frozendict
from immutabledict import immutabledict
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import Registry

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.ones(2)
SETS = ("attrs", "mappings", "msgspec", "pydantic", "stdlib")


@pytest.fixture(scope="module")
def registry() -> Registry:
    return registry_with(*SETS)


def check(registry: Registry, use: Callable[..., Any], calls: Callable[[], Iterator[Any]]) -> None:
    """Hold ``use`` against eager, with values of its own for each side; in one piece or refused."""
    with vartrack.use(registry):
        run = torch.compile(use, backend="eager")
        for one, other in zip(calls(), calls(), strict=True):
            assert outcome(run, one) == outcome(use, other)
        torch._dynamo.reset()
        whole = torch.compile(use, backend="eager", fullgraph=True)
        for one, other in zip(calls(), calls(), strict=True):
            with contextlib.suppress(Unsupported):
                got = outcome(whole, one)
                assert got == outcome(use, other)


def outcome(run: Callable[..., Any], value: Any) -> Any:
    try:
        return plain(run(X, value))
    except Unsupported:
        raise
    except Exception as error:
        return type(error)


# comparison that reads a file


def reads(self: Any) -> str:
    return Path(self.path).read_text()


def same_text(self: Any, other: Any) -> bool:
    return type(other) is type(self) and reads(self) == reads(other)


NO_HASH: Any = None


@attrs.define(eq=False)
class AttrsOfFile:
    path: str
    __eq__ = same_text
    __hash__ = NO_HASH


class ModelOfFile(pydantic.BaseModel):
    path: str

    def __eq__(self, other: object) -> bool:
        return same_text(self, other)


class StructOfFile(msgspec.Struct, eq=False):
    path: str
    __eq__ = same_text
    __hash__ = NO_HASH


@pytest.mark.parametrize("cls", [AttrsOfFile, ModelOfFile, StructOfFile])
def test_a_comparison_that_reads_a_file(registry: Registry, cls: Any, tmp_path: Path) -> None:
    """It is read at every call, or the graph breaks."""
    one, two = tmp_path / "one", tmp_path / "two"

    def calls() -> Iterator[Any]:
        one.write_text("a")
        for text in ("a", "b", "a"):
            two.write_text(text)
            yield [cls(path=str(one)), cls(path=str(two))]

    def use(x: torch.Tensor, v: Any) -> Any:
        return x + 1 if v[0] == v[1] else x + 2

    with vartrack.use(registry):
        run = torch.compile(use, backend="eager")
        for pair in calls():
            assert torch.equal(run(X, pair), use(X, pair))


# items with side effects


class Counted:
    """Counts how often an item was asked for."""

    asked = 0

    def __getitem__(self, key: Any) -> Any:
        type(self).asked += 1
        return super().__getitem__(key)  # type: ignore[misc]


class CountedBox(Counted, Box):
    pass


class CountedEasy(Counted, EasyDict):  # type: ignore[misc]
    pass


class CountedFrozen(Counted, frozendict):  # type: ignore[type-arg, misc]
    pass


class CountedImmutable(Counted, immutabledict):  # type: ignore[type-arg]
    pass


#: Uses of a mapping that ask for items, and that do not.
ITEMS: dict[str, Callable[[torch.Tensor, Any], Any]] = {
    "item": lambda x, v: x * v["a"],
    "items twice": lambda x, v: x * v["a"] + v["a"],
    "in": lambda x, v: x + 1 if "a" in v else x,
    "missing": lambda x, v: x + v.get("zz", 3),
    "merged": lambda x, v: (x, {**v}),
    "values": lambda x, v: x + sum(v.values()),
}


@pytest.mark.parametrize("use", ITEMS.values(), ids=ITEMS)
@pytest.mark.parametrize("cls", [CountedBox, CountedEasy, CountedFrozen, CountedImmutable])
def test_items_with_side_effects(registry: Registry, cls: Any, use: Callable[..., Any]) -> None:
    """What is counted is what Python counts."""
    with vartrack.use(registry):
        run = torch.compile(use, backend="eager")
        for content in ({"a": 1}, {"a": 2}, {"a": 2}, {"a": 2, "b": 3}):
            value = cls(content)
            cls.asked = 0
            expected = outcome(use, value)
            asked = cls.asked
            cls.asked = 0
            assert outcome(run, value) == expected
            assert cls.asked == asked


# properties that delete themselves


def deleting(base: Any, **options: Any) -> type:
    """A class with a property that is gone once it was read."""

    def part(self: Any) -> int:
        del type(self).part
        return int(self.n)

    return type(base)(
        "Once",
        (base,),
        {"part": property(part), "__annotations__": {}, "__module__": __name__},
        **options,
    )


class Model(pydantic.BaseModel):
    n: int = 3


class Struct(msgspec.Struct):
    n: int = 3


@attrs.define(slots=False)
class Point:
    n: int = 3


class Amount(Decimal):
    n = 3


class Day(datetime.date):
    n = 3


@pytest.mark.parametrize(
    ("base", "given"),
    [(Model, ()), (Struct, ()), (Point, ()), (Amount, (1,)), (Day, (2024, 1, 1))],
)
def test_a_property_that_deletes_itself(
    registry: Registry, base: Any, given: tuple[Any, ...]
) -> None:
    def use(x: torch.Tensor, v: Any) -> Any:
        return x + v.part

    with vartrack.use(registry):
        cls = deleting(base)
        value = cls(*given)
        run = torch.compile(use, backend="eager")
        assert torch.equal(run(X, value), X + 3)
        assert "part" not in vars(cls)
        with pytest.raises(AttributeError):
            run(X, value)
        torch._dynamo.reset()
        cls = deleting(base)
        with contextlib.suppress(Unsupported):
            torch.compile(use, backend="eager", fullgraph=True)(X, cls(*given))
            assert "part" not in vars(cls)


# keys that raise, change or take long, of a visitor that derives from one of a set


def test_a_key_of_a_derived_visitor_that_raises() -> None:
    from vartrack.extras.stdlib.numbers import Decimals

    def raising(value: Any) -> Any:
        raise OSError("no key today")

    registry = vartrack.stock.derive("raising")
    kind = type("Mine", (Decimals,), {"key": staticmethod(raising)})
    registry.register(kind)

    def use(x: torch.Tensor, v: Decimal) -> Any:
        v.__dir__()  # which depends on all that it is
        return x + float(v + 1)

    with vartrack.use(registry):
        run = torch.compile(use, backend="eager")
        for value in (Decimal(1), Decimal(2), Decimal(1)):
            assert torch.equal(run(X, value), use(X, value))
        torch._dynamo.reset()
        with pytest.raises(Unsupported, match="OSError: no key today") as caught:
            torch.compile(use, backend="eager", fullgraph=True)(X, Decimal(1))
        assert "Set `key` of Mine" in str(caught.value)


# visitors for what torch traces better


def test_a_constant_for_a_class_of_attrs_is_as_good_as_torch() -> None:
    """It is no dataclass, and is read part by part as well."""
    registry = vartrack.stock.derive("points")
    registry.register(type("Points", (vartrack.ConstantVisitor,), {"types": (Point,)}))

    def calls() -> Iterator[Any]:
        return map(Point, (1, 2, 3, 2))

    check(registry, lambda x, v: (x * v.n, v), calls)
