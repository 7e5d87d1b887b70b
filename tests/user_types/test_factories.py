"""Code that makes an instance and then sets it up: it is traced, whatever visitor the type has."""

from __future__ import annotations

import copy
import dataclasses
import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
from places import assert_alike, compare_with_eager

import vartrack
from vartrack import ConstantVisitor, RecordVisitor, SnapshotVisitor

pytestmark = pytest.mark.usefixtures("fresh")

STEP = 2


class Span:
    def __init__(self, start: int, stop: int = 10) -> None:
        self.start = start
        self.stop = stop + STEP

    @classmethod
    def filled(cls, start: int) -> Span:
        span = cls(start)
        span.stop = start + 5
        return span

    @classmethod
    def bare(cls, start: int) -> Span:
        span = cls.__new__(cls)
        span.start = span.stop = start
        return span

    def moved(self) -> Span:
        span = copy.copy(self)
        span.start += 1
        return span


@dataclasses.dataclass
class Setting:
    rate: int = 1
    name: str = "a"

    @classmethod
    def named(cls, name: str) -> Setting:
        setting = cls()
        setting.name = name * 2
        return setting


@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor, RecordVisitor])
@pytest.mark.parametrize(
    "make, function",
    [
        (Span, lambda x, v: x + Span.filled(v.start).stop),
        (Span, lambda x, v: x + Span.bare(v.start).stop),
        (Span, lambda x, v: x + v.moved().start),
        (Span, lambda x, v: x + type(v)(v.start, stop=3).stop),
        (Setting, lambda x, v: x + dataclasses.replace(v, rate=v.rate + 1).rate),
        (Setting, lambda x, v: x + len(Setting.named(v.name).name)),
        (Setting, lambda x, v: x + dataclasses.asdict(v)["rate"]),
        (Setting, lambda x, v: x + len(dataclasses.fields(v))),
        (Setting, lambda x, v: x + sum(dataclasses.astuple(v)[:1])),
        (Setting, lambda x, v: x + (v == Setting(3)) + (v == dataclasses.replace(v))),
    ],
)
def test_an_instance_is_made_and_set_up(
    base: Any, make: Callable[[int], Any], function: Callable[..., Any]
) -> None:
    """In as many graphs as torch alone needs, if it compiles that in one."""
    attributes: dict[str, Any] = {"types": (make,)}
    if base is RecordVisitor:
        attributes["fields"] = staticmethod(lambda value: tuple(vars(value)))
    registry = vartrack.stock.derive("factories")
    registry.register(type("Made", (base,), attributes))
    values = list(map(make, range(3, 8)))
    try:
        alone = compare_with_eager(None, function, values)
    except torch._dynamo.exc.Unsupported:  # older releases copy nothing
        alone = len(values)
    torch._dynamo.reset()
    assert compare_with_eager(registry, function, values) <= alone


def test_what_making_one_reads_is_guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = vartrack.stock.derive("factories")
    registry.register(type("Spans", (ConstantVisitor,), {"types": (Span,)}))

    def function(x: torch.Tensor, v: Span) -> torch.Tensor:
        return x + Span(v.start).stop

    def values() -> Any:
        yield Span(3)
        monkeypatch.setitem(globals(), "STEP", 7)
        yield Span(3)

    compare_with_eager(registry, function, values())


@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor, RecordVisitor])
def test_a_copy_has_every_attribute_of_the_original(base: Any) -> None:
    def copied(x: torch.Tensor, span: Span) -> Any:
        other = copy.copy(span)
        return x + hasattr(other, "late"), getattr(other, "stop", 7)

    registry = vartrack.stock.derive("copies")
    registry.register(type("Made", (base,), {"types": (Span,)}))
    later, less = Span(1), Span(1)
    later.late, less.__dict__ = 3, {"start": 1}  # type: ignore[attr-defined]
    with vartrack.use(registry):
        compiled = torch.compile(copied, backend="eager")
        for span in (Span(1), later, less, Span(1)):
            x = torch.ones(2)
            assert_alike(compiled(x, span), copied(x, span))


class Slotted:
    __slots__ = ("kept",)

    def __getattr__(self, name: str) -> int:
        if name == "kept":
            return 7
        raise AttributeError(name)


@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor, RecordVisitor])
def test_a_slot_that_is_found_when_it_is_empty_is_not_deleted_unseen(base: Any) -> None:
    def deleted(x: torch.Tensor, value: Slotted) -> Any:
        try:
            del value.kept
        except AttributeError:
            return x - 1, value.kept
        return x + 1, value.kept

    def made() -> list[Slotted]:
        empty, full = Slotted(), Slotted()
        full.kept = 3
        return [empty, full, Slotted()]

    registry = vartrack.stock.derive("empty slots")
    registry.register(type("Made", (base,), {"types": (Slotted,)}))
    with vartrack.use(registry):
        compiled = torch.compile(deleted, backend="eager")
        for value, same in zip(made(), made(), strict=True):
            x = torch.ones(2)
            assert_alike(compiled(x, value), deleted(x, same))


class Reduced(Span):
    """Says itself, in Python, what a copy of it is made of."""

    def __reduce__(self) -> Any:
        return Reduced, (self.start, self.stop - STEP)

    def __iadd__(self, step: int) -> Reduced:
        self.start += step
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reduced) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


def _added(x: torch.Tensor, v: Any) -> Any:
    other = copy.copy(v)
    other += 2
    return x + other.start, other.stop


@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor, RecordVisitor])
@pytest.mark.parametrize("function", [_added, lambda x, v: x + copy.deepcopy(v).stop])
def test_a_copy_that_its_class_makes_in_python(base: Any, function: Callable[..., Any]) -> None:
    attributes: dict[str, Any] = {"types": (Reduced,)}
    if base is RecordVisitor:
        attributes["fields"] = ("start", "stop")
    registry = vartrack.stock.derive("factories")
    registry.register(type("Made", (base,), attributes))
    compare_with_eager(registry, function, [Reduced(3), Reduced(3), Reduced(4)])


class Unseen:
    """One that torch cannot trace the making of."""

    def __init__(self, start: int) -> None:
        self.weight = len(str(sys.getrefcount(start))) * 0
        self.start = start

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unseen) and self.start == other.start

    def __hash__(self) -> int:
        return hash(self.start)


def test_who_gets_a_made_constant_may_change_it() -> None:
    registry = vartrack.stock.derive("factories")
    registry.register(type("Made", (ConstantVisitor,), {"types": (Unseen,)}))

    def function(x: torch.Tensor) -> Any:
        made = Unseen(2)
        return x + made.start, made, made

    with vartrack.use(registry):
        run = torch.compile(function, backend="eager")
        for _ in range(3):
            x, one, other = run(torch.ones(1))
            assert x.item() == 3 and one is other and vars(one) == vars(Unseen(2))
            one.start += 1


@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor, RecordVisitor])
def test_the_dict_of_a_copy_that_is_not_kept_has_what_the_copy_has(base: Any) -> None:
    def dicts(x: torch.Tensor, span: Span) -> Any:
        other = Span(span.start)
        held = other.__dict__
        other.late = x  # type: ignore[attr-defined]
        return vars(copy.copy(span)), copy.deepcopy(span).__dict__, held, dict(vars(span.moved()))

    registry = vartrack.stock.derive("copies")
    registry.register(type("Made", (base,), {"types": (Span,)}))
    with vartrack.use(registry):
        compiled = torch.compile(dicts, backend="eager")
        for start in (1, 2):
            x = torch.ones(2)
            assert_alike(compiled(x, Span(start)), dicts(x, Span(start)))
