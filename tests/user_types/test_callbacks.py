"""Code of the user's that Python calls from C, or from its own modules, while a value is used: what
it reads elsewhere, a global here, is guarded, or the graph breaks."""

from __future__ import annotations

import cProfile
import enum
import functools
import gc
import math
import operator
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from importlib import import_module
from typing import Any

import box
import pydantic
import pytest
import torch
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import ConstantVisitor, MappingVisitor, RecordVisitor, SnapshotVisitor
from vartrack.bases.tracing.evaluating.callbacks import seeing

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.ones(1)
scale = 1

here = sys.modules[__name__]


class Scale:
    by = 1

    class Inner:
        by = 3

    @staticmethod
    def fixed() -> int:
        return 4


class Kind(enum.Enum):
    ONE = 1


class Prices(Mapping[str, float]):
    def __init__(self) -> None:
        self.held = {"a": 2.0, "b": 3.0}

    def __getitem__(self, key: str) -> float:
        return self.held[key] * scale

    def __iter__(self) -> Iterator[str]:
        return iter(self.held)

    def __len__(self) -> int:
        return len(self.held)


class Row(Sequence[float]):
    def __init__(self) -> None:
        self.held = [2.0, 3.0]

    def __getitem__(self, index: Any) -> Any:
        return self.held[index] * scale

    def __len__(self) -> int:
        return len(self.held)


class Indexed:
    def __init__(self) -> None:
        self.held = [2, 3]

    def __getitem__(self, index: int) -> int:
        return self.held[index] * scale


class Numbers(Set[int]):
    def __init__(self, held: Any = (1, 2)) -> None:
        self.held = list(held)

    def __contains__(self, number: object) -> bool:
        return number in [one * scale for one in self.held]

    def __iter__(self) -> Iterator[int]:
        return iter([one * scale for one in self.held])

    def __len__(self) -> int:
        return len(self.held)


class ByClass:
    def __index__(self) -> int:
        return 5 * Scale.by


class ByModule:
    def __index__(self) -> int:
        return 5 * here.scale


@functools.total_ordering
class Rank:
    def __init__(self, number: int = 2) -> None:
        self.number = number

    def __eq__(self, other: object) -> bool:
        return self.number * scale == getattr(other, "number", other)

    def __lt__(self, other: Any) -> bool:
        return self.number * scale < getattr(other, "number", other)

    def __hash__(self) -> int:
        return 1


class Defaults(dict[str, int]):
    def __missing__(self, key: str) -> int:
        return 5 * scale


class Amount(Decimal):
    def __str__(self) -> str:
        return "q" * scale


class Word(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "z" * scale


class Everything:
    def __init__(self) -> None:
        self.number = 2

    def __bool__(self) -> bool:
        return scale == 1

    def __index__(self) -> int:
        return self.number * scale

    def __float__(self) -> float:
        return 1.0 * scale

    def __floor__(self) -> int:
        return scale

    def __round__(self, digits: int = 0) -> int:
        return scale

    def __format__(self, spec: str) -> str:
        return "c" * scale

    def __reversed__(self) -> Iterator[int]:
        return iter([scale])


class Sized:
    def __init__(self) -> None:
        self.number = 2

    def __len__(self) -> int:
        return scale - 1


class Zone(tzinfo):
    def utcoffset(self, when: datetime | None) -> timedelta:
        return timedelta(hours=scale)

    def dst(self, when: datetime | None) -> None:
        return None


class Moment(datetime):
    pass


def moment() -> Moment:
    return Moment(2020, 1, 1, tzinfo=Zone())


def by_identity_first(use: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A use that asks with ``is`` first, which values that are equal may not be asked."""
    IDENTITIES.add(use)
    return use


IDENTITIES: set[Any] = set()
USES: dict[Callable[[], Any], dict[str, Callable[[Any, Any], Any]]] = {
    Prices: {
        "get": lambda x, v: x * v.get("a"),
        "in": lambda x, v: x + ("a" in v),
        "items": lambda x, v: x * sum(item for _, item in v.items()),
        "values": lambda x, v: x * sum(v.values()),
        "**": lambda x, v: x * dict(**v)["a"],
        "==": lambda x, v: x + (v == {"a": 2.0, "b": 3.0}),
    },
    Row: {
        "for": lambda x, v: x * sum(v),
        "reversed": lambda x, v: x * next(iter(reversed(v))),
        "in": lambda x, v: x + (4.0 in v),
        "count": lambda x, v: x + v.count(6.0),
        "index": lambda x, v: x + v.index(v[1]),
    },
    Indexed: {
        "for": lambda x, v: x * sum(list(v)),
        "in": lambda x, v: x + (4 in v),
        "unpacking": lambda x, v: x * min(*v),
        "max": lambda x, v: x * max(v),
    },
    Numbers: {
        "|": lambda x, v: x + len(v | {4}),
        "&": lambda x, v: x + sum(v & {2, 4}),
        "<=": lambda x, v: x + (v <= {1, 2}),
        "isdisjoint": lambda x, v: x + v.isdisjoint({4}),
    },
    Rank: {
        ">": lambda x, v: x + (v > 3),
        ">=": lambda x, v: x + (v >= 1),
        "<=": lambda x, v: x + (v <= 3),
        "!=": lambda x, v: x + (v != 4),
        "count": by_identity_first(lambda x, v: x + [v, 2].count(4)),
    },
    Defaults: {"[]": lambda x, v: x + v["q"], "get": lambda x, v: x + (v.get("q") is None)},
    functools.partial(Amount, "1.5"): {
        "str": lambda x, v: x + len(str(v)),
        "%": lambda x, v: x + len(operator.mod("%s", v)),
    },
    functools.partial(Word, "q"): {
        "f": lambda x, v: x + len(f"{v}"),
        "%": lambda x, v: x + len(operator.mod("%s", v)),
    },
    Everything: {
        "if": lambda x, v: x + 1 if v else x,
        "not": lambda x, v: x + (not v),
        "and": lambda x, v: x + 1 if v and x.dim() == 1 else x,
        "any": lambda x, v: x + any([v]),
        "filter": lambda x, v: x + len(list(filter(None, [v]))),
        "floor": lambda x, v: x + math.floor(v),
        "round": lambda x, v: x + round(v),
        "sqrt": lambda x, v: x + math.sqrt(v),
        "hex": lambda x, v: x + len(hex(v)) + int(hex(v), 16),
        "chr": lambda x, v: x + ord(chr(v)),
        "slice": lambda x, v: x + len([1, 2, 3][:v]),
        "index": lambda x, v: x + operator.index(v),
        "format": lambda x, v: x + len(str.format("{}", v)),
        "reversed": lambda x, v: x + next(iter(reversed(v))),
    },
    **{
        kind: {
            "hex": lambda x, v: x + int(hex(v), 16),
            "slice": lambda x, v: x + len(list(range(12))[:v]),
        }
        for kind in (ByClass, ByModule)
    },
    Sized: {"if": lambda x, v: x + 1 if v else x, "bool": lambda x, v: x + bool(v)},
    moment: {
        "utcoffset": lambda x, v: x + v.utcoffset().seconds,
        "timestamp": lambda x, v: x + v.timestamp() % 1000,
    },
}


class Validated(pydantic.BaseModel):
    number: int = 2

    @pydantic.field_validator("number")
    @classmethod
    def scaled(cls, number: int) -> int:
        return number * scale


class Scaled(box.Box):  # type: ignore[misc]
    def __getitem__(self, key: str, **options: Any) -> Any:
        return super().__getitem__(key, **options) * scale


SHIFT = {"hours": 1}


class Shifted(tzinfo):
    def utcoffset(self, when: datetime | None) -> timedelta:
        return timedelta(hours=SHIFT["hours"])

    def dst(self, when: datetime | None) -> None:
        return None


EXTRAS: dict[str, tuple[Callable[[], Any], Callable[[Any, Any], Any]]] = {
    "pydantic": (Validated, lambda x, v: x + type(v)(number=3).number),
    "mappings": (functools.partial(Scaled, a=1), lambda x, v: x + v["a"] + v.get("a")),
}
BASES = (ConstantVisitor, SnapshotVisitor, RecordVisitor, MappingVisitor)
OF_C = (dict, str, Decimal, datetime)


def answers(
    make: Callable[[], Any], use: Any, base: Any, *, fullgraph: bool, extras: tuple[str, ...] = ()
) -> list[Any]:
    """What three calls give, with the global changed after the first; None for a refusal."""
    global scale
    registry = vartrack.stock.derive("mine")
    for name in extras:
        import_module(f"vartrack.extras.{name}").register(registry)
    value = make()
    if base is not None:
        fields = {"fields": tuple(vars(value))} if base is RecordVisitor else {}
        registry.register(type("Mine", (base,), {"types": (type(value),), **fields}))
    found: list[Any] = []
    with vartrack.use(registry):
        compiled = torch.compile(use, backend="eager", fullgraph=fullgraph)
        for factor in (1, 2, 2):
            scale = Scale.by = factor
            try:
                found.append(compiled(X, value).item())
            except Unsupported:
                found.append(None)
            expected = use(X, value).item()
            assert found[-1] in (expected, None), f"{found[-1]} instead of {expected}"
    scale = Scale.by = 1
    return found


ROWS = [
    pytest.param(make, use, base, id=f"{type(make()).__name__} {name} {base.__name__}")
    for make, uses in USES.items()
    for name, use in uses.items()
    for base in BASES
    if not (base is MappingVisitor and not isinstance(make(), Mapping))
    if not (base is RecordVisitor and isinstance(make(), OF_C))
]


@pytest.mark.parametrize(("make", "use", "base"), ROWS)
def test_what_it_reads_is_guarded_or_refused(make: Any, use: Any, base: Any) -> None:
    """And what torch alone traces is not refused."""
    try:
        alone = answers(make, use, None, fullgraph=True)
    except torch._dynamo.exc.InternalTorchDynamoError:
        alone = [None]
    torch._dynamo.reset()
    ours = answers(make, use, base, fullgraph=True)
    assert None in alone or None not in ours or use in IDENTITIES
    torch._dynamo.reset()
    assert None not in answers(make, use, base, fullgraph=False)


#: What does not change while a program runs, or is guarded where it is, as ``__index__``.
READS: dict[str, Callable[[Any], int]] = {
    "a number": lambda self: Scale.by,
    "of a class inside": lambda self: Scale.Inner.by,
    "a function": lambda self: Scale.fixed(),
    "of the metaclass": lambda self: len(Scale.__name__) + len(Scale.mro()),
    "a name that is not there": lambda self: Scale.no if hasattr(Scale, "no") else 5,  # type: ignore[attr-defined]
    "a member of an enum": lambda self: Kind.ONE.value if Kind.ONE is Kind["ONE"] else 0,
    "of a module": lambda self: here.scale,  # type: ignore[attr-defined]
}


@pytest.mark.parametrize("name", READS)
def test_what_is_read_of_a_class_does_not_break_the_graph(name: str) -> None:
    numbered: Any = type("Numbered", (), {"__index__": READS[name]})
    registry = vartrack.stock.derive("mine")
    registry.register(type("Mine", (ConstantVisitor,), {"types": (numbered,)}))

    def use(x: torch.Tensor, v: Any) -> torch.Tensor:
        return x + int(hex(v), 16)

    with vartrack.use(registry):
        compiled = torch.compile(use, backend="eager", fullgraph=True)
        assert compiled(X, numbered()).item() == use(X, numbered()).item()


@pytest.mark.parametrize("fullgraph", [True, False])
@pytest.mark.parametrize("name", EXTRAS)
def test_extras_guard_what_a_package_calls_back(name: str, fullgraph: bool) -> None:
    make, use = EXTRAS[name]
    found = answers(make, use, None, fullgraph=fullgraph, extras=(name,))
    assert fullgraph or None not in found


@pytest.mark.parametrize("fullgraph", [True, False])
def test_what_is_read_of_an_object_elsewhere_breaks_the_graph(fullgraph: bool) -> None:
    registry = vartrack.stock.derive("mine")
    registry.register(type("Mine", (ConstantVisitor,), {"types": (Moment,)}))
    value = Moment(2020, 1, 1, tzinfo=Shifted())
    with vartrack.use(registry):
        compiled = torch.compile(
            lambda x, v: x + v.timestamp() % 100_000, backend="eager", fullgraph=fullgraph
        )
        for hours in (1, 2):
            SHIFT["hours"] = hours
            if fullgraph:
                with pytest.raises(Unsupported, match="utcoffset reads 'SHIFT', which is not"):
                    compiled(X, value)
            else:
                assert compiled(X, value).item() == X.item() + value.timestamp() % 100_000


def a_profile(frame: Any, event: str, arg: Any) -> None:
    """Of Python; the one of `cProfile` is in C up to Python 3.11, and no function."""


@pytest.mark.parametrize("in_c", [False, True])
def test_a_profiler_is_there_again_after_the_compile(in_c: bool) -> None:
    registry = vartrack.stock.derive("mine")
    registry.register(type("Mine", (ConstantVisitor,), {"types": (Moment,)}))
    profiler = cProfile.Profile()
    if in_c:
        profiler.enable()
    else:
        sys.setprofile(a_profile)
    before = sys.getprofile()
    try:
        with vartrack.use(registry):
            compiled = torch.compile(
                lambda x, v: x + v.timestamp() % 100_000, backend="eager", fullgraph=True
            )
            value = moment()
            assert compiled(X, value).item() == X.item() + value.timestamp() % 100_000
        assert sys.getprofile() is before
    finally:
        if in_c:
            profiler.disable()
        else:
            sys.setprofile(None)


def test_what_the_collector_calls_is_not_code_of_the_value() -> None:
    """A call of a finalizer that came just then had a comparison answered by the key, once."""
    called = []
    gc.callbacks.append(lambda phase, info: called.append(phase))
    try:
        with seeing(Decimal(1)) as found:
            kept = [*map(list, [()] * gc.get_threshold()[0] * 2)]  # runs nothing but C
            was_called = bool(called)
        assert not found.ran
        assert not was_called
        assert gc.isenabled()
        gc.collect()
        assert called
        assert kept
    finally:
        gc.callbacks.pop()
