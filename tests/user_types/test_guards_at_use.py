"""A value is guarded by what the trace relied on: its type when it is built, its content at use."""

from __future__ import annotations

import datetime
import functools
import itertools
import operator
from collections.abc import Callable
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

import pytest
import torch
from places import Counting
from torch._dynamo.variables.constant import ConstantVariable

import vartrack
from vartrack import ConstantVisitor, RecordVisitor, Registry, SnapshotVisitor


class Settings:
    """Changeable, and compared by its content."""

    def __init__(self, rate: int, name: str = "plain") -> None:
        self.rate = rate
        self.name = name
        self.layers = [rate]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Settings) and other.rate == self.rate

    def __lt__(self, other: Settings) -> bool:
        return self.rate < other.rate

    def __hash__(self) -> int:
        return hash(self.rate)

    def __bool__(self) -> bool:
        return self.rate > 0


@functools.cache
def folder(n: int) -> PurePosixPath:
    """The ``n``-th whose hash, another in each process, fits a symbol of torch."""
    if not n:
        return PurePosixPath("folder")
    last = folder(n - 1)
    names = (last.with_name(f"{last.name}{i}") for i in itertools.count())
    return next(name for name in names if 0 < hash(name) < 2**62)


VALUES: dict[str, Callable[[int], Any]] = {
    "constant": Decimal,
    "constant in Python": lambda n: PurePosixPath(*folder(n).parts),
    "snapshot": Settings,
}


@pytest.fixture
def registry() -> Registry:
    registry = vartrack.stock.derive("at use")
    for base, cls in (
        (ConstantVisitor, Decimal),
        (ConstantVisitor, PurePosixPath),
        (SnapshotVisitor, Settings),
    ):
        registry.register(type(f"{cls.__name__}Visitor", (base,), {"types": (cls,)}))
    return registry


class Box:
    value: Any = None


def in_attribute(x: torch.Tensor, v: Any, box: Box) -> Any:
    box.value = v
    return x + 1


def graphs(registry: Registry, function: Callable[..., Any], calls: list[tuple[Any, ...]]) -> int:
    """How many graphs it takes to be right for all ``calls``, in one piece each."""
    torch._dynamo.reset()
    backend = Counting()
    with vartrack.use(registry):
        run = torch.compile(function, backend=backend, fullgraph=True)
        for call in calls:
            found, expected = run(torch.ones(2), *call), function(torch.ones(2), *call)
            assert same(found, expected), (found, expected)
    return backend.graphs


def same(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, (tuple, list)):
        return type(one) is type(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return [*one] == [*other] and all(map(same, one.values(), other.values()))
    return one is other or (type(one) is type(other) and bool(one == other))


#: Uses that depend on nothing but the type.
CARRIED: dict[str, Callable[[torch.Tensor, Any], Any]] = {
    "unused": lambda x, v: x + 1,
    "returned": lambda x, v: (x + 1, v),
    "in a list": lambda x, v: (x + 1, [v, v]),
    "in a tuple in a dict": lambda x, v: (x + 1, {"key": (v, 2)}),
    "appended": lambda x, v: (x + 1, [*[1, 2], v]),
    "is None": lambda x, v: x + 1 if v is None else x + 2,
    "is not None": lambda x, v: x + 1 if v is not None else x + 2,
    "isinstance": lambda x, v: x + 1 if isinstance(v, (Decimal, Settings)) else x + 2,
    "type": lambda x, v: x + 1 if type(v) is Decimal else x + 2,
    "callable": lambda x, v: x + 1 if callable(v) else x + 2,
    "passed on": lambda x, v: (lambda y, w: (y * 2, w))(x, v),
    "in a cell": lambda x, v: (lambda y: (y * 2, v))(x),
    "a default": lambda x, v: (lambda y, w=v: (y * 2, w))(x),
    "in a cell two deep": lambda x, v: (lambda y: (lambda z: (z * 2, v))(y))(x),
    "in a comprehension": lambda x, v: [(y * 2, v) for y in (x, x + 1)],
    "in a generator": lambda x, v: list((y * 2, v) for y in (x, x + 1)),  # noqa: C400
    "in a key function": lambda x, v: (x + 1, sorted([2, 1], key=lambda n: -n if v is None else n)),
}


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("make", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("use", CARRIED.values(), ids=CARRIED)
def test_a_value_that_is_only_carried_needs_one_graph(
    registry: Registry, make: Callable[[int], Any], use: Callable[..., Any]
) -> None:
    """However many values there are, also more than torch makes graphs for."""
    assert graphs(registry, use, [(make(n),) for n in range(12)]) == 1


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("make", VALUES.values(), ids=VALUES)
def test_a_value_that_is_stored_in_an_attribute_needs_one_graph(
    registry: Registry, make: Callable[[int], Any]
) -> None:
    """What is stored is the value of the call."""
    backend, box = Counting(), Box()
    with vartrack.use(registry):
        run = torch.compile(in_attribute, backend=backend, fullgraph=True)
        for n in range(12):
            value = make(n)
            run(torch.ones(2), value, box)
            assert box.value is value
    assert backend.graphs == 1


#: What a use does with the hash that C code works out, written for the hash as a plain number.
WITH_THE_HASH: dict[str, Callable[[torch.Tensor, int], Any]] = {
    "hash": lambda x, h: x + h % 7,
    "an item": lambda x, h: x + [1, 2, 3, 4, 5][h % 5],
}

#: Uses that depend on the content.
USED: dict[str, Callable[[torch.Tensor, Any], Any]] = {
    "as a key": lambda x, v: (x + 1, {v: 1}),
    "in a set": lambda x, v: x + len({v, v}),
    "hash": lambda x, v: x + hash(v) % 7,
    "compared": lambda x, v: x + 1 if v < v else x,
    "an item": lambda x, v: x + [1, 2, 3, 4, 5][hash(v) % 5],
}


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("make", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("use", USED.values(), ids=USED)
def test_a_value_that_is_used_is_guarded_by_its_content(
    registry: Registry, make: Callable[[int], Any], use: Callable[..., Any]
) -> None:
    """One graph for each value, and the right answer when an earlier one comes again."""
    calls = [(make(n),) for n in (1, 2, 1, 3, 2)]
    expected = 3
    if use in (USED["as a key"], USED["in a set"]) and make is not Settings:
        expected = 1  # no other key is there: of the user's own hash what it reads counts
    if use is USED["compared"]:
        # the answer of C code counts alone; a number that the user's method reads becomes a symbol
        expected = 2 if make is Settings else 1
    for name, with_the_hash in WITH_THE_HASH.items():
        if use is USED[name] and make is not Settings:
            # what C code works out is a number like another: it becomes a symbol
            numbers = [(hash(value),) for (value,) in calls]
            expected = graphs(vartrack.stock, with_the_hash, numbers)
    assert graphs(registry, use, calls) == expected


@pytest.mark.usefixtures("fresh")
def test_a_branch_on_one_value_leaves_the_other_alone(registry: Registry) -> None:
    """Of two values the one that is only carried has no guard on its content."""

    def chosen(x: torch.Tensor, one: Any, other: Any) -> Any:
        return (x + 1 if one > 2 else x + 2), other

    calls = [(Decimal(3), Decimal(n)) for n in range(12)]
    assert graphs(registry, chosen, calls) == 1
    assert graphs(registry, chosen, [(Decimal(n), Decimal(0)) for n in (1, 3, 1)]) == 2


@pytest.mark.usefixtures("fresh")
def test_one_part_of_a_snapshot_is_guarded_alone(registry: Registry) -> None:
    """A number, a text or None that is read is guarded where it is, and the others may change."""

    def scaled(x: torch.Tensor, v: Any) -> Any:
        return x * v.rate

    calls = [(Settings(2, f"name{n}"),) for n in range(12)]
    assert graphs(registry, scaled, calls) == 1
    assert graphs(registry, scaled, [(Settings(n),) for n in (1, 2, 1, 2)]) == 2


class Scaling:
    """It can be called."""

    def __init__(self, rate: int, name: str) -> None:
        self.rate = rate
        self.name = name

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.rate


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor])
def test_a_call_depends_on_what_it_reads(base: Any) -> None:
    """And not on the rest of the value that is called."""
    registry = vartrack.stock.derive("called")
    registry.register(type("Scalings", (base,), {"types": (Scaling,)}))

    def called(x: torch.Tensor, v: Any) -> Any:
        return v(x)

    assert graphs(registry, called, [(Scaling(2, f"name{n}"),) for n in range(12)]) == 1
    assert graphs(registry, called, [(Scaling(n, "a"),) for n in (2, 3, 2, 4)]) == 2


@pytest.mark.usefixtures("fresh")
def test_a_field_that_c_code_reads_is_guarded_alone() -> None:
    """The year of a date does not depend on its day."""
    registry = vartrack.stock.derive("dates")
    registry.register(type("Dates", (ConstantVisitor,), {"types": (datetime.date,)}))

    def by_year(x: torch.Tensor, day: datetime.date) -> torch.Tensor:
        return x + day.year

    days = [(datetime.date(2020, 1, 1 + n),) for n in range(12)]
    assert graphs(registry, by_year, days) == 1
    years = [(datetime.date(year, 1, 1),) for year in (2020, 2021, 2020)]
    assert graphs(registry, by_year, years) == 2


@pytest.mark.usefixtures("fresh")
def test_a_part_that_is_read_and_changed_in_place_is_seen(registry: Registry) -> None:
    """Whether the part was read alone or together with all others."""
    settings = Settings(2)
    for function in (
        lambda x, v: x * v.rate,
        lambda x, v: x * v.rate if v else x,
        lambda x, v: x * v.rate * v.layers[0],
    ):
        torch._dynamo.reset()
        with vartrack.use(registry):
            run = torch.compile(function, backend="eager", fullgraph=True)
            for rate in (2, 3, 3, -1, 2):
                settings.rate = settings.layers[0] = rate
                x = torch.ones(2)
                assert torch.equal(run(x, settings), function(x, settings))


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("make", VALUES.values(), ids=VALUES)
def test_a_use_inside_a_nested_graph_is_guarded(
    registry: Registry, make: Callable[[int], Any]
) -> None:
    """torch traces the inside of checkpoints and branches for itself, and the guards count."""

    def inside(x: torch.Tensor, v: Any) -> torch.Tensor:
        return x * (hash(v) % 5 + len(v.__dir__()))

    def checkpointed(x: torch.Tensor, v: Any) -> Any:
        return torch.utils.checkpoint.checkpoint(inside, x, v, use_reentrant=False)

    def branched(x: torch.Tensor, v: Any) -> Any:
        return torch.cond(x.sum() > 0, lambda y: inside(y, v), lambda y: y - 1, (x,))

    for function in (checkpointed, branched):
        torch._dynamo.reset()
        calls = [(make(n),) for n in (1, 2, 1, 3)]
        assert graphs(registry, function, calls) >= 3


@pytest.mark.usefixtures("fresh")
def test_the_value_after_a_graph_break_is_that_of_the_call(registry: Registry) -> None:
    """What is carried over a break is loaded from where it was."""

    def broken(x: torch.Tensor, v: Any) -> Any:
        kept = [v]
        torch._dynamo.graph_break()
        return x + 1, kept, v

    with vartrack.use(registry):
        run = torch.compile(broken, backend="eager")
        for n in range(4):
            value = Decimal(n)
            _, kept, found = run(torch.ones(2), value)
            assert kept[0] is value and found is value


@pytest.mark.usefixtures("fresh")
def test_explain_shows_the_guard_that_came_at_use(registry: Registry) -> None:
    """With the value that it is for, and not before there was a use."""
    with vartrack.use(registry):
        for function, kinds in (
            (lambda x, v: (x + 1, v), ["TYPE_MATCH"]),
            (lambda x, v: x + 1 if operator.gt(v, 2) else x, ["TYPE_MATCH"]),
            (lambda x, v: (x + 1, v.__dir__()), ["TYPE_MATCH", "KEY_MATCH"]),
        ):
            found = vartrack.explain(function, torch.ones(2), Decimal(3)).find("L['v']")
            assert [guard.kind for guard in found.guards] == kinds


@pytest.mark.usefixtures("fresh")
def test_a_key_that_says_nothing_matters_only_at_use() -> None:
    """A value that is carried is carried, whatever its key does."""
    registry = vartrack.stock.derive("without a key")

    class Keyless(ConstantVisitor):
        types = (Settings,)
        key = staticmethod(lambda value: value.nothing)

    registry.register(Keyless)
    assert graphs(registry, lambda x, v: (x + 1, v), [(Settings(n),) for n in range(3)]) == 1
    with pytest.raises(torch._dynamo.exc.Unsupported, match="no usable key"):
        graphs(registry, lambda x, v: x + len(v.__dir__()), [(Settings(1),)])


@pytest.mark.usefixtures("fresh")
def test_a_tracker_of_a_subclass_of_ones_own_is_guarded_when_it_is_built() -> None:
    """Who makes the tracker otherwise need not know that the content is to be guarded."""

    class Names(ConstantVisitor):
        types = (Settings,)

        def tracker(self, ctx: Any, value: Any, children: Any, **options: Any) -> Any:
            return ConstantVariable.create(value.name)

    registry = vartrack.stock.derive("names")
    registry.register(Names)
    with vartrack.use(registry):
        run = torch.compile(lambda x, v: x + len(v), backend="eager", fullgraph=True)
        for rate, name in ((1, "one"), (2, "three"), (1, "one")):
            found = run(torch.ones(2), Settings(rate, name))
            assert torch.equal(found, torch.ones(2) + len(name))


class Ghostly:
    """Has an attribute that is computed where none of its name is stored."""

    def __init__(self, **stored: Any) -> None:
        self.__dict__.update(stored)

    def __getattr__(self, name: str) -> Any:
        if name == "ghost":
            return 5
        raise AttributeError(name)


GHOSTLY: dict[str, Any] = {
    "read": lambda x, v: x * v.ghost,
    "read or else": lambda x, v: x * getattr(v, "other", 3),
    "asked for": lambda x, v: x + 1 if hasattr(v, "other") else x,
    "asked for what is computed": lambda x, v: x + 1 if hasattr(v, "ghost") else x,
}


@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor, RecordVisitor])
@pytest.mark.parametrize("name", GHOSTLY)
def test_what_is_not_stored_is_guarded_where_the_class_computes_it(base: Any, name: str) -> None:
    registry = vartrack.stock.derive("ghostly")
    registry.register(type("Ghosts", (base,), {"types": (Ghostly,)}))
    function, counting = GHOSTLY[name], Counting()
    with vartrack.use(registry):
        compiled = torch.compile(function, backend=counting, fullgraph=True)
        for stored in ({"n": 1}, {"n": 2}, {"n": 3}):
            compiled(torch.ones(2), Ghostly(**stored))
        assert counting.graphs == 1  # what else is stored does not matter
        for stored in ({"ghost": 9}, {"other": 7}, {"n": 2}, {"other": 8, "ghost": 4}):
            value = Ghostly(**stored)
            assert torch.equal(compiled(torch.ones(2), value), function(torch.ones(2), value))


class Rates:
    """Has a zero, and something else."""

    def __init__(self, rate: float, pair: tuple[float, float], other: int) -> None:
        self.rate, self.pair, self.other = rate, pair, other

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rates) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash(self.other)


@pytest.mark.parametrize("base", (ConstantVisitor, SnapshotVisitor))
def test_of_a_zero_its_sign_counts_and_nothing_else(base: type) -> None:
    registry = vartrack.stock.derive("mine")
    registry.register(type("Values", (base,), {"types": (Rates,)}))
    backend = Counting()
    with vartrack.use(registry):
        compiled = torch.compile(lambda x, v: x * v.rate + v.pair[0], backend=backend)
        for other in range(4):
            compiled(torch.ones(2), Rates(0.0, (0.0, 1.0), other))
        assert backend.graphs == 1
        found = compiled(torch.ones(2), Rates(-0.0, (-0.0, 1.0), 0))
        assert torch.signbit(found).all()
