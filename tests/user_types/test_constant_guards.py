"""A constant is guarded where something was evaluated: wherever it stands, and only there."""

from __future__ import annotations

import collections
import dataclasses
import functools
import types
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import hypothesis.strategies as st
import pytest
import torch
import torch._dynamo
from constant_values import Length, constants, registry_of
from hypothesis import given, settings
from places import PLACES, Counting, assert_alike, compare_with_eager, standing

import vartrack
from vartrack import ConstantVisitor, Registry, SnapshotVisitor

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.arange(4.0)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return constants()


# places


@dataclasses.dataclass
class Box:
    v: Any


@dataclasses.dataclass(frozen=True)
class FrozenBox:
    v: Any


class Pair(NamedTuple):
    v: Any


class Shelf:
    v: Any = None


def used(x: Any, v: Any) -> Any:
    return x * float(v), v + 1, v, {v: 1}, v == Decimal("1.0")


def with_default(v: Any) -> Callable[..., Any]:
    return lambda x, default=v: used(x, default)


def with_named_default(v: Any) -> Callable[..., Any]:
    return lambda x, *, default=v: used(x, default)


def set_on(holder: Any, v: Any) -> Any:
    holder.v = v
    return holder


HOME = types.ModuleType("home")
CONTAINERS: dict[str, tuple[Callable[[Any], Any], Callable[..., Any]]] = {
    "list": (lambda v: [v], lambda x, h: (used(x, h[0]), h)),
    "tuple": (lambda v: (1, v), lambda x, h: (used(x, h[1]), h)),
    "dict": (lambda v: {"k": v}, lambda x, h: (used(x, h["k"]), h)),
    "nested": (lambda v: {"k": [({3: v},)]}, lambda x, h: (used(x, h["k"][0][0][3]), h)),
    "set": (lambda v: {v}, lambda x, h: ([used(x, i) for i in h], Decimal("1.0") in h)),
    "frozenset": (lambda v: frozenset([v]), lambda x, h: [used(x, i) for i in h]),
    "key": (
        lambda v: {v: 2, "a": 3},
        lambda x, h: (x * h.get(Decimal("1.0"), 5), [used(x, i) for i in h if i != "a"], h),
    ),
    "key of a tensor": (lambda v: {v: X}, lambda x, h: [t + float(k) for k, t in h.items()]),
    "deque": (lambda v: collections.deque([v]), lambda x, h: used(x, h[0])),
    "mapping proxy": (lambda v: types.MappingProxyType({"a": v}), lambda x, h: used(x, h["a"])),
    "dataclass": (Box, lambda x, h: used(x, h.v)),
    "frozen dataclass": (FrozenBox, lambda x, h: used(x, h.v)),
    "named tuple": (Pair, lambda x, h: (used(x, h.v), h)),
    "class attribute": (functools.partial(set_on, Shelf), lambda x, h: used(x, h.v)),
    "Python module": (functools.partial(set_on, HOME), lambda x, h: used(x, h.v)),
    "default": (with_default, lambda x, h: h(x)),
    "named default": (with_named_default, lambda x, h: h(x)),
    "partial": (lambda v: functools.partial(used, v=v), lambda x, h: h(x)),
    "result of a call": (str, lambda x, h: used(x, Decimal(h))),
    "changed list": (lambda v: [v], lambda x, h: (h.append(h[0] + 1), x + 1, h)),
    "changed dict": (lambda v: {v: 1}, lambda x, h: (h.update(dict.fromkeys(h, 2)), x + 1, h)),
    "changed object": (Box, lambda x, h: (setattr(h, "v", h.v + 1), x + 1, h.v)),
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_value_is_guarded_in_every_container(container: str, registry: Registry) -> None:
    make, function = CONTAINERS[container]
    backend = Counting()
    with vartrack.use(registry):
        compiled = standing("argument", function, backend)
        for text in ("1.0", "1.00", "2.5", "1.0", "2.5", "1.00"):
            assert_alike(
                compiled(X.clone(), make(Decimal(text))), function(X.clone(), make(Decimal(text)))
            )
    # 1.0 and 1.00 differ in their text; all else is worked out again where nothing asks for it
    needed = {"result of a call": 3, "changed list": 1, "changed object": 1}
    assert backend.graphs == needed.get(container, 2)


@pytest.mark.parametrize("place", PLACES)
def test_a_value_that_is_not_looked_at_is_not_guarded(place: str, registry: Registry) -> None:
    values = [Decimal(1), Decimal(2), Decimal("NaN"), None, "text"]
    assert compare_with_eager(registry, lambda x, v: x + 1, values, place) == 1


numbers = st.sampled_from([Decimal("1.0"), Decimal("1.00"), Decimal("-2"), Length(1), Length(2)])
trees = st.recursive(
    numbers,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.sampled_from("ab"), inner, min_size=1, max_size=2)
        | st.tuples(inner, inner)
    ),
    max_leaves=5,
)


def total(tree: Any) -> Any:
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, (list, tuple)):
        return sum([total(item) for item in tree])
    return int(tree) if isinstance(tree, Length) else float(tree) + len(str(tree))


def replace_first(tree: Any, value: Any) -> bool:
    """Put ``value`` in place of the first leaf in a list or dict; False if there is none."""
    if not isinstance(tree, (list, dict, tuple)):
        return False
    for key in tree if isinstance(tree, dict) else range(len(tree)):
        if replace_first(tree[key], value):
            return True
        if not isinstance(tree, tuple) and not isinstance(tree[key], (list, dict, tuple)):
            tree[key] = value
            return True
    return False


@settings(max_examples=12, deadline=None, database=None, derandomize=True)
@given(trees, st.lists(numbers, min_size=2, max_size=3))
def test_results_stay_right_while_leaves_are_replaced(tree: Any, leaves: list[Any]) -> None:
    registry = vartrack.stock.derive("trees")
    for cls, key in ((Decimal, str), (Length, int)):
        attributes = {"types": (cls,), "key": staticmethod(key)}
        registry.register(type(f"{cls.__name__}s", (ConstantVisitor,), attributes))
    torch._dynamo.reset()
    with vartrack.use(registry):
        compiled = torch.compile(lambda x, t: x + total(t), backend="eager", fullgraph=True)
        for leaf in [None, *leaves]:
            if leaf is not None:
                replace_first(tree, leaf)
            assert torch.equal(compiled(X, tree), X + total(tree))


# values


def test_one_graph_for_each_distinct_value(registry: Registry) -> None:
    texts = ["1.0", "1.00", "-0", "0", "NaN", "-NaN", "sNaN", "1.0", "NaN", "-0", "sNaN", "0"]

    def function(x: Any, v: Any) -> Any:
        return x + len(str(v)), str(v), v.is_nan(), v.is_signed(), v.as_tuple()

    values = [Decimal(text) for text in texts]
    for place in PLACES:
        torch._dynamo.reset()
        assert compare_with_eager(registry, function, values, place) == len(set(texts))


def test_equal_values_of_other_types_are_others(registry: Registry) -> None:
    class Longer(Length):
        pass

    values = [Length(1), Longer(1), Length(1), Longer(1), 1, True, 1.0, Decimal(1)]

    def function(x: Any, v: Any) -> Any:
        return x + int(v), type(v).__name__

    assert compare_with_eager(registry, function, values) == 6


class Money(Decimal):
    """A subclass of a registered type."""


def test_a_visitor_of_the_exact_type_leaves_subclasses_alone(registry: Registry) -> None:
    def visitor(value: Any) -> str:
        return getattr(registry.resolve(value), "name", "")

    assert visitor(Decimal(1)) == "Decimals"
    assert visitor(Money(1)) != "Decimals"


def test_operands_that_are_symbolic_are_fixed_and_guarded(registry: Registry) -> None:
    def function(x: Any, n: Any) -> Any:
        a = Decimal("2.0")
        facts = a == n, a < n, n > a, a * n, n * a, n - a, max(a, n), pow(a, n), n**a, divmod(a, n)
        return x + 1, facts, a is n, {a: 1}.get(n)

    values = [1, 2, 3, 4, 2, 1]
    assert compare_with_eager(registry, function, values) == 4
    torch._dynamo.reset()
    # a float becomes an input of the graph at the second value
    floats = [1.5, 2.0, 3.5, 2.0]

    def with_float(x: Any, n: Any) -> Any:
        a = Decimal("2.0")
        return x * n, a == n, a < n, n >= a, {a: 1}.get(n)

    assert compare_with_eager(registry, with_float, floats) == 3
    torch._dynamo.reset()
    with vartrack.use(registry):
        sized = torch.compile(
            lambda x, a: (x + 1, a * x.shape[0], a == x.shape[0]), backend="eager", fullgraph=True
        )
        for size in (2, 3, 4, 5, 2):
            x = torch.ones(size)
            expected = x + 1, Decimal(3) * size, size == 3
            assert_alike(sized(x, Decimal(3)), expected)


# identity


def test_is_between_values_is_answered_with_a_guard(registry: Registry) -> None:
    def function(x: Any, one: Any, other: Any) -> Any:
        return x + 1, one is other, one is not other, one == other

    backend = Counting()
    one, alike, unlike = Decimal("1.5"), Decimal("1.5"), Decimal("2.5")
    with vartrack.use(registry):
        compiled = torch.compile(function, backend=backend, fullgraph=True)
        called = [(one, one), (alike, alike), (one, unlike), (one, alike), (unlike, unlike)]
        for args in [*called, *called, (alike, one)]:
            assert_alike(compiled(X, *args), function(X, *args))
    assert backend.graphs == 3


def test_what_comes_from_outside_is_returned_as_the_same_object(registry: Registry) -> None:
    def function(x: Any, v: Any) -> Any:
        return x * float(v), v, [v], Decimal(v), {v: v}, v.real

    with vartrack.use(registry):
        compiled = torch.compile(function, backend="eager", fullgraph=True)
        for value in (Decimal("1.5"), Decimal("1.5")):
            _, same_one, listed, built, mapped, real = compiled(X, value)
            assert same_one is listed[0] is built is mapped[value] is real is value
            assert next(iter(mapped)) is value


# state


PRECISION = [28]


class Rounded:
    """Its result depends on a setting of the process."""

    def __init__(self, x: float) -> None:
        self.x = x

    def __eq__(self, other: Any) -> bool:
        return self.x == other.x

    def text(self) -> str:
        return f"{self.x:.{PRECISION[0]}f}"


def precision() -> int:
    return PRECISION[0]


@pytest.mark.parametrize("place", PLACES)
def test_state_is_guarded_where_something_was_evaluated(place: str) -> None:
    registry = registry_of(Rounded, state=precision)
    backend, carrying = Counting(), Counting()
    function = lambda x, v: (x + 1, v.text())  # noqa: E731
    with vartrack.use(registry):
        compiled = standing(place, function, backend)
        carried = standing(place, lambda x, v: (x + 1, v), carrying)
        for digits in (1, 2, 1, 3, 2):
            PRECISION[0] = digits
            assert_alike(compiled(X, Rounded(1.5)), function(X, Rounded(1.5)))
            carried(X, Rounded(1.5))
    assert backend.graphs == 3
    assert carrying.graphs == 1


def test_state_is_guarded_for_values_made_while_tracing() -> None:
    registry = registry_of(Rounded, state=precision)
    with vartrack.use(registry):
        compiled = torch.compile(
            lambda x: (x + 1, Rounded(1.5).text()), backend="eager", fullgraph=True
        )
        for digits in (1, 2, 1):
            PRECISION[0] = digits
            assert compiled(X)[1] == Rounded(1.5).text()


@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor])
@pytest.mark.parametrize(
    "ancestor, content",
    [
        *((int, 3), (float, 2.5), (str, "text"), (bytes, b"octets"), (tuple, (1, 2))),
        *((complex, 1j), (frozenset, {1}), (list, [1]), (dict, {"a": 1}), (set, {1})),
        *((Decimal, "1.5"), (collections.deque, [1])),
    ],
)
def test_what_a_subclass_stores_is_read_where_it_is(
    base: Any, ancestor: type, content: Any
) -> None:
    """Equal values of a class that derives from one in C have attributes of their own."""
    cls: Any = type("Rated", (ancestor,), {"twice": property(lambda self: self.rate * 2)})

    def rated(rate: int | None) -> Any:
        value = cls(content)
        if rate is not None:
            value.rate = rate
        return value

    def function(x: torch.Tensor, v: Any) -> torch.Tensor:
        if not hasattr(v, "rate"):
            return x - 1
        return x * v.rate + v.twice

    registry = vartrack.stock.derive("rated")
    registry.register(type("Rates", (base,), {"types": (cls,)}))
    compare_with_eager(registry, function, [rated(3), rated(4), rated(None), rated(3), rated(70)])
