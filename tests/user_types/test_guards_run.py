"""A guard that exists is run at every call, wherever the value stands.

torch leaves out checks below a dict that did not change, and below a module whose dicts did not:
what it takes for immutable (numbers, texts, tuples and what derives from them) is not looked at
again. A value that changes in place must be, in all places and settings.
"""

from __future__ import annotations

import array
import collections
import copy
import functools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch._dynamo import config

import vartrack
from vartrack import ConstantVisitor, OpaqueVisitor, RecordVisitor, Registry, SnapshotVisitor
from vartrack.core.guarding.keys import KeyCheck, StateCheck


class Rated:
    """What every class below has: a rate that can be changed in place."""

    rate: int

    def times(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.rate


class Plain(Rated): ...


class Number(Rated, float): ...


class Whole(Rated, int): ...


class Text(Rated, str): ...


class Octets(Rated, bytes): ...


class Pair(Rated, tuple): ...


class Complex(Rated, complex): ...


class Frozen(Rated, frozenset): ...


class Several(Rated, list): ...


class Table(Rated, dict): ...


class Group(Rated, set): ...


class Slotted(Rated):
    __slots__ = ("rate",)


CLASSES = (
    *(Plain, Number, Whole, Text, Octets, Pair, Complex, Frozen, Several, Table, Group, Slotted),
)


class Holder:
    def __init__(self, value: Any) -> None:
        self.value = value


class Holding(torch.nn.Module):
    def __init__(self, value: Any) -> None:
        super().__init__()
        self.inner = torch.nn.Identity()
        self.inner.value = value

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner.value.times(x)


def as_argument(value: Any) -> tuple[Callable[..., Any], Any]:
    return lambda x, v: v.times(x), value


def as_dict_value(value: Any) -> tuple[Callable[..., Any], Any]:
    return lambda x, v: v["key"].times(x), {"key": value}


def as_attribute(value: Any) -> tuple[Callable[..., Any], Any]:
    return lambda x, v: v.value.times(x), Holder(value)


def as_module_attribute(value: Any) -> tuple[Callable[..., Any], Any]:
    return lambda x, v: v(x), Holding(value)


def as_list_item(value: Any) -> tuple[Callable[..., Any], Any]:
    return lambda x, v: v[0].times(x), [value]


def as_deep_value(value: Any) -> tuple[Callable[..., Any], Any]:
    return lambda x, v: v["a"].value["b"].times(x), {"a": Holder({"b": value})}


PLACES = (
    *(as_argument, as_dict_value, as_attribute, as_module_attribute, as_list_item, as_deep_value),
)


def value_of(place: Callable[[Any], tuple[Callable[..., Any], Any]]) -> Callable[[Any], Any]:
    """What finds the value where ``place`` puts it."""
    return {
        as_argument: lambda v: v,
        as_dict_value: lambda v: v["key"],
        as_attribute: lambda v: v.value,
        as_module_attribute: lambda v: v.inner.value,
        as_list_item: lambda v: v[0],
        as_deep_value: lambda v: v["a"].value["b"],
    }[place]


@pytest.fixture(params=[True, False], ids=["recursive", "flat"])
def tags(request: pytest.FixtureRequest) -> Iterator[None]:
    """With and without the second of the ways in which torch passes by what did not change."""
    with config.patch(use_recursive_dict_tags_for_guards=request.param):
        yield


def registry_with(base: type, cls: type, **attributes: Any) -> Registry:
    registry = vartrack.stock.derive("changed in place")
    registry.register(type("Visitor", (base,), {"types": (cls,), **attributes}))
    return registry


ONE = torch.ones(())


@pytest.mark.usefixtures("fresh", "tags")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("cls", CLASSES)
def test_a_snapshot_that_is_changed_in_place_is_seen(
    cls: type, place: Callable[[Any], tuple[Callable[..., Any], Any]]
) -> None:
    """After any number of calls that found everything as it was."""
    value = cls()
    value.rate = 2
    function, where = place(value)
    with vartrack.use(registry_with(SnapshotVisitor, cls)):
        run = torch.compile(function, backend="eager", fullgraph=True)
        for rate in (2, 2, 2, 3, 3, 3, 2, 5):
            value.rate = rate
            assert run(ONE, where).item() == rate


@pytest.mark.usefixtures("fresh", "tags")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("cls", CLASSES)
def test_the_check_of_a_constant_is_run_at_every_call(
    cls: type,
    place: Callable[[Any], tuple[Callable[..., Any], Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its own check and that of the state around it, at the third call and all after it."""
    asked: list[str] = []

    def counting(kind: type, original: Callable[..., Any]) -> Callable[..., Any]:
        def check(self: Any, value: Any) -> Any:
            asked.append(kind.__name__)
            return original(self, value)

        return check

    for kind in (KeyCheck, StateCheck):
        monkeypatch.setattr(kind, "__call__", counting(kind, kind.__call__))
    value = cls()
    value.rate = 2
    _, where = place(value)
    find = value_of(place)

    def function(x: torch.Tensor, w: Any) -> Any:
        found = find(w)
        return x * found.rate, len(found.__dir__())  # what C code works out counts by the key

    key = staticmethod(lambda value: value.rate)
    registry = registry_with(ConstantVisitor, cls, key=key, state=staticmethod(lambda: 1))
    with vartrack.use(registry):
        run = torch.compile(function, backend="eager", fullgraph=True)
        run(ONE, where)
        for _ in range(4):
            asked.clear()
            assert run(ONE, where)[0].item() == 2
            assert set(asked) == {"KeyCheck", "StateCheck"}


@pytest.mark.usefixtures("fresh", "tags")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("cls", CLASSES)
def test_a_field_that_is_guarded_alone_is_seen_to_change(
    cls: type, place: Callable[[Any], tuple[Callable[..., Any], Any]]
) -> None:
    """The guard on one field is run at every call as well."""
    value = cls()
    value.rate = 2
    _, where = place(value)
    find = value_of(place)
    with vartrack.use(registry_with(SnapshotVisitor, cls)):
        run = torch.compile(lambda x, w: x * find(w).rate, backend="eager", fullgraph=True)
        for rate in (2, 2, 2, 3, 3, 3, 2, 5):
            value.rate = rate
            assert run(ONE, where).item() == rate


@pytest.mark.usefixtures("fresh", "tags")
@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor, OpaqueVisitor])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("cls", CLASSES)
def test_an_attribute_that_comes_and_goes_is_seen(
    cls: type, place: Callable[[Any], tuple[Callable[..., Any], Any]], base: type
) -> None:
    value = cls()
    _, where = place(value)
    find = value_of(place)
    with vartrack.use(registry_with(base, cls)):
        run = torch.compile(
            lambda x, w: x * 2 if hasattr(find(w), "extra") else x, backend="eager", fullgraph=True
        )
        for extra in (False, False, False, True, True, True, False, True):
            if extra != hasattr(value, "extra"):
                value.extra = True
                if not extra:
                    del value.extra
            assert run(ONE, where).item() == 1 + extra


@pytest.mark.usefixtures("fresh", "tags")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("cls", CLASSES)
def test_what_the_class_holds_is_seen_to_change(
    cls: Any, place: Callable[[Any], tuple[Callable[..., Any], Any]], monkeypatch: Any
) -> None:
    """Read from an instance; the object itself, or another one in its place."""
    monkeypatch.setattr(cls, "table", {"rate": 2}, raising=False)
    _, where = place(cls())
    find = value_of(place)
    with vartrack.use(registry_with(SnapshotVisitor, cls)):
        run = torch.compile(lambda x, w: x * find(w).table["rate"], backend="eager", fullgraph=True)
        for rate in (2, 2, 2, 3, 3, 3, 5):
            cls.table["rate"] = rate
            assert run(ONE, where).item() == rate
        for rate in (7, 7, 8):
            cls.table = {"rate": rate}
            assert run(ONE, where).item() == rate


def two_of(
    place: Callable[[Any], tuple[Callable[..., Any], Any]], one: Any, other: Any
) -> tuple[Any, Any]:
    """Two values, each where ``place`` puts it, in one object."""
    return place(one)[1], place(other)[1]


@pytest.mark.usefixtures("fresh", "tags")
@pytest.mark.parametrize("base", [SnapshotVisitor, RecordVisitor])
@pytest.mark.parametrize("place", PLACES)
def test_two_changed_values_that_become_one_are_seen(
    base: type, place: Callable[[Any], tuple[Callable[..., Any], Any]]
) -> None:
    """After any number of calls that found two."""
    find = value_of(place)

    def function(x: torch.Tensor, one: Any, other: Any) -> torch.Tensor:
        find(one).rate = 1
        find(other).rate = 5
        return x * find(one).rate

    attributes = {} if base is SnapshotVisitor else {"fields": ("rate",)}
    pair = [Plain(), Plain()]
    for value in pair:
        value.rate = 2
    one, other = two_of(place, *pair)
    with vartrack.use(registry_with(base, Plain, **attributes)):
        run = torch.compile(function, backend="eager", fullgraph=True)
        for _ in range(4):
            assert run(ONE, one, other).item() == 1
        assert run(ONE, one, one).item() == 5
        assert run(ONE, one, other).item() == 1
        if place is not as_argument:
            put(place, other, pair[0])
            assert run(ONE, one, other).item() == 5


@pytest.mark.usefixtures("fresh", "tags")
@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor])
@pytest.mark.parametrize("place", PLACES)
def test_two_values_that_are_alike_are_seen_to_become_one(
    base: type, place: Callable[[Any], tuple[Callable[..., Any], Any]]
) -> None:
    """Asked for by `is`, and looked for in a list; in a place, or one of them an argument."""
    find = value_of(place)

    def function(x: torch.Tensor, where: Any, value: Any) -> Any:
        return x + 1, find(where) is value, value in [find(where)]

    registry = registry_with(base, Plain, key=staticmethod(lambda value: value.rate))
    one, other = Plain(), Plain()
    one.rate = other.rate = 2
    where = place(one)[1]
    with vartrack.use(registry):
        run = torch.compile(function, backend="eager", fullgraph=True)
        for value in (other, other, other, one, one, other, one):
            assert run(ONE, where, value)[1:] == function(ONE, where, value)[1:]
        if place is not as_argument:
            put(place, where, other)
            for value in (other, one, other):
                assert run(ONE, where, value)[1:] == function(ONE, where, value)[1:]


class Caching(Plain):
    @functools.cached_property
    def twice(self) -> Any:
        return self.rate * 2


@pytest.mark.usefixtures("fresh", "tags")
@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor])
@pytest.mark.parametrize("place", PLACES)
def test_a_cached_property_that_is_filled_otherwise_is_seen(
    base: type, place: Callable[[Any], tuple[Callable[..., Any], Any]]
) -> None:
    find = value_of(place)
    registry = registry_with(base, Caching, key=staticmethod(lambda value: value.rate))
    value, like = Caching(), Caching()
    value.rate = like.rate = 3
    where = place(value)[1]
    with vartrack.use(registry):
        run = torch.compile(lambda x, w: x * find(w).twice, backend="eager", fullgraph=True)
        for filled in (None, None, None, 50, None, 60, 6, None):
            if filled is not None:
                value.twice = like.twice = filled
            assert run(ONE, where).item() == like.twice
            assert vars(value)["twice"] == like.twice


def put(place: Callable[..., Any], where: Any, value: Any) -> None:
    """Put another value in the place of the one there; an argument is what it is."""
    if place is as_dict_value:
        where["key"] = value
    elif place is as_list_item:
        where[0] = value
    elif place is as_attribute:
        where.value = value
    elif place is as_module_attribute:
        where.inner.value = value
    elif place is as_deep_value:
        where["a"].value["b"] = value


class Bytes(bytearray): ...


class Row(array.array): ...


class Line(list): ...


class Queue(collections.deque): ...


@pytest.mark.usefixtures("fresh", "tags")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("made", [Bytes(b"a"), Row("i", [1]), Line([1]), Queue([1])], ids=type)
def test_what_c_code_works_out_is_asked_again_though_the_object_is_the_same(
    made: Any, place: Callable[[Any], tuple[Callable[..., Any], Any]]
) -> None:
    """Its answer is guarded, and nothing of torch's may pass that guard by."""
    value = copy.copy(made)
    _, where = place(value)
    find = value_of(place)

    def function(x: torch.Tensor, w: Any) -> torch.Tensor:
        return x * (find(w).count(1) + 1)

    registry = registry_with(ConstantVisitor, type(value), key=staticmethod(tuple))
    with vartrack.use(registry):
        run = torch.compile(function, backend="eager", fullgraph=True)
        for change in (None, None, None, value.append, None, None, value.remove, None):
            if change is not None:
                change(1)
            assert run(ONE, where).item() == value.count(1) + 1


class Emptied:
    """Has a slot, and something to give where it holds nothing."""

    __slots__ = ("rate",)

    def __getattr__(self, name: str) -> int:
        if name != "rate":
            raise AttributeError(name)
        return 7


@pytest.mark.usefixtures("fresh", "tags")
@pytest.mark.parametrize("base", [SnapshotVisitor, RecordVisitor])
@pytest.mark.parametrize("place", PLACES)
def test_a_slot_that_is_filled_and_emptied_is_seen(
    place: Callable[[Any], tuple[Callable[..., Any], Any]], base: type
) -> None:
    """After any number of calls that found it empty, or holding something."""
    value = Emptied()
    _, where = place(value)
    find = value_of(place)
    fields = {} if base is SnapshotVisitor else {"fields": ()}
    with vartrack.use(registry_with(base, Emptied, **fields)):
        run = torch.compile(lambda x, w: x * find(w).rate, backend="eager", fullgraph=True)
        for rate in (None, None, None, 2, 2, 2, None, None, 3):
            if rate is not None:
                value.rate = rate
            elif value.rate != 7:
                del value.rate
            assert run(ONE, where).item() == (rate or 7)
