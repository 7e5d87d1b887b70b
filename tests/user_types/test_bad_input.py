"""Types and keys that serve badly: refused or warned of, and the answer is Python's all the same."""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import datetime
import enum
import gc
import itertools
import os
import time
import warnings
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import (
    ConstantVisitor,
    MappingVisitor,
    OpaqueVisitor,
    RecordVisitor,
    SnapshotVisitor,
    Visitor,
)
from vartrack.core.user_code.outside import watching
from vartrack.errors import VisitorWarning

pytestmark = pytest.mark.usefixtures("fresh")


class Thing(datetime.timedelta):
    """What is asked of it is answered in C, which is evaluated and not traced."""

    def __new__(cls, number: int = 1, *rest: int) -> Thing:
        return super().__new__(cls, number, *rest)

    def __init__(self, number: int = 1, *rest: int) -> None:
        self.number = number


def made(base: Any, cls: type = Thing, **attributes: Any) -> type[Visitor]:
    return type(f"{cls.__name__}s", (base,), {"types": (cls,), **attributes})


def lengths(x: torch.Tensor, v: Any) -> torch.Tensor:
    hash(v)  # which depends on all that it is
    return x + int(str(v).partition(" ")[0])


def answers(
    visitor: type[Visitor],
    values: list[Any],
    function: Callable[..., Any] = lengths,
    fullgraph: bool = False,
) -> list[Any]:
    """What the compiled function gives, one value after the other."""
    torch._dynamo.reset()
    registry = vartrack.stock.derive("bad input")
    registry.register(visitor)
    found = []
    with vartrack.use(registry):
        run = torch.compile(function, backend="eager", fullgraph=fullgraph)
        for value in values:
            try:
                found.append(run(torch.ones(1), value).item())
            except AttributeError as error:
                found.append(type(error))
    return found


# keys


COUNT = itertools.count()


def raising(value: Thing) -> Any:
    raise OSError("no key today")


class Late:
    """A key that raises once what it was compiled for was compiled."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, value: Thing) -> int:
        self.calls += 1
        if self.calls > 3:
            raise OSError("no key any more")
        return value.number


@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor])
@pytest.mark.parametrize(
    "key, words",
    [
        (raising, "OSError: no key today"),
        (itertools.count().__next__, "TypeError: "),
        (lambda value: next(COUNT), "is not equal to itself"),
        (lambda value: time.perf_counter_ns(), "is not equal to itself"),
        (lambda value: object(), "is not equal to itself"),
    ],
)
def test_a_key_that_raises_or_changes(base: Any, key: Any, words: str) -> None:
    visitor = made(base, key=staticmethod(key))
    assert answers(visitor, [Thing(1), Thing(2), Thing(1)]) == [2, 3, 2]
    with pytest.raises(Unsupported, match=words) as caught:
        answers(visitor, [Thing(1)], fullgraph=True)
    assert "Things" in str(caught.value) or "Thing" in str(caught.value)


def test_a_key_that_tells_which_object_it_is() -> None:
    """A snapshot is evaluated on a copy, of which it says something else."""
    visitor = made(SnapshotVisitor, key=staticmethod(id))
    assert answers(visitor, [Thing(1), Thing(2), Thing(1)]) == [2, 3, 2]
    with pytest.raises(Unsupported, match="key gives something else for a copy of the value"):
        answers(visitor, [Thing(1)], fullgraph=True)


@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor])
def test_a_key_that_begins_to_raise(base: Any) -> None:
    """What was compiled does not count any more, and nothing else can be compiled."""
    visitor = made(base, key=staticmethod(Late()))
    assert answers(visitor, [Thing(1), Thing(2), Thing(1), Thing(4)]) == [2, 3, 2, 5]


@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor])
def test_a_key_that_takes_long(base: Any) -> None:
    """A warning, once for the visitor, with the time and what to do, at the visitor's line."""

    def slow(value: Thing) -> int:
        time.sleep(0.003)
        return value.number

    visitor = made(base, key=staticmethod(slow))
    with pytest.warns(VisitorWarning) as told:
        assert answers(visitor, [Thing(1), Thing(2), Thing(1)]) == [2, 3, 2]
        assert answers(visitor, [Thing(1)]) == [2]
    assert len(told) == 1
    text = str(told[0].message)
    assert "[VT601] Things checks a Thing at every call" in text and " ms." in text
    assert told[0].filename == __file__


def test_a_key_that_is_quick_is_not_warned_of() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", VisitorWarning)
        answers(made(ConstantVisitor, key=staticmethod(str)), [Thing(1)])


def test_a_key_that_was_slow_once_is_not_warned_of() -> None:
    """The machine may have had something else to do."""
    calls = itertools.count(1)

    def slow(value: Thing) -> int:
        if next(calls) == 2:
            time.sleep(0.005)
        return value.number

    with warnings.catch_warnings():
        warnings.simplefilter("error", VisitorWarning)
        answers(made(ConstantVisitor, key=staticmethod(slow)), [Thing(1)])


# comparison that reads a file


class OfFile:
    """Equal if what their files hold is."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def text(self) -> str:
        return self.path.read_text()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OfFile) and self.text() == other.text()

    def __hash__(self) -> int:
        return 1


def test_a_comparison_that_reads_a_file(tmp_path: Path) -> None:
    """It is refused with the name of what it calls, and the answer follows the file."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("a")
    two.write_text("a")
    value, other = OfFile(one), OfFile(two)

    def same(x: torch.Tensor, v: OfFile) -> torch.Tensor:
        return x + 1 if v == other else x

    registry = vartrack.stock.derive("files")
    registry.register(made(ConstantVisitor, OfFile))
    with vartrack.use(registry):
        run = torch.compile(same, backend="eager")
        for text in ("a", "b", "a"):
            two.write_text(text)
            assert run(torch.zeros(1), value).item() == (text == "a")
        torch._dynamo.reset()
        with pytest.raises(Unsupported, match=r"comparing an OfFile calls open, so that"):
            torch.compile(same, backend="eager", fullgraph=True)(torch.zeros(1), value)


class Interrupted(Thing):
    """Something else runs while it is compared, once: the collector of garbage, say."""

    ran = False

    def __eq__(self, other: object) -> bool:
        if not Interrupted.ran:
            Interrupted.ran = time.time() > 0
        return super().__eq__(other)

    def __hash__(self) -> int:
        return 1


def test_what_runs_in_between_is_not_taken_for_the_comparison() -> None:
    visitor = made(ConstantVisitor, Interrupted)
    assert answers(visitor, [Interrupted(3)], fullgraph=True) == [4]
    assert Interrupted.ran


def test_a_key_may_read_a_file(tmp_path: Path) -> None:
    """Who says so means it, and it is read at every call."""
    file = tmp_path / "file"

    def length(x: torch.Tensor, v: OfFile) -> torch.Tensor:
        return x + len(v.text())

    visitor = made(ConstantVisitor, OfFile, key=staticmethod(OfFile.text))
    value = OfFile(file)
    registry = vartrack.stock.derive("files")
    registry.register(visitor)
    with vartrack.use(registry):
        run = torch.compile(length, backend="eager", fullgraph=True)
        for text in ("a", "bb", "a"):
            file.write_text(text)
            assert run(torch.zeros(1), value).item() == len(text)


@pytest.mark.parametrize(
    "look, name",
    [
        (Path().stat, "posix.stat"),
        (time.time, "time.time"),
        (lambda: Path(os.devnull).open().close(), "open"),
        (lambda: os.fspath("a"), ""),
        (lambda: Path("a") == Path("b"), ""),
        (lambda: Path("/a/../b").with_name("c").parts, ""),
        (lambda: os.path.normpath("a/../b"), ""),
        (lambda: Decimal(1) == Decimal(2), ""),
    ],
)
def test_what_looks_outside(look: Callable[[], Any], name: str) -> None:
    with watching() as looks:
        look()
    assert looks.first == name


class Looked:
    """Evaluated while tracing, and compared by code that looks into a file."""

    def __complex__(self) -> complex:
        return 2 + 0j

    def __eq__(self, other: object) -> bool:
        with Path(__file__).open():
            return isinstance(other, Looked)

    __hash__ = None  # type: ignore[assignment]


def caught(x: torch.Tensor, v: Any) -> torch.Tensor:
    try:
        number = complex(v)
    except Exception:
        return x
    return x + number.real


def test_what_a_builtin_cannot_evaluate_says_why() -> None:
    """torch takes what its operands raise for an error of the program, which may catch it."""
    visitor = made(ConstantVisitor, Looked)
    assert answers(visitor, [Looked(), Looked()], caught) == [3, 3]
    with pytest.raises(Unsupported, match="comparing a Looked calls open") as refused:
        answers(visitor, [Looked()], caught, fullgraph=True)
    assert "Set `key` of Lookeds" in str(refused.value)


# properties that delete


def deleting_itself() -> type:
    class Once(Thing):
        @property
        def part(self) -> int:
            del type(self).part  # type: ignore[misc]
            return self.number

    return Once


def deleting_another() -> type:
    class Moving(Thing):
        @property
        def part(self) -> int:
            number = self.number
            del self.number
            return number

    return Moving


def deleting_by_name() -> type:
    class Once(Thing):
        @property
        def part(self) -> int:
            delattr(type(self), "part")
            return self.number

    return Once


def part_of(x: torch.Tensor, v: Any) -> torch.Tensor:
    return x + v.part


@pytest.mark.parametrize(
    "base, make",
    [
        *((None, make) for make in (deleting_itself, deleting_another, deleting_by_name)),
        *(
            (ConstantVisitor, make)
            for make in (deleting_itself, deleting_another, deleting_by_name)
        ),
        *((SnapshotVisitor, make) for make in (deleting_itself, deleting_by_name)),
        *((RecordVisitor, make) for make in (deleting_itself, deleting_another, deleting_by_name)),
    ],
)
def test_a_property_that_deletes(base: Any, make: Callable[[], type]) -> None:
    """It does so once, when the program does, and never while tracing."""
    cls = make()
    value = cls(3)
    attributes: dict[str, Any] = {}
    if base is RecordVisitor:
        attributes["fields"] = staticmethod(lambda value: tuple(vars(value)))
    elif base is ConstantVisitor:
        attributes["key"] = staticmethod(lambda value: getattr(value, "number", None))
    visitor = made(base or SnapshotVisitor, cls if base else Decimal, **attributes)
    assert answers(visitor, [value, value], part_of) == [4, AttributeError]


@pytest.mark.parametrize(
    "base, message",
    [
        (ConstantVisitor, "part deletes an attribute"),
        (SnapshotVisitor, "__delattr__"),  # it is traced, and torch breaks where it deletes
    ],
)
def test_a_property_that_deletes_is_refused(base: Any, message: str) -> None:
    cls = deleting_itself()
    visitor = made(base, cls, key=staticmethod(lambda value: value.number))
    with pytest.raises(Unsupported, match=message):
        answers(visitor, [cls(3)], part_of, fullgraph=True)
    assert "part" in vars(cls)


def test_a_property_of_ones_own_that_torch_refuses_is_not_evaluated() -> None:
    """Neither by vartrack nor by torch: what it reads would have no guard."""

    class Reading(Thing):
        @property
        def part(self) -> int:
            return len([*Path().iterdir()])

    visitor = made(SnapshotVisitor, Reading)
    with pytest.raises(Unsupported):
        answers(visitor, [Reading(3)], part_of, fullgraph=True)


# types that torch traces better


@dataclasses.dataclass
class Point:
    x: int = 1
    y: int = 2


@dataclasses.dataclass(frozen=True)
class Fixed:
    x: int = 1
    y: int = 2


class Pair(NamedTuple):
    x: int = 1
    y: int = 2


class Table(dict[str, int]):
    pass


class Row(list[int]):
    pass


class Queue(collections.deque[int]):
    pass


class Colour(enum.Enum):
    RED = 1


class Measured(Decimal):
    pass


@dataclasses.dataclass(frozen=True)
class Priced(Decimal):
    """More than a dataclass."""


@pytest.mark.parametrize("cls", [Point, Fixed, Pair, Table, Row, Queue])
def test_a_constant_that_torch_traces_better(cls: type) -> None:
    """A warning when it is registered, at that line, with what to do; and it is registered."""
    registry = vartrack.stock.derive("better")
    with pytest.warns(
        VisitorWarning, match=rf"VT210.*{cls.__name__}s.* a {cls.__name__} is"
    ) as told:
        registry.register(made(ConstantVisitor, cls))
    assert len(told) == 1 and told[0].filename == __file__
    assert f"register nothing for {cls.__name__}" in str(told[0].message)
    assert registry.resolve(cls()).name == f"{cls.__name__}s"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "base, cls",
    [
        *((ConstantVisitor, cls) for cls in (Thing, Colour, Measured, Priced)),
        *((SnapshotVisitor, cls) for cls in (Point, Table, Row, Thing)),
    ],
)
def test_others_are_not_warned_of(base: Any, cls: type) -> None:
    """An enumeration neither: torch compiles once for each member that is only carried."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", VisitorWarning)
        vartrack.stock.derive("better").register(made(base, cls))


def test_what_the_warning_says_is_true() -> None:
    """Of a dict ``**v`` breaks the graph under it, and not without."""

    def merged(x: torch.Tensor, v: Any) -> torch.Tensor:
        return x + len({**v})

    values = [Table(a=1), Table(a=1, b=2)]
    compiled = torch.compile(merged, backend="eager", fullgraph=True)
    assert [compiled(torch.ones(1), value).item() for value in values] == [2, 3]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VisitorWarning)
        visitor = made(ConstantVisitor, Table)
        assert answers(visitor, values, merged) == [2, 3]


class Count(int):
    by: torch.Tensor

    def doubled(self) -> int:
        return self * 2


class Name(str):
    by: torch.Tensor

    def doubled(self) -> int:
        return len(self) * 2


class Rows(list[int]):
    by: torch.Tensor

    def doubled(self) -> int:
        return sum(self) + self[0] + len(self)


class Named(dict[str, int]):
    by: torch.Tensor

    def doubled(self) -> int:
        return sum(self.values()) + self["a"] + len(self)


class Both(NamedTuple):
    one: int
    by: Any = torch.ones(1)

    def doubled(self) -> int:
        one, _ = self
        return one * 2 + len(self) + self[0]


@pytest.mark.parametrize(
    "values",
    [
        [Count(2), Count(3)],
        [Name("a"), Name("ab")],
        [Rows([2]), Rows([3]), Rows([3, 1])],
        [Named(a=2), Named(a=3), Named(a=3, b=1)],
        [Both(2), Both(3), Both(3, 4)],
    ],
    ids=lambda values: type(values[0]).__name__,
)
def test_a_record_that_holds_more_than_fields_is_left_to_torch(values: list[Any]) -> None:
    """With a warning, as the visitor does nothing for such a type; it serves the others."""
    cls = type(values[0])
    for value in values:
        if cls is not Both:
            value.by = torch.ones(1)
    visitor = type("Records", (RecordVisitor,), {"types": (cls, Thing)})
    registry = vartrack.stock.derive("left to torch")
    with pytest.warns(VisitorWarning, match=f"VT210.*{cls.__name__}.*left to torch"):
        registry.register(visitor)
    assert not isinstance(registry.resolve(values[0]), RecordVisitor)
    assert isinstance(registry.resolve(Thing()), RecordVisitor)

    def use(x: torch.Tensor, v: Any) -> torch.Tensor:
        return x * v.doubled() + v.by

    compiled = torch.compile(use, backend="eager", fullgraph=True)
    with vartrack.use(registry):
        for value in values:
            assert torch.equal(compiled(torch.ones(1), value), use(torch.ones(1), value))


class Weighed(float):
    """A number with an attribute."""


@pytest.mark.parametrize("fullgraph", [False, True])
def test_what_is_set_on_what_is_left_to_torch_breaks_the_graph(fullgraph: bool) -> None:
    """Or is done; torch alone ends the compile with an error of its own where it cannot."""

    def use(x: torch.Tensor, v: Any) -> torch.Tensor:
        v.weight = 5.0
        return x * v.weight

    registry = vartrack.stock.derive("left to torch")
    with pytest.warns(VisitorWarning, match="VT210"):
        registry.register(made(RecordVisitor, Weighed, fields=("weight",)))
    value = Weighed(1.5)
    value.weight = 1.0  # type: ignore[attr-defined]
    with vartrack.use(registry):
        try:
            got = torch.compile(use, backend="eager", fullgraph=fullgraph)(torch.ones(1), value)
        except Unsupported as refusal:
            assert (fullgraph and "Attribute mutation" in str(refusal)) or "is set" in str(refusal)
        else:
            assert torch.equal(got, use(torch.ones(1), Weighed(1.5)))
            assert value.weight == 5.0  # type: ignore[attr-defined]


def test_a_mapping_visitor_of_what_is_no_mapping_leaves_it_to_torch() -> None:
    """As a key of a dict it was another one than Python has it, say."""
    registry = vartrack.stock.derive("no mapping")
    with pytest.warns(VisitorWarning, match="VT210.*a Fixed is no mapping, as it has no `keys`"):
        registry.register(made(MappingVisitor, Fixed))
    assert not isinstance(registry.resolve(Fixed()), MappingVisitor)

    def use(x: torch.Tensor, v: Any) -> torch.Tensor:
        return x * {Fixed(2): 3}.get(v, 5)

    compiled = torch.compile(use, backend="eager", fullgraph=True)
    with vartrack.use(registry):
        for value in (Fixed(2), Fixed(3)):
            assert torch.equal(compiled(torch.ones(1), value), use(torch.ones(1), value))


def _table() -> Table:
    return Table(a=1, b=2)


def _row() -> Row:
    return Row([1, 2])


@pytest.mark.parametrize(
    "make, change, use",
    [
        (_table, lambda v: v.update(a=7), lambda x, v: x * v["a"]),
        (_table, lambda v: v.update(c=7), lambda x, v: x * len({**v})),
        (_row, lambda v: v.append(7), lambda x, v: x * sum(v)),
        (_row, lambda v: v.__setitem__(0, 7), lambda x, v: x * max(v)),
    ],
    ids=["item", "merged", "sum", "max"],
)
def test_a_container_that_is_taken_for_a_constant_is_looked_at_all_the_same(
    make: Callable[[], Any], change: Callable[[Any], None], use: Any
) -> None:
    """Whoever registers it is warned; its answer is that of now."""
    registry = vartrack.stock.derive("changed constants")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VisitorWarning)
        registry.register(made(ConstantVisitor, type(make())))
    value = make()
    compiled = torch.compile(use, backend="eager", fullgraph=True)
    with vartrack.use(registry):
        assert torch.equal(compiled(torch.ones(1), value), use(torch.ones(1), value))
        change(value)
        assert torch.equal(compiled(torch.ones(1), value), use(torch.ones(1), value))


class Recent(collections.OrderedDict[str, float]):
    """Reading an item moves it."""

    def __getitem__(self, key: str) -> float:
        self.move_to_end(key)
        return super().__getitem__(key)


class Spent(dict[str, float]):
    """Reading an item takes it away."""

    def __getitem__(self, key: str) -> float:
        return self.pop(key)


class Numbered(dict[str, float]):
    """Reading an item that is not there adds it."""

    def __missing__(self, key: str) -> float:
        self[key] = len(self)
        return self[key]


class Pile(list[float]):
    """Its length is what it takes to empty it."""

    def __len__(self) -> int:
        self.append(0.0)
        return super().__len__()


@pytest.mark.parametrize(
    "make, use",
    [
        (lambda: Recent(a=1.0, b=2.0), lambda x, v: x * v["a"]),
        (lambda: Recent(a=1.0, b=2.0), lambda x, v: x * next(iter({**v}.values()))),
        (lambda: Spent(a=1.0, b=2.0), lambda x, v: x * v["a"]),
        (lambda: Numbered(a=1.0, b=2.0), lambda x, v: x * v["c"]),
        (lambda: Pile([1.0, 2.0]), lambda x, v: x * len(v)),
    ],
    ids=["moved", "merged", "taken", "added", "counted"],
)
@pytest.mark.parametrize("fullgraph", [False, True])
def test_a_container_that_is_changed_by_being_read(
    make: Callable[[], Any], use: Any, fullgraph: bool
) -> None:
    """It is not changed while tracing: the answer is Python's, or the graph breaks."""
    registry = vartrack.stock.derive("changed by reading")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VisitorWarning)
        registry.register(made(ConstantVisitor, type(make())))
    compiled = torch.compile(use, backend="eager", fullgraph=fullgraph)
    mine, its = make(), make()
    with vartrack.use(registry):
        for _ in range(2):
            try:
                got = compiled(torch.ones(1), its)
            except Unsupported as refusal:
                assert fullgraph and "register nothing, as torch reads it" in str(refusal)
                assert (
                    [*its.items()] == [*make().items()] if isinstance(its, dict) else its == make()
                )
                return
            except KeyError:
                with pytest.raises(KeyError):
                    use(torch.ones(1), mine)
            else:
                assert torch.equal(got, use(torch.ones(1), mine))
            assert repr(its) == repr(mine)


class Slotted(datetime.timedelta):
    """One whose key counts how often it was asked."""

    __slots__ = ("asked",)

    def __init__(self, days: int) -> None:
        self.asked = 1


def counting_key(value: Slotted) -> int:
    value.asked += 1
    return value.days


def test_a_key_that_changes_a_slot() -> None:
    visitor = made(ConstantVisitor, Slotted, key=staticmethod(counting_key))
    values = [Slotted(1), Slotted(2)]
    assert answers(visitor, values) == [2, 3]
    assert [value.asked for value in values] == [1, 1]
    with pytest.raises(Unsupported, match="changes its attribute 'asked'"):
        answers(visitor, values, fullgraph=True)


def test_narrowed_visitors_are_not_warned_of() -> None:
    """They are for some of the values, which whoever wrote the test knows."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", VisitorWarning)
        visitor = made(ConstantVisitor, Point, when=staticmethod(lambda value: value.x == 3))
        vartrack.stock.derive("better").register(visitor)


def test_callbacks_of_the_collector_are_no_look() -> None:
    """The collector may run at any time, and what others have it call reads the clock."""

    def called(phase: str, info: Any) -> None:
        time.perf_counter()

    before = gc.get_threshold()
    gc.callbacks.append(called)
    gc.set_threshold(1)
    try:
        with watching(stops=True) as looks:
            kept = [[] for _ in range(100)]
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(called)
    assert len(kept) == 100 and not looks.first and gc.isenabled()


@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor, OpaqueVisitor])
def test_objects_whose_class_does_not_show_what_they_store(base: Any) -> None:
    """As from Python 3.12 on type variables."""
    loop = asyncio.new_event_loop()
    value = loop.create_future()
    registry = vartrack.stock.derive("unseen")
    registry.register(made(base, type(value)))
    run = torch.compile(
        lambda x, v: x + 1 if hasattr(v, "nothing") else x + getattr(v, "nowhere", 5),
        backend="eager",
        fullgraph=True,
    )
    with vartrack.use(registry):
        assert run(torch.zeros(1), value).item() == 5
    loop.close()
