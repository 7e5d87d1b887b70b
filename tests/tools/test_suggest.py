"""`vartrack.suggest`: what is tried, what it says, and that what it says holds."""

from __future__ import annotations

import array
import collections
import configparser
import contextvars
import ctypes
import dataclasses
import datetime
import enum
import functools
import ipaddress
import itertools
import json
import re
import sqlite3
import struct
import sys
import threading
import warnings
import weakref
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any, Generic, NamedTuple, TypeVar
from xml.etree import ElementTree

import numpy as np
import pydantic
import pytest
import torch
from packaging.tags import Tag
from packaging.version import Version

import vartrack
from vartrack import Suggestion, suggest
from vartrack.__main__ import main
from vartrack.core.texts.wording import worded
from vartrack.suggestion.choosing import fitting_base
from vartrack.suggestion.others import changed_values, equal_values
from vartrack.suggestion.traits import traits_of
from vartrack.suggestion.writing import class_from, written
from vartrack.testing import check_guards
from vartrack.trials.uses import OPERAND, TEXTS

pytestmark = pytest.mark.usefixtures("as_before")

Held = TypeVar("Held")


class Length:
    """Equal if it is as long, whatever it was written in."""

    def __init__(self, number: int, unit: str) -> None:
        self.number = number
        self.unit = unit

    def metres(self) -> float:
        return self.number * {"m": 1.0, "cm": 0.01}[self.unit]

    def __complex__(self) -> complex:  # which no release of torch traces
        return complex(self.metres())

    def in_centimetres(self) -> Length:
        return self if self.unit == "cm" else Length(self.number * 100, "cm")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Length) and self.metres() == other.metres()

    def __hash__(self) -> int:
        return hash(self.metres())

    def __repr__(self) -> str:
        return f"{self.number} {self.unit}"


@dataclasses.dataclass
class Point:
    x: int = 1
    y: int = 2


class Plain:
    def __init__(self) -> None:
        self.rate = 1
        self.name = "plain"


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Status(enum.IntEnum):
    GOOD = 1
    BAD = 2


class Schedule:
    """Changeable, with a protocol that torch does not trace, and a cache."""

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end

    @functools.cached_property
    def steps(self) -> int:
        return self.end - self.start

    def __round__(self, digits: int = 0) -> int:
        return self.steps

    def __repr__(self) -> str:
        return f"Schedule({self.start}, {self.end})"


class Lazy:
    """Compared by content, with a slot that is filled when it is asked for its hash."""

    __slots__ = ("_hash", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self._hash: int | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lazy) and self.number == other.number

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(self.number)
        return self._hash

    def __repr__(self) -> str:
        return f"Lazy({self.number})"


CONSTANTS: list[tuple[Any, ...]] = [
    (Decimal("1.0"), Decimal("1.00"), Decimal("2")),
    (Version("2.1"), Version("2.1.0"), Version("3")),
    (Length(3, "m"), Length(300, "cm"), Length(2, "m")),
]
INSTANT = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
ELSEWHERE = INSTANT.astimezone(datetime.timezone(datetime.timedelta(hours=2)))


class Counted:
    """torch does not trace what it gives as a complex number."""

    def __init__(self, number: int = 1) -> None:
        self.number = number

    def __complex__(self) -> complex:
        return complex(self.number)


class Leaving(Counted):
    def total(self) -> int:
        sys.exit(3)


class Keyed(Counted):
    """Raises what an attribute that is not there does not."""

    def __getattr__(self, name: str) -> Any:
        return {}[name]


class Keywords(Counted):
    """Attributes that no program can name."""

    def __init__(self, number: int = 1) -> None:
        super().__init__(number)
        self.__dict__ |= {"class": 1, "two words": 2}

    @functools.cached_property
    def double(self) -> int:
        return self.number * 2


class Uncopied(Counted):
    def __deepcopy__(self, memo: Any) -> Any:
        raise TypeError("there is no second one")


class Only(Counted):
    """There is one, whatever it is asked for."""

    def __deepcopy__(self, memo: Any) -> Any:
        return self

    def total(self) -> int:
        self.number += 1
        return self.number


class Moment:
    """Equal in all zones; what it shows of itself is by `str` alone."""

    def __init__(self, seconds: int, zone: int) -> None:
        self.seconds = seconds
        self.zone = zone

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Moment) and self.seconds == other.seconds

    def __hash__(self) -> int:
        return hash(self.seconds)

    def __str__(self) -> str:
        return f"{self.seconds + 3600 * self.zone} UTC+{self.zone}"


class Labelled(Counted):
    """Compared without its label, which it shows."""

    def __init__(self, number: int = 1, label: str = "a") -> None:
        super().__init__(number)
        self.label = label

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Labelled) and self.number == other.number

    def __hash__(self) -> int:
        return hash(self.number)

    def __repr__(self) -> str:
        return f"Labelled({self.number}, {self.label!r})"


class Abridged(Labelled):
    """Shows less than it compares."""

    def __repr__(self) -> str:
        return f"Abridged({self.label!r})"


class Looking(Labelled):
    """Compared by code that looks into a file."""

    def __eq__(self, other: object) -> bool:
        with Path(__file__).open():
            return super().__eq__(other)

    __hash__ = Labelled.__hash__


class Whole(int):
    """Torch compiles it anew for each number, also where it is only passed on."""


class Corner(NamedTuple):
    name: str
    at: int


@functools.cache
def looked_at(*values: Any) -> Suggestion:
    """What is suggested for values that several tests are about."""
    return suggest(*values)


def registered(found: Suggestion, cls: type) -> Any:
    """The visitor that the text registers when it is pasted."""
    names = {cls.__name__: cls}
    before = set(vartrack.default)
    exec(found.visitor, names)
    (visitor,) = set(vartrack.default) - before
    return type(visitor)


@pytest.mark.parametrize("values", CONSTANTS, ids=lambda values: type(values[0]).__name__)
def test_values_that_are_equal_and_print_differently(values: tuple[Any, ...]) -> None:
    """The key tells them apart; the visitor can be pasted, and passes the check."""
    found = looked_at(*values)
    assert found.equals[0] == (repr(values[0]), repr(values[1]))
    if isinstance(values[0], Version) and not found.base:  # torch copes since 2.15
        assert {t.torch for t in found.trials if t.use not in TEXTS} == {"ok"}
        return
    assert found.base == "ConstantVisitor" and found.key
    visitor = registered(found, type(values[0]))
    assert visitor.__mro__[1] is vartrack.ConstantVisitor
    check_guards(visitor, values, places=["argument"], protocols=False, slowest=None)


def test_one_instant_in_two_zones() -> None:
    """torch alone gives the old answer, which is seen. `str` does not tell which zone it is."""
    found = looked_at(INSTANT, ELSEWHERE)
    assert found.equals and found.base == "ConstantVisitor" and found.key == "repr"
    assert "stale" in {trial.torch for trial in found.trials}
    assert {trial.visitor for trial in found.trials if trial.torch == "stale"} == {"ok"}
    assert found.ready_made == ("stdlib",)
    visitor = registered(found, datetime.datetime)
    check_guards(visitor, [INSTANT, ELSEWHERE], places=["argument"], protocols=False, slowest=None)


@pytest.mark.parametrize(
    "value",
    [Decimal("1.0"), Version("2.1"), Length(3, "m"), INSTANT],
    ids=lambda value: type(value).__name__,
)
def test_equal_values_are_found_if_none_are_given(value: Any) -> None:
    """By other texts, by methods that give the same type, by other zones."""
    found = list(equal_values(value))
    assert found
    assert all(one == value and repr(one) != repr(value) for one in found)


def test_values_whose_parts_do_not_fit_together_are_not_tried() -> None:
    """A unit that no `Length` knows says nothing of lengths."""
    found = suggest(Length(3, "m"))
    assert found.base == "ConstantVisitor"
    assert {trial.visitor for trial in found.trials if trial.torch == "ok"} == {"ok"}


@pytest.mark.parametrize(
    "value", [Point(), Plain(), [1, 2]], ids=lambda value: type(value).__name__
)
def test_torch_copes(value: Any) -> None:
    """Then there is nothing to register, and the trials say why."""
    found = suggest(value)
    assert found.base == found.visitor == found.key == ""
    assert "torch copes with" in found.reasons[0] or "torch itself needs" in found.reasons[0]
    assert {trial.use for trial in found.trials} >= {"v", "v is None"}
    assert "Register nothing" in str(found)


def test_torch_has_a_way_of_its_own() -> None:
    """A snapshot would do better at what is tried, and lose what changes a deque."""
    found = suggest(collections.deque([1]))
    assert found.base == found.visitor == ""
    assert "torch has a way of its own with deque" in found.reasons[0]


def test_what_torch_does_is_what_it_does_by_itself() -> None:
    """Each status is that of a program of one's own."""
    found = {trial.use: trial.torch for trial in looked_at(*CONSTANTS[0]).trials}

    def status(function: Any) -> str:
        torch._dynamo.reset()
        compiled = torch.compile(function, backend="eager", fullgraph=True)
        try:
            pairs = [
                (compiled(torch.ones(1), v)[1], function(torch.ones(1), v)[1]) for v in CONSTANTS[0]
            ]
        except torch._dynamo.exc.Unsupported:
            return "graph break"
        except Exception:
            return "crash"
        return "ok" if all(one == other for one, other in pairs) else "stale"

    one = Decimal("1.0")
    assert found["v"] == status(lambda x, v: (x + 1, v))
    assert found["v == other"] == status(lambda x, v: (x + 1, v == one))
    assert found["float(v)"] == status(lambda x, v: (x + 1, float(v)))
    assert found["-v"] == status(lambda x, v: (x + 1, -v))
    assert len(set(found.values())) >= 3


def test_caches_are_left_out_of_the_key() -> None:
    """Those of ``cached_property``, of a snapshot; the visitor passes with a cache that is full."""
    found = suggest(Schedule(1, 4), Schedule(1, 5))
    assert found.caches == ("steps",)
    if found.base:
        assert found.base == "SnapshotVisitor"
        assert found.key == "(value.start, value.end)" and "without steps" in found.visitor
        visitor = registered(found, Schedule)
        full = Schedule(1, 4)
        assert full.steps == 3
        values = [Schedule(1, 4), full, Schedule(1, 5)]
        check_guards(visitor, values, graphs=2, places=["argument"], slowest=None)


@pytest.mark.parametrize("cls", [Leaving, Keyed, Keywords], ids=lambda cls: cls.__name__)
def test_odd_members_end_nothing(cls: type) -> None:
    """Exiting the process, raising something else, names that cannot be written."""
    found = suggest(cls())
    assert "complex(v)" in [trial.use for trial in found.trials]
    assert not {"v.class", "v.two words"} & {trial.use for trial in found.trials}
    assert found.base == "SnapshotVisitor" and found.key == ""


def test_caches_are_not_called_methods_that_were_not_tried() -> None:
    found = suggest(Grown())
    assert found.caches == ("double",)
    assert not any("Not tried" in reason for reason in found.reasons)


class Grown:
    @functools.cached_property
    def double(self) -> int:
        return 2


@pytest.mark.parametrize("cls", [Uncopied, Only], ids=lambda cls: cls.__name__)
def test_what_cannot_be_copied_can_change_all_the_same(cls: type) -> None:
    """And it is left as it is: there is no other one to try things with."""
    value = cls()
    found = suggest(value)
    assert found.base == "SnapshotVisitor"
    assert vars(value) == {"number": 1}


@pytest.mark.parametrize("member", [Colour.RED, Status.GOOD], ids=lambda member: member.name)
def test_the_members_of_an_enumeration_are_left_as_they_are(member: enum.Enum) -> None:
    """A copy of one is itself."""
    before = [(each.name, each.value) for each in type(member)]
    suggest(member)
    assert [(each.name, each.value) for each in type(member)] == before


def test_what_is_not_compared_is_found_without_another_value() -> None:
    found = suggest(Labelled())
    assert found.equals == (("Labelled(1, 'a')", "Labelled(1, 'ax')"),)
    assert found.key == "str"


def test_what_has_a_text_by_str_alone_prints_as_well() -> None:
    """Its `repr` says where it is and nothing else."""
    found = suggest(Moment(3600, 1))
    assert found.equals == (
        (f"<{__name__}.Moment object: 7200 UTC+1>", f"<{__name__}.Moment object: 10800 UTC+2>"),
    )
    assert found.key == "str"
    assert {"str(v)", "format(v)"} <= {trial.use for trial in found.trials}
    moments = [Moment(3600, 1), Moment(3600, 2), Moment(0, 1)]
    check_guards(registered(found, Moment), moments, places=["argument"], slowest=None)
    coarse = type("Coarse", (vartrack.ConstantVisitor,), {"types": (Moment,)})
    with pytest.warns(vartrack.errors.VisitorWarning, match=r"7200 UTC\+1.*print differently"):
        check_guards(coarse, moments, places=["argument"], slowest=None)


def test_a_text_that_shows_less_than_what_is_compared_is_no_key() -> None:
    found = suggest(Abridged(), Abridged(2), Abridged(1, "b"))
    assert found.key == "(value.number, value.label)"
    check_guards(registered(found, Abridged), [Abridged(), Abridged(2), Abridged(1, "b")])


@pytest.mark.parametrize(
    "value",
    [PurePosixPath("/a/b"), ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_interface("::1/9")],
    ids=lambda value: type(value).__name__,
)
def test_what_keeps_what_it_worked_out_is_not_told_to_be_equal(value: Any) -> None:
    """A field alone is changed, and what was worked out of it before is not: no value is like that."""
    str(value), hash(value)
    assert not list(equal_values(value))


def test_where_values_are_is_no_difference() -> None:
    """Nor in the text of a type that shows it."""
    assert not list(equal_values(weakref.WeakValueDictionary()))
    assert not list(equal_values((lambda: 1).__code__))


def test_what_is_compared_by_a_file_gets_a_key() -> None:
    """Without one nothing could be evaluated."""
    found = suggest(Looking(), Looking(2))
    assert found.base == "ConstantVisitor" and found.key == "str"
    assert {trial.use: trial.visitor for trial in found.trials}["complex(v)"] == "ok"


@pytest.mark.parametrize(
    "value",
    [
        Whole(3),
        Corner("left", 1),
        collections.UserDict(a=1),
        collections.OrderedDict(a=1),
        {"a": 1},
    ],
    ids=lambda value: type(value).__name__,
)
def test_another_value_is_made_of_other_parts(value: Any) -> None:
    made = next(changed_values(value))
    assert type(made) is type(value) and made != value


def test_a_subclass_of_a_number_is_compiled_once_for_being_passed_on() -> None:
    found = suggest(Whole(3))
    statuses = {trial.use: (trial.torch, trial.visitor) for trial in found.trials}
    assert statuses["v"] == ("recompiles", "ok") and found.base == "ConstantVisitor"


@pytest.mark.parametrize(
    "value",
    [np.dtype("f4"), np.datetime64("2020-01-01"), np.float32(1)],
    ids=["dtype", "date", "number"],
)
def test_what_torch_has_a_way_with_is_so_for_what_inherits_in_the_package(value: Any) -> None:
    """A visitor would be handed to functions of torch, which know a dtype and no constant."""
    found = suggest(value)
    assert not found.visitor
    assert "torch has a way of its own with" in found.reasons[0]


def test_the_set_that_saves_compiles_is_named_if_it_does() -> None:
    found = suggest(b"ab")
    assert {trial.use: trial.torch for trial in found.trials}["v"] == "recompiles"
    assert "vartrack.install(extras=['thrift']) has `v`" in found.reasons[-1]


def test_what_takes_long_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks does not wait for ever, and is told."""
    monkeypatch.setattr("vartrack.suggestion.looking._PATIENCE", 0.0)
    found = suggest(Counted())
    assert found.trials == () and "takes long" in found.reasons[-1]
    assert "copes" not in str(found)


def test_a_check_that_takes_long_is_told_in_the_reasons() -> None:
    class Large(Counted):
        def __init__(self) -> None:
            super().__init__()
            self.numbers = [*range(9000)]

    with warnings.catch_warnings():
        warnings.simplefilter("error")  # not by a warning as well
        found = suggest(Large())
    assert found.check_nanoseconds is not None and found.check_nanoseconds > 1e6
    assert "give a `key` that is quicker" in found.reasons[-1]


def test_views_of_a_mapping_that_a_trial_has_spoilt_are_compared() -> None:
    """By the mapping: it may not be able to give its items any more."""
    parser = configparser.ConfigParser()
    parser.read_string("[a]\nb=1")
    trials = {trial.use: trial.torch for trial in suggest(parser).trials}
    assert trials["v.items()"] == "ok"


def test_slots_that_are_filled_when_they_are_asked_for() -> None:
    """They are found by asking, and are in no key."""
    found = suggest(Lazy(1), Lazy(2))
    assert found.caches == ("_hash",)
    assert "_hash" not in found.key


class Filled:
    """Compared by who it is, with a slot that is filled when it is asked for a number."""

    __slots__ = ("_kept", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self._kept: tuple[int, ...] | None = None

    def __complex__(self) -> complex:
        if self._kept is None:
            self._kept = tuple(range(self.number))
        return complex(len(self._kept))


def test_what_is_changed_for_trying_has_no_cache_of_before() -> None:
    """Python itself would give the answer of before."""
    found = suggest(Filled(3))
    assert found.base == "SnapshotVisitor" and found.key == "(value.number,)"
    assert "`_kept`: filled while the value is read, so it is left out" in found.reasons[-1]
    check_guards(registered(found, Filled), [Filled(3), Filled(4)], slowest=None)


def test_an_enumeration() -> None:
    """What torch does with it is tried, not known."""
    found = suggest(Colour.RED)
    if found.base:
        assert found.base == "ConstantVisitor"
        check_guards(registered(found, Colour), list(Colour), places=["argument"], slowest=None)


def test_a_value_that_cannot_be_read() -> None:
    """A lock can be carried, by torch too."""
    found = suggest(threading.Lock())
    assert found.base in ("", "OpaqueVisitor")
    assert "0x" not in str(found)


def test_a_value_with_tensors_that_torch_gets_wrong() -> None:
    """It is a record, with its fields; without its caches."""

    class Batch:
        def __init__(self, data: torch.Tensor, size: int) -> None:
            self.data = data
            self.size = size

        def __round__(self, digits: int = 0) -> int:
            return self.size

    traits = traits_of(Batch(torch.ones(2), 3))
    base, why = fitting_base(traits, "Batch")
    assert base == "RecordVisitor" and "`data`" in why
    text = written(base, Batch, traits)
    assert 'fields = ("data", "size")' in text
    batches = [Batch(torch.ones(4), 3), Batch(torch.zeros(4), 3), Batch(torch.ones(4), 5)]
    check_guards(
        class_from(text, Batch),
        batches,
        lambda x, v: x * v.data * v.size,
        graphs=2,
        places=["argument"],
        protocols=False,
        slowest=None,
    )


def test_what_cannot_be_worked_out_while_tracing_is_impure() -> None:
    """Where in memory it is, which is that of a copy."""
    found = suggest(array.array("i", [1, 2]), array.array("i", [3]))
    assert found.base == "SnapshotVisitor"
    assert 'impure = ("buffer_info",)' in found.visitor
    assert {trial.use: trial.visitor for trial in found.trials}["v.buffer_info()"] == "graph break"
    assert found.timed == "v.typecode"  # right with torch alone as well


def test_a_set_that_is_there_is_named_where_torch_has_a_way_of_its_own() -> None:
    found = suggest(re.match("a(b)?", "ab"), re.match("a(b)?", "a"))
    assert found.base == ""
    assert "vartrack.install(extras=['stdlib'])" in found.reasons[-1]


def test_what_it_costs_is_measured() -> None:
    """A check, and a call over torch alone."""
    found = looked_at(*CONSTANTS[0])
    assert found.check_nanoseconds is not None and found.check_nanoseconds > 0
    assert found.call_nanoseconds is not None and found.torch_call_nanoseconds is not None
    assert "What it costs" in str(found) and "µs" in str(found)


def test_the_value_is_left_alone() -> None:
    """Its caches are not filled, and nothing of it is called that acts."""
    called = []

    class Careful:
        def __init__(self) -> None:
            self.number = 1

        @functools.cached_property
        def half(self) -> float:
            return self.number / 2

        def close(self) -> None:
            called.append("close")

        def delete_all(self) -> None:
            called.append("delete_all")

    value = Careful()
    suggest(value)
    assert vars(value) == {"number": 1} and called == []


def test_what_cannot_be_copied_is_left_alone_too() -> None:
    """A generator is not gone through, nothing is entered: memory is not released, no transaction
    ends, and of a lock that is held nobody waits for the end."""
    held = threading.Lock()
    held.acquire()
    memory, numbers = memoryview(b"abc"), (number for number in range(3))
    database = sqlite3.connect(":memory:", isolation_level=None)
    database.execute("begin")
    for value in (held, memory, numbers, database):
        found = suggest(value)
        assert "with v: ..." not in [trial.use for trial in found.trials]
    assert held.locked() and bytes(memory) == b"abc" and [*numbers] == [0, 1, 2]
    assert database.in_transaction
    database.close()


@pytest.mark.parametrize(
    "make, names",
    [
        (lambda: struct.Struct("<i"), ("pack", "unpack")),
        (lambda: (number for number in range(3)), ("[*v]", "send")),
        (threading.Event, ("wait",)),
        (threading.Lock, ("with v", "acquire")),
    ],
    ids=["struct", "generator", "event", "lock"],
)
def test_what_was_not_tried_is_named(make: Any, names: tuple[str, ...]) -> None:
    """Methods that take operands, which are the point of many a type; and who knows the type."""
    found = suggest(make())
    (told,) = [reason for reason in found.reasons if "Not tried" in reason]
    assert all(f"`{name}`" in told for name in names) and "0x" not in str(found)
    if found.ready_made:
        assert f"vartrack.install(extras={[*found.ready_made]})" in found.reasons[-1]


class Tree:
    """Its depth breaks the graph under any base; its texts need not."""

    def __init__(self, value: int, *kids: Tree) -> None:
        self.value = value
        self.kids = list(kids)

    def depth(self) -> int:
        return 1 + max((kid.depth() for kid in self.kids), default=0)

    def __repr__(self) -> str:
        return f"Tree({self.value}, {self.kids})"


def test_texts_are_told_of_where_no_base_helps_with_the_rest() -> None:
    found = suggest(Tree(1, Tree(2)))
    assert not found.base and "`v.depth()`; SnapshotVisitor" in found.reasons[0]
    texts = [each for each in found.trials if each.use in TEXTS and each.torch != "ok"]
    assert texts and {each.visitor for each in texts} == {"ok"}
    assert "take SnapshotVisitor, which gets them right." in found.reasons[-1]


def test_a_set_that_helps_where_no_base_does_is_named() -> None:
    """It is tried, and named if it does."""
    found = suggest(contextvars.ContextVar("asked", default=1))
    trouble = {trial.use for trial in found.trials if trial.torch == "graph break"}
    assert found.base == "" and trouble
    # from torch 2.15 on it has a way of its own, and the set has none
    names_it = "vartrack.install(extras=['stdlib'])" in found.reasons[-1]
    assert names_it == (found.ready_made == ("stdlib",))


def test_what_has_keys_and_items_by_number_is_no_mapping() -> None:
    for text in ("<a b='1'><c/></a>", "<a/>"):
        element = ElementTree.fromstring(text)
        assert not traits_of(element).mapping
        assert suggest(element).base != "MappingVisitor"


def test_a_field_of_a_type_in_c_can_be_set() -> None:
    """Where a constant would give the old answer for ever."""
    found = suggest(ctypes.c_int(3))
    assert traits_of(ctypes.c_int(3)).settable and found.base in ("", "SnapshotVisitor")


def test_the_other_members_are_no_fields_of_one() -> None:
    found = suggest(Status.GOOD)
    assert not {"v.GOOD", "v.BAD"} & {trial.use for trial in found.trials}
    assert found.caches == ()


def test_a_dict_that_calls_itself_a_cache_is_in_no_key() -> None:
    """Other packages may fill it, as networkx lets them, and reading the value does not."""

    class Routes:
        def __init__(self) -> None:
            self.ends = [1, 2]
            self._cache_of_routes: dict[str, int] = {}
            self.cache_size = 3

    traits = traits_of(Routes())
    assert traits.caches == ("_cache_of_routes",)
    assert traits.fields == ("ends", "cache_size")


def test_values_of_two_types() -> None:
    with pytest.raises(TypeError, match="a str cannot be compared with a Decimal"):
        suggest(Decimal(1), "text")


def test_as_json() -> None:
    """All fields, and the layout."""
    found = looked_at(*CONSTANTS[2])
    facts = json.loads(found.to_json())
    assert facts["schema"] == 1
    assert facts["base"] == "ConstantVisitor" and facts["visitor"] == found.visitor
    assert {*facts} == {"schema", *(field.name for field in dataclasses.fields(Suggestion))}
    assert {*facts["trials"][0]} == {
        *("use", "torch", "torch_message", "visitor", "visitor_message")
    }


# the command

STDLIB = "from {module} import {name}\n\nimport vartrack\n"
PACKAGE = "import vartrack\nfrom {module} import {name}\n"

PROGRAM = """
class Mark:
    def __init__(self, text):
        self.text = text
    def __eq__(self, other):
        return isinstance(other, Mark) and self.text.lower() == other.text.lower()
    def __hash__(self):
        return hash(self.text.lower())
    def __complex__(self):
        return complex(len(self.text))
    def __repr__(self):
        return f"Mark {self.text}"

price = Mark("a")
other = Mark("A")
text = "text"

def made():
    return Mark("b")

def fails():
    raise ValueError("no luck")

def needs(what):
    return what

class Price:
    pass
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    file = tmp_path / "prices.py"
    file.write_text(PROGRAM)
    return file


def test_the_command(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For people and for programs."""
    assert main(["suggest", f"{program}:price", f"{program}:other"]) == 0
    shown = capsys.readouterr().out
    assert "Take ConstantVisitor" in shown and "key = str" in shown, shown
    assert main(["suggest", "--json", f"{program}:made"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["type"] == "prices.Mark" and facts["shows"] == "Mark b"


def test_the_command_takes_a_module(
    program: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(program.parent)
    try:
        assert main(["suggest", "prices:text"]) == 0
    finally:
        sys.modules.pop("prices", None)
    assert "Register nothing" in capsys.readouterr().out


@pytest.mark.parametrize(
    "names, code",
    [
        (["Price"], "VT411"),
        (["needs"], "VT407"),
        (["fails"], "VT409"),
        (["prise"], "VT405"),
        (["price", "text"], "VT412"),
    ],
)
def test_bad_targets(
    program: Path, capsys: pytest.CaptureFixture[str], names: list[str], code: str
) -> None:
    """The exit status is that of the other commands."""
    assert main(["suggest", *(f"{program}:{name}" for name in names)]) == 2
    assert f"[{code}]" in capsys.readouterr().err


@pytest.mark.parametrize("cls, head", [(Decimal, STDLIB), (Version, PACKAGE), (Plain, PACKAGE)])
def test_the_imports_of_the_text(cls: type, head: str) -> None:
    """Under the public name, in an order that linters like."""
    text = written("OpaqueVisitor", cls, traits_of(Plain()))
    module = "packaging.version" if cls is Version else cls.__module__
    assert text.startswith(head.format(module=module, name=cls.__name__))


class Angry:
    """Raises whatever is asked of it."""

    def __repr__(self) -> str:
        raise OSError("no text")

    def __eq__(self, other: object) -> bool:
        raise OSError("no comparison")

    def __hash__(self) -> int:
        raise OSError("no hash")

    def __bool__(self) -> bool:
        raise OSError("no truth")

    def __len__(self) -> int:
        raise OSError("no length")

    def __getitem__(self, index: int) -> int:
        raise OSError("no item")


class Circle:
    """Holds itself."""

    def __init__(self) -> None:
        self.number = 1
        self.whole = self


class Uncopied:
    def __init__(self) -> None:
        self.number = 1

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("no copies")


class Row:
    """Has the names of other types' methods, with other things under them; items can be set."""

    to = units = tzinfo = astimezone = 1

    def __init__(self) -> None:
        self.items = [1]

    def __setitem__(self, at: int, item: int) -> None:
        self.items[at] = item

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Row) and self.items == other.items

    def __hash__(self) -> int:
        return len(self.items)


@dataclasses.dataclass
class Page:
    rows: list[int]

    def __complex__(self) -> complex:  # which no release of torch traces
        return complex(self.rows[0])


#: What a generic model of pydantic is called.
OfInts = type("Page[list[int]]", (Page,), {"__module__": __name__})


@pytest.mark.parametrize(
    "value",
    [Angry(), Circle(), Uncopied(), (n for n in "ab"), suggest, Row(), OfInts([1])],
    ids=lambda v: type(v),
)
def test_values_that_are_hard_to_look_at(value: Any) -> None:
    """There is a suggestion all the same, and it can be shown."""
    found = suggest(value)
    assert found.reasons and {"v", "v is None"} <= {trial.use for trial in found.trials}
    assert str(found) and json.loads(found.to_json())["type"] == found.type


def test_what_is_written_for_types_that_are_hard_to_name_or_to_tell() -> None:
    """The name is one word, with what it stands for; what takes items is no constant."""
    text = written("SnapshotVisitor", OfInts, traits_of(OfInts([1])))
    assert "# Page_list_int is Page[list[int]]\n" in text
    assert class_from(text, OfInts).types == (OfInts,)
    assert fitting_base(traits_of(Row()), "Row")[0] == "SnapshotVisitor"


class Slice(pydantic.BaseModel, Generic[Held]):
    rows: Held


def test_what_is_written_for_a_generic_that_is_filled_in_can_be_pasted() -> None:
    cls = Slice[list[int]]
    text = written("SnapshotVisitor", cls, traits_of(cls(rows=[1])))
    names: dict[str, Any] = {}
    exec(text.replace("@vartrack.register\n", ""), names)
    assert names["Slice_list_intVisitor"].types == (cls,)
    assert class_from(text, cls).types == (cls,)


class Numbered:
    def __repr__(self) -> str:
        return f"<numbered @ {id(self)}>"


class Placed(Numbered):
    def __repr__(self) -> str:
        return f"Placed({id(self)}, 3)"


def test_an_address_that_is_a_plain_number_is_not_shown() -> None:
    assert worded(Numbered()) == "<numbered>"
    assert worded(Placed()) == "Placed(..., 3)"
    assert "@" not in str(suggest(Tag("py3", "none", "any"))).replace("@vartrack.register", "")


def test_a_base_that_does_worse_on_the_whole_is_not_suggested() -> None:
    """A mapping in Python under a constant loses more than it gains."""

    class Frozen(dict[str, int]):
        def __hash__(self) -> int:  # type: ignore[override]
            return len(self)

        def __round__(self, digits: int = 0) -> int:
            return len(self)

    found = suggest(Frozen(a=1), Frozen(a=1, b=2))
    worse = [t.use for t in found.trials if t.torch == "ok" and t.visitor not in (None, "ok")]
    better = [t.use for t in found.trials if t.torch != "ok" and t.visitor == "ok"]
    assert (found.base == "") == (not better or len(worse) >= len(better))
    assert (found.visitor == "") == (found.base == "")


class Chatty:
    def __init__(self, start: int) -> None:
        self.start = start

    def __iter__(self) -> Any:
        return itertools.count(self.start)

    def shown(self) -> int:
        print("I am called")
        return self.start


def test_what_has_no_end_is_not_gone_through_and_what_is_printed_not_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = suggest(Chatty(1), Chatty(2))
    tried = [trial.use for trial in found.trials]
    assert "v.shown()" in tried
    assert "[*v]" not in tried
    assert capsys.readouterr().out == ""


class Pair(NamedTuple):
    price: Decimal
    name: str = ""


def test_a_base_that_would_give_a_warning_is_not_suggested() -> None:
    found = suggest(Pair(Decimal(1)), Pair(Decimal(2)))
    assert not found.base
    assert "named tuple" in found.reasons[0]


class Reading(np.float32):
    """A number of NumPy's that is torch's own business, and not its class."""


def test_no_visitor_is_suggested_that_tensors_could_not_take_as_an_operand() -> None:
    found = suggest(Reading(1.5), Reading(2.5))
    assert not found.base and not found.visitor
    trial = next(each for each in found.trials if each.use == OPERAND)
    assert trial.torch == "ok" and trial.visitor == "graph break"
    assert OPERAND in found.reasons[0]


def test_a_number_that_tensors_take_with_the_visitor_as_well_may_have_one() -> None:
    class Steps(int):
        def __complex__(self) -> complex:  # which no release of torch traces
            return complex(int(self))

    found = suggest(Steps(2), Steps(3))
    assert [each.visitor for each in found.trials if each.use == OPERAND] == ["ok"]


def test_what_a_visitor_has_that_is_made_while_tracing_is_no_type_for_another() -> None:
    found = suggest(list[int], dict[str, int])
    assert not found.visitor
    with pytest.raises(vartrack.RegistrationError):
        vartrack.stock.derive("taken").register(
            type("Aliases", (vartrack.ConstantVisitor,), {"types": (type(list[int]),)})
        )


class Folder:
    """Makes a folder of each text that it is given."""

    def __init__(self, path: str) -> None:
        Path(path).mkdir(exist_ok=True)
        self.path = path


class NamedFolder(Folder):
    def __repr__(self) -> str:
        return f"NamedFolder({self.path!r})"


@pytest.mark.parametrize("cls", [Folder, NamedFolder])
def test_what_does_not_read_its_own_text_is_not_given_it(
    cls: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    suggest(cls("made"))
    assert [each.name for each in tmp_path.iterdir()] == ["made"]
