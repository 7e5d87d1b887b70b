"""How two constants are told apart: by the key of their visitor, by equality, or by identity."""

from __future__ import annotations

import collections
import copy
import dataclasses
import gc
import math
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
import pytest
import torch
import torch._dynamo
from compiling import refusal
from constant_values import Length, registry_of
from hypothesis import given, settings
from places import Counting, assert_alike, compare_with_eager

import vartrack
from vartrack.core.guarding.keys import Identity, KeyCheck, StateCheck, UnusableKey, same
from vartrack.core.user_code.held import AsItWas

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.arange(4.0)


# in a compiled function


@dataclasses.dataclass(frozen=True)
class Limits:
    low: Any
    high: Any = 0


@pytest.mark.parametrize(
    "lows",
    [(0.0, -0.0), (1, True), (1, 1.0), (math.nan, 1.5), ((0.0,), (-0.0,)), (0j, -0j), ("a", "b")],
    ids=repr,
)
def test_keys_tell_apart_what_python_takes_for_equal(lows: tuple[Any, Any]) -> None:
    registry = registry_of(Limits, key=lambda limits: (limits.low, limits.high))

    def function(x: Any, v: Any) -> Any:
        return x + 1, repr(v.low), v

    # a new NaN each time, as from what calculates one
    fresh = [low if low == low else math.inf - math.inf for low in (*lows, *lows)]
    values = [Limits(low) for low in fresh]
    assert compare_with_eager(registry, function, values) == 2


def test_values_that_cannot_be_hashed_are_guarded_by_equality() -> None:
    class Point:
        __hash__ = None  # type: ignore[assignment]

        def __init__(self, x: int) -> None:
            self.x = x

        def __eq__(self, other: Any) -> bool:
            return self.x == other.x

    def function(x: Any, v: Any) -> Any:
        try:
            hash(v)
        except TypeError:
            return x + v.x, v == Point(2), v in [Point(2)]

    values = [Point(1), Point(2), Point(1), Point(2)]
    assert compare_with_eager(registry_of(Point), function, values) == 2


def test_a_key_that_cannot_be_hashed_is_refused() -> None:
    class Point:
        x = 1

    registry = registry_of(Point, key=lambda p: [p.x])
    message = refusal(registry, lambda x, v: x + len(v.__dir__()), X, Point())
    assert "key(test_a_key" in message and "gave a list that is not hashable" in message


class Odd:
    """Equality is what it is told to be."""

    def __init__(self, answer: Callable[[], Any]) -> None:
        self.answer = answer

    def __eq__(self, other: object) -> Any:
        return self.answer()

    __hash__ = None  # type: ignore[assignment]


def raise_it() -> Any:
    raise RuntimeError("no equality today")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (raise_it, "comparing an Odd raised RuntimeError: no equality today"),
        (lambda: torch.tensor([True, True]), "comparing an Odd gave neither True nor False"),
        (lambda: False, "an Odd is not equal to itself"),
        (lambda: math.nan, "gave neither True nor False"),
    ],
)
def test_equality_that_says_nothing_is_refused_by_name(
    answer: Callable[[], Any], words: str
) -> None:
    registry = registry_of(Odd)
    message = refusal(registry, lambda x, v: x + len(v.__dir__()), X, Odd(answer))
    assert words in message
    assert "Set `key` of Made" in message


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (lambda v: v.nope, "key(Length) raised AttributeError"),
        (lambda v: {}, "gave a dict that is not hashable"),
        (lambda v: object(), "the key of a Length is not equal to itself"),
        (lambda v: Identity(object()), "the key of a Length is not equal to itself"),
    ],
)
def test_a_key_that_says_nothing_is_refused_by_name(key: Any, words: str) -> None:
    message = refusal(registry_of(Length, key=key), lambda x, v: x + len(v.__dir__()), X, Length(1))
    assert words in message
    assert "Made cannot tell" in message


def test_a_key_that_fails_later_only_costs_a_compile() -> None:
    class Part:
        def __init__(self, name: str | None) -> None:
            self.name = name

        def __bool__(self) -> bool:
            return True

    registry = registry_of(Part, key=lambda part: part.name.upper())
    backend = Counting()
    with vartrack.use(registry):
        compiled = torch.compile(lambda x, v: x + len(v.name or ""), backend=backend)
        assert torch.equal(compiled(X, Part("abc")), X + 3)
        assert torch.equal(compiled(X, Part(None)), X)
        assert torch.equal(compiled(X, Part("abc")), X + 3)


def test_a_key_is_asked_even_of_the_same_object() -> None:
    """Taking a changeable type for constant is a mistake, but not a silent one."""

    class Setting:
        def __init__(self, x: int) -> None:
            self.x = x

    registry = registry_of(Setting, key=lambda setting: setting.x)
    setting, backend = Setting(1), Counting()
    with vartrack.use(registry):
        compiled = torch.compile(lambda x, v: x + v.x, backend=backend, fullgraph=True)
        for number in (1, 2, 2, 1):
            setting.x = number
            assert torch.equal(compiled(X, setting), X + number)
    assert backend.graphs == 2


class Priced:
    """Changeable, with an equality and no key: such a value is equal to itself in any case."""

    def __init__(self, x: int) -> None:
        self.x = x
        self.tags = [x]

    def __eq__(self, other: Any) -> bool:
        return self.x == other.x and self.tags == other.tags

    def __hash__(self) -> int:
        return hash(self.x)


class Slotted:
    __slots__ = ("tags", "x")
    __init__ = Priced.__init__
    __eq__ = Priced.__eq__
    __hash__ = Priced.__hash__


class Alone(Priced):
    def __eq__(self, other: Any) -> bool:
        return self is other

    __hash__ = Priced.__hash__


CHANGES: dict[str, Callable[[Any], Any]] = {
    "attribute": lambda v: setattr(v, "x", v.x + 1),
    "list": lambda v: v.tags.append(5),
    "another list": lambda v: setattr(v, "tags", [7]),
}
CALLED_BACK: dict[str, Callable[..., Any]] = {
    "largest": lambda x, v: x + max([v], key=lambda each: each.x + len(each.tags)).x,
    "in order": lambda x, v: (x + 1, sorted([v], key=lambda each: each.x)[0].tags),
}


@pytest.mark.parametrize("kind", [Priced, Slotted])
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("use", ["largest", "in order"])
def test_a_change_in_place_is_seen_though_it_is_equal_to_itself(
    kind: Any, change: str, use: str
) -> None:
    value, program, backend = kind(3), CALLED_BACK[use], Counting()
    with vartrack.use(registry_of(kind)):
        compiled = torch.compile(program, backend=backend, fullgraph=True)
        for _ in range(2):
            assert_alike(compiled(X, value), program(X, value))
        before = backend.graphs
        CHANGES[change](value)
        for _ in range(2):
            assert_alike(compiled(X, value), program(X, value))
        assert backend.graphs <= before + 1


class Holding(Priced):
    """Containers in containers, and objects that are told by what they hold."""

    def __init__(self, x: int) -> None:
        super().__init__(x)
        self.table = {"a": [1, [2, {"b": [x]}]]}
        self.pair = ([x], Priced(x))
        self.rows = collections.deque([[x]])
        self.table["self"] = self.table  # type: ignore[assignment]

    def parts(self) -> list[Any]:
        (numbers, inner), table = self.pair, self.table["a"]
        return [table[1][1]["b"], numbers, inner.tags, [inner.x], self.rows[0]]  # type: ignore[index]

    def total(self) -> int:
        return sum(map(sum, self.parts()))

    def __eq__(self, other: Any) -> bool:
        return self.parts() == other.parts()

    __hash__ = Priced.__hash__


DEEP_CHANGES: dict[str, Callable[[Any], Any]] = {
    "in a dict": lambda v: v.table["a"][1][1]["b"].append(5),
    "another dict": lambda v: v.table["a"][1].__setitem__(1, {"b": [9]}),
    "in a tuple": lambda v: v.pair[0].append(5),
    "in a deque": lambda v: v.rows[0].append(5),
    "of an object": lambda v: setattr(v.pair[1], "x", 7),
    "in an object": lambda v: v.pair[1].tags.append(5),
}


@pytest.mark.parametrize("change", DEEP_CHANGES)
def test_a_change_further_down_is_seen(change: str) -> None:
    value, backend = Holding(3), Counting()

    def program(x: torch.Tensor, v: Any) -> Any:
        return x + max([v, v], key=lambda each: each.total()).total()

    with vartrack.use(registry_of(Holding)):
        compiled = torch.compile(program, backend=backend, fullgraph=True)
        for wanted in (1, 2):
            for _ in range(2):
                assert_alike(compiled(X, value), program(X, value))
            assert backend.graphs == wanted
            DEEP_CHANGES[change](value)


def test_what_does_something_as_it_goes_is_not_copied() -> None:
    closed = []

    class Held(Priced):
        def __del__(self) -> None:
            closed.append(self.x)

    held, holding = Held(1), Priced(2)
    holding.tags.append(held)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="as it goes"):
        AsItWas(held)
    assert AsItWas(holding).copy.tags[1] is held
    gc.collect()
    assert not closed


def test_one_that_is_equal_to_nothing_else_is_itself() -> None:
    value, backend = Alone(3), Counting()
    with vartrack.use(registry_of(Alone)):
        compiled = torch.compile(CALLED_BACK["largest"], backend=backend, fullgraph=True)
        for _ in range(2):
            assert_alike(compiled(X, value), X + 3)
    assert backend.graphs == 1


def test_the_same_object_needs_no_comparison() -> None:
    compared = []

    class Slow:
        def __init__(self, x: int) -> None:
            self.x = x

        def __eq__(self, other: Any) -> bool:
            compared.append(1)
            return self.x == other.x

        __hash__ = None  # type: ignore[assignment]

    value = Slow(1)
    with vartrack.use(registry_of(Slow)):
        compiled = torch.compile(lambda x, v: x + len(v.__dir__()), backend="eager", fullgraph=True)
        compiled(X, value)
        compared.clear()
        compiled(X, value)
        assert not compared
        compiled(X, Slow(1))
        assert len(compared) == 1
    assert KeyCheck(value, lambda slow: time.sleep(0.002) or slow.x).cost > 1_000_000


def test_values_that_compare_by_identity_are_not_taken_for_each_other() -> None:
    class Tag:
        def __init__(self, name: str) -> None:
            self.name = name

    registry = registry_of(Tag, key=lambda tag: tag.name)
    one, alike, unlike = Tag("a"), Tag("a"), Tag("b")

    for text in ("v == w", "v != w", "v in [w]", "{v: 1}.get(w)", "len({v, w})"):
        tested = eval(f"lambda x, v, w: (x + 1, {text})")
        torch._dynamo.reset()
        with vartrack.use(registry):
            compiled = torch.compile(tested, backend="eager", fullgraph=True)
            called = [(one, alike), (one, one), (alike, alike), (one, unlike)]
            for args in [*called, *called]:
                assert_alike(compiled(X, *args), tested(X, *args))


def test_without_key_or_equality_the_hash_is_a_number_that_varies() -> None:
    class Tag:
        pass

    def function(x: Any, v: Any) -> Any:
        return x + hash(v) % 7, v, v == v

    one, other = Tag(), Tag()
    assert compare_with_eager(registry_of(Tag), function, [one, one, other, one]) == 1


# keys and checks themselves


literals = st.recursive(
    st.booleans()
    | st.integers(-2, 2)
    | st.sampled_from(
        [0.0, -0.0, 1.0, math.nan, math.inf, 0j, complex(-0.0, 1), "", "a", b"a", None]
    ),
    lambda inner: st.tuples(inner) | st.tuples(inner, inner) | st.frozensets(inner, max_size=2),
    max_leaves=4,
)


def ordered(value: Any) -> str:
    """The repr, with the items of frozensets in order."""
    if isinstance(value, frozenset):
        return f"frozenset({sorted(map(ordered, value))})"
    if isinstance(value, tuple):
        return f"({', '.join(map(ordered, value))})"
    return repr(value)


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(literals, literals)
def test_keys_are_the_same_if_they_look_the_same(one: Any, other: Any) -> None:
    assert same(one, other) == (ordered(one) == ordered(other))
    assert same(one, copy.deepcopy(one))


def test_identity_in_a_key_is_of_one_object() -> None:
    one, other = [1], [1]
    assert same((Identity(one),), (Identity(one),))
    assert not same(Identity(one), Identity(other))
    assert hash(Identity(one)) == hash(Identity(one))


def test_checks_hold_for_what_they_were_made_of() -> None:
    check = KeyCheck(Decimal("1.0"), str)
    assert check(Decimal("1.0")) and not check(Decimal("1.00")) and not check("1.0")
    changing = KeyCheck([1], tuple)
    value = [1]
    assert changing(value)
    value.append(2)
    assert not changing(value)
    with pytest.raises(UnusableKey, match="not equal to itself"):
        KeyCheck(math.nan, None)
    settings_now = [1]
    state = StateCheck(lambda: settings_now[0])
    assert state(None)
    settings_now[0] = 2
    assert not state(None)
    settings_now.clear()
    assert not state(None)
