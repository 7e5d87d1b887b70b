"""The content of a snapshot, by which it is guarded: one graph for each, wherever the value stands
and whoever changes it; what has no content is refused by name."""

from __future__ import annotations

import collections
import copy
import datetime
import decimal
import enum
import fractions
import functools
import threading
from collections.abc import Iterator
from typing import Any

import hypothesis.strategies as st
import pytest
import torch
import torch._dynamo
from hypothesis import given, settings
from places import PLACES, Counting, assert_alike, compare_with_eager, standing
from snapshot_values import CONFIGS, Config, registry_with
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack.bases.content import content_key
from vartrack.core.guarding.keys import KeyCheck

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.arange(4.0)


class Wider(Config):
    def total(self) -> Any:
        return super().total() * 100


# guards


def use_config(x: torch.Tensor, config: Config) -> Any:
    chosen = x.relu() if config.flags.get("relu") else x.sin()
    return chosen * config.total(), config.width, list(config.layers), config.layers, config


@pytest.mark.parametrize("place", PLACES)
def test_one_graph_for_each_content_in_every_place(place: str) -> None:
    """Also of values that their owner changes between calls, and changes back."""

    def values() -> Iterator[Config]:
        one, other = Config(), Config()
        yield one
        yield other  # equal
        other.layers.append(5)
        yield other
        yield one
        one.layers.append(5)
        yield one  # equal to the other again
        one.flags["relu"] = True
        yield one
        del one.flags["relu"]
        yield one
        one.layers = [1, 2]
        yield one
        yield copy.deepcopy(other)

    assert compare_with_eager(CONFIGS, use_config, values(), place) == 3


ALIKE = [
    [Config(1), Config(True), Config(1.0), Config(1)],
    [Config(0.0), Config(-0.0), Config(0.0)],
    [Config(float("nan")), Config(float("nan")), Config(1.5)],
    [Config(), Wider(), Config(), Wider()],
    [Config(flags={"a": 1, "b": 2}), Config(flags={"b": 2, "a": 1})],
    [Config(layers=[1, 2]), Config(layers=[1, True, 1])],
]


@pytest.mark.parametrize("values", ALIKE)
def test_values_that_compare_equal_but_are_not_the_same_have_graphs_of_their_own(
    values: list[Config],
) -> None:
    def function(x: torch.Tensor, config: Config) -> Any:
        return x + 1, config.width, list(config.flags), config.layers[1:], config.total()

    distinct = {(type(value), content_key(value)) for value in values}
    assert 1 <= compare_with_eager(CONFIGS, function, values) <= len(distinct)


def test_whether_two_parts_are_one_object_is_content_too() -> None:
    def function(x: torch.Tensor, config: Config) -> Any:
        return x + 1, config.layers[0] is config.layers[1]

    shared: list[int] = [1]
    values = [Config(layers=[shared, shared]), Config(layers=[[1], [1]])]
    assert compare_with_eager(CONFIGS, function, values) == 2


def test_a_key_of_ones_own_says_what_matters() -> None:
    registry = registry_with(Config, key=staticmethod(lambda config: tuple(config.layers)))
    values = [Config(1), Config(2, {"a": 1}), Config(1, layers=[3])]
    graphs = compare_with_eager(registry, lambda x, config: x * sum(config.layers), values)
    assert graphs == 2


class Caching:
    def __init__(self, numbers: list[int]) -> None:
        self.numbers = numbers
        self._cache: dict[str, int] = {}

    def total(self) -> int:
        if "total" not in self._cache:
            self._cache["total"] = sum(self.numbers)
        return self._cache["total"]

    @functools.cached_property
    def longest(self) -> int:
        return max(self.numbers)


def test_a_cache_that_the_key_leaves_out_may_be_filled() -> None:
    registry = registry_with(Caching, key=staticmethod(lambda value: tuple(value.numbers)))

    def values() -> list[Caching]:
        full = Caching([1, 2])
        full.total()
        return [Caching([1, 2]), full, Caching([3])]

    ours = compare_with_eager(registry, lambda x, v: (x * v.total(), v.longest), values())
    # torch alone cannot trace cached properties
    theirs = compare_with_eager(None, lambda x, v: (x * v.total(), max(v.numbers)), values())
    assert ours == theirs


def test_a_cache_that_is_content_is_filled_outside_of_the_graph() -> None:
    value = Caching([1, 2])
    with vartrack.use(registry_with(Caching)):
        run = torch.compile(lambda x, v: x * v.total(), backend="eager")
        for _ in range(3):
            assert_alike(run(X, value), X * 3)
    assert value._cache == {"total": 3}


class Slotted:
    __slots__ = ("items", "number")

    def __init__(self, number: int) -> None:
        self.number, self.items = number, [number]


def test_slots_are_read_and_guarded() -> None:
    def function(x: torch.Tensor, value: Slotted) -> Any:
        return x + value.number, value.items, value.items[0]

    values = [Slotted(1), Slotted(1), Slotted(2)]
    assert compare_with_eager(registry_with(Slotted), function, values) == 2


def test_no_key_stands_for_all_that_the_value_holds() -> None:
    """Comparing a value that can change with itself would always find it the same."""
    registry = registry_with(Config, key=None)
    config = Config()

    def values() -> Iterator[Config]:
        yield config
        config.layers.append(3)
        yield config

    assert compare_with_eager(registry, use_config, values()) == 2


# any nesting


def leaves(count: int) -> st.SearchStrategy[Any]:
    leaf = st.integers(0, count - 1).map(lambda index: ("leaf", index))
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
            st.tuples(inner, inner),
        ),
        max_leaves=6,
    )


CHANGE = st.tuples(st.integers(0, 2), st.sampled_from(["width", "layers"]), st.integers(0, 2))


@settings(max_examples=12, deadline=None)
@given(plan=leaves(3), changes=st.lists(CHANGE, max_size=3))
def test_leaves_anywhere_may_change_between_calls(
    plan: Any, changes: list[tuple[int, str, int]]
) -> None:
    """Compiled results equal eager ones, and a content that was met before needs no new graph."""
    torch._dynamo.reset()
    configs = [Config(index) for index in range(3)]

    def built(plan: Any) -> Any:
        if isinstance(plan, tuple) and plan and plan[0] == "leaf":
            return configs[plan[1]]
        if isinstance(plan, dict):
            return {key: built(item) for key, item in plan.items()}
        return type(plan)(map(built, plan))

    def total(part: Any) -> Any:
        if isinstance(part, Config):
            return part.total()
        return sum(map(total, part.values() if isinstance(part, dict) else part))

    def function(x: torch.Tensor, whole: Any) -> Any:
        return x + total(whole), whole

    def values() -> Iterator[Any]:
        whole = built(plan)
        yield whole
        for index, name, number in changes:
            if name == "width":
                configs[index].width = number
            else:
                configs[index].layers = [number]
            yield whole
            yield whole

    backend = Counting()
    with vartrack.use(CONFIGS):
        run = standing("argument", function, backend)
        for value in values():
            ours, theirs = run(X, value), function(X, value)
            assert torch.equal(ours[0], theirs[0])
            assert ours[1] is value
    assert backend.graphs <= 1 + len(changes)


# bad input


class Refuses:
    def __deepcopy__(self, memo: Any) -> Any:
        raise RuntimeError("one is enough")

    def number(self) -> int:
        return 1


def raising(value: Any) -> Any:
    raise ZeroDivisionError("no key today")


@pytest.mark.parametrize(
    ("value", "attributes", "said"),
    [
        (Config(), {"key": staticmethod(raising)}, "ZeroDivisionError: no key today"),
        (Config(), {"key": staticmethod(lambda c: c.layers)}, "a list that is not hashable"),
        (Config(torch.ones(2)), {}, "holds a Tensor"),
        (Config(threading.Lock()), {}, "cannot pickle"),
        (Refuses(), {"key": staticmethod(id)}, "__deepcopy__ failed with RuntimeError"),
    ],
)
def test_what_cannot_be_watched_is_refused_by_name(
    value: Any, attributes: dict[str, Any], said: str
) -> None:
    registry = registry_with(type(value), **attributes)
    with vartrack.use(registry), pytest.raises(Unsupported) as caught:
        run = torch.compile(lambda x, v: x + v.__sizeof__(), backend="eager", fullgraph=True)
        run(X, value)
    assert said in str(caught.value)
    assert type(value).__name__ in str(caught.value)


# the content itself


class Colour(enum.Enum):
    RED = 1


def test_content_tells_apart_what_any_code_could_tell_apart() -> None:
    from datetime import date
    from decimal import Decimal

    shared: list[int] = []
    values = [
        *(0, False, 0.0, -0.0, float("nan"), "", b"", None, ..., 0j, Colour.RED, len, int, raising),
        *([], (), {}, set(), frozenset(), collections.deque(), collections.deque(maxlen=2)),
        *([1], [True], [1.0], (1,), {1: 2}, {1: True}, {True: 2}, {1}, bytearray(b"a")),
        *({"a": 1, "b": 2}, {"b": 2, "a": 1}, collections.OrderedDict(a=1)),
        *([shared, shared], [[], []], Config(), Config(3), Wider(), Slotted(1), Slotted(2)),
        *(Decimal("1.0"), Decimal("1.00"), date(2020, 1, 1), range(0), range(1, 1), slice(1, 2)),
        *(collections.defaultdict(list), collections.Counter("a"), torch.float32, ["a", ["a"]]),
        *(torch.finfo(torch.float32), torch.finfo(torch.float64), torch.iinfo(torch.int8)),
    ]
    keys = [content_key(value) for value in values]
    assert len(set(keys)) == len(values)
    copied = [
        content_key(
            value if isinstance(value, (torch.finfo, torch.iinfo)) else copy.deepcopy(value)
        )
        for value in values
    ]
    assert copied == keys


def test_content_of_cycles_and_what_has_no_content() -> None:
    one: list[Any] = []
    one.append(one)
    other: list[Any] = []
    other.append(other)
    assert content_key(one) == content_key(other) != content_key([[]])
    for value in (X, torch.nn.ReLU(), [torch.Generator()], threading.Lock(), iter([])):
        if not isinstance(value, type(iter([]))):
            with pytest.raises(TypeError):
                content_key([value])


def test_the_cost_of_the_key_is_measured() -> None:
    small, large = (KeyCheck(Config(layers=[*range(n)]), content_key).cost for n in (1, 5000))
    assert 0 < small < large


class Day(datetime.date):
    note = ""

    def text(self) -> str:
        return f"{self.day} {self.note}"


class Share(fractions.Fraction):
    __slots__ = ("note",)


class Timed(decimal.Decimal):
    def __len__(self) -> int:
        return len(self.note)


@pytest.mark.parametrize(
    ("make", "use"),
    [
        (lambda: Day(2020, 1, 2), lambda x, v: (x + 1, v.note, v.text(), str(v))),
        (lambda: Share(1, 2), lambda x, v: (x + 1, v.note, v.numerator)),
        (lambda: Timed(2), lambda x, v: (x + 1, v.note, len(v))),
    ],
)
def test_what_a_subclass_adds_to_a_type_whose_copies_lose_it(make: Any, use: Any) -> None:
    """One graph for each content, though pickle and copy know of no attributes."""
    registry = vartrack.stock.derive("subclasses")
    visitor = type("Visitor", (vartrack.SnapshotVisitor,), {"types": (type(make()),)})
    registry.register(visitor)

    def values() -> Iterator[Any]:
        value = make()
        for note in ("one", "other", "other", "one"):
            value.note = note
            yield value

    # what is only returned may be read anew at each call, and be good for both
    assert 1 <= compare_with_eager(registry, use, values()) <= 2
