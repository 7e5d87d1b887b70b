"""Whatever users' types are nested in, and whatever changes, compiled code says what Python says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
import pytest
import torch
import torch._dynamo
from hypothesis import Phase, given, note, settings
from torch._dynamo.variables.base import VariableTracker

import vartrack
from vartrack import ConstantVisitor, RecordVisitor, Registry, SnapshotVisitor, Visitor
from vartrack.bases.snapshot import SnapshotVariable

# the types, one of each kind, and what stands beside them


class Box:
    """Changes in place, and is taken for a constant as long as it does not."""

    def __init__(self, level: int, *items: Any) -> None:
        self.level = level
        self.items = list(items)

    def total(self) -> float:
        return self.level + sum(map(float, self.items))

    def __repr__(self) -> str:
        return f"Box({self.level}, {self.items})"


class Layer:
    """A record: a tensor, a number and a name."""

    __slots__ = ("name", "scale", "weight")

    def __init__(self, weight: torch.Tensor, scale: float, name: str) -> None:
        self.weight = weight
        self.scale = scale
        self.name = name

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.scale + self.weight + len(self.name)

    def __repr__(self) -> str:
        return f"Layer({self.weight.tolist()}, {self.scale}, {self.name!r})"


@dataclass
class Pair:
    left: Any
    right: Any


class Holder(torch.nn.Module):
    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value

    def put(self, value: Any) -> None:
        del self.value  # a module in it would not let go of its place
        self.value = value

    def __repr__(self) -> str:
        return f"Holder({self.value!r})"


class Decimals(ConstantVisitor):
    types = (Decimal,)
    key = staticmethod(str)


class Boxes(SnapshotVisitor):
    types = (Box,)


class Layers(RecordVisitor):
    types = (Layer,)
    fields = ("weight", "scale", "name")


class Blind(SnapshotVariable):
    """Reads attributes past their places, so that nothing guards them."""

    def attribute(self, tx: Any, name: str) -> VariableTracker:
        return VariableTracker.build(tx, getattr(self.example, name))

    def own_method(self, name: str) -> None:
        return None


class Careless(SnapshotVisitor):
    """Takes a box for the same as long as it is one."""

    types = (Box,)
    folded_class = Blind
    key = staticmethod(type)


def registry_of(*visitors: type[Visitor]) -> Registry:
    registry = vartrack.stock.derive("soundness")
    for visitor in visitors:
        registry.register(visitor)
    return registry


# the program


def walk(x: torch.Tensor, value: Any, said: list[Any]) -> torch.Tensor:
    """Uses every part of ``value`` in a way that shows what it is."""
    if isinstance(value, Decimal):
        said.append((value + 1, f"{value:f}", {value: 1}))
        return x * 2 + float(value) if value > Decimal("1.25") else x - float(value)
    if isinstance(value, Box):
        said.append((value.level, len(value.items)))
        return x + value.total()
    if isinstance(value, Layer):
        return value.apply(x)
    if isinstance(value, Pair):
        return walk(walk(x, value.left, said), value.right, said)
    if isinstance(value, Holder):
        return walk(x, value.value, said)
    if isinstance(value, dict):
        for key, item in value.items():
            said.append(key)
            x = walk(x, item, said)
        return x
    if isinstance(value, (list, tuple)):
        for item in value:
            x = walk(x, item, said)
        return x - len(value)
    if isinstance(value, (set, frozenset)):
        said.append((len(value), Decimal("1.5") in value, 1 in value, "one" in value))
        return x + len(value)
    if isinstance(value, str):
        said.append(value + "!")
        return x
    if value is None:
        return -x
    if value:
        said.append(value)
    return x * 3 if value is True else x + value


def program(x: torch.Tensor, value: Any) -> tuple[torch.Tensor, list[Any]]:
    said: list[Any] = []
    return walk(x, value, said), said


# values, and what can happen to them

DECIMALS = st.sampled_from(["0", "-0", "1", "1.0", "1.5", "1.50", "2.25"]).map(Decimal)
NUMBERS = st.sampled_from([0, 1, 2, -3, 7, True, False, 0.0, -0.0, 0.5, 1.0, 2.5])
TEXTS = st.sampled_from(["", "one", "two"])
BOXES = st.builds(Box, st.integers(0, 2), st.sampled_from([0, 1.5, Decimal("1.5"), True]))
LAYERS = st.builds(
    Layer,
    st.sampled_from([0.0, 1.0, 2.0]).map(lambda value: torch.full((3,), value)),
    st.sampled_from([1.0, 0.5]),
    TEXTS,
)
LEAVES = st.one_of(DECIMALS, BOXES, LAYERS, NUMBERS, TEXTS, st.none())
SETS = st.sets(st.one_of(DECIMALS, st.sampled_from([1, 2, "one", "two"])), max_size=3)


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Containers of every sort, with two or three things in them."""
    several = st.lists(inner, min_size=2, max_size=3)
    keys = st.permutations(["a", 1, Decimal("1.5"), True])
    return st.one_of(
        several,
        several.map(tuple),
        st.builds(zip, keys, several).map(dict),
        several.map(lambda items: Pair(*items[:2])),
        several.map(Holder),
    )


VALUES = nested(LEAVES | SETS | SETS.map(frozenset) | nested(LEAVES))

Change = Callable[[Any], None]


def changes(value: Any, replace: Change, leaf: Any) -> Iterator[Callable[[], None]]:
    """What can be done to ``value`` and to its parts: replaced by ``leaf``, or changed in place."""

    def item(container: Any, key: Any) -> Change:
        return lambda new: container.__setitem__(key, new)

    def attribute(whole: Any, name: str) -> Change:
        return lambda new: setattr(whole, name, new)

    def exchanged(whole: tuple[Any, ...], index: int) -> Change:
        return lambda new: replace((*whole[:index], new, *whole[index + 1 :]))

    yield lambda: replace(leaf)
    if isinstance(value, Box):
        yield lambda: setattr(value, "level", (value.level + 1) % 3)
        yield lambda: value.items.append(0.5)
        yield lambda: value.items.clear()
    elif isinstance(value, Layer):
        yield lambda: setattr(value, "scale", value.scale + 1)
        yield lambda: setattr(value, "weight", value.weight + 1)
        yield lambda: value.weight.add_(1)
        yield lambda: setattr(value, "name", value.name + "s")
    elif isinstance(value, set):
        yield lambda: value.symmetric_difference_update({1})
        yield lambda: value.symmetric_difference_update({Decimal("1.5")})
    elif isinstance(value, (list, dict, tuple)):
        keys = list(value) if isinstance(value, dict) else range(len(value))
        for key in keys:
            change = exchanged(value, key) if isinstance(value, tuple) else item(value, key)
            yield from changes(value[key], change, leaf)
        if isinstance(value, list):
            yield lambda: value.append(leaf)
            yield lambda: value.reverse()
    elif isinstance(value, Holder):
        yield from changes(value.value, value.put, leaf)
    elif isinstance(value, Pair):
        for name in ("left", "right"):
            yield from changes(getattr(value, name), attribute(value, name), leaf)


# the promise

held: Any = None


PLACED = st.sampled_from(["argument", "attribute", "global", "closure"])


@settings(max_examples=25, deadline=None, database=None, derandomize=True)
@given(PLACED, VALUES, st.data())
def test_compiled_code_follows_every_change(place: str, value: Any, data: st.DataObject) -> None:
    """Values of users' types and plain ones, nested at random, in each of the four places. Parts
    are replaced and changed in place between the calls of one compiled function."""
    follow(registry_of(Decimals, Boxes, Layers), place, value, data)


def test_a_visitor_that_looks_away_is_caught() -> None:
    """The same test fails for a snapshot whose key leaves its content out."""

    @settings(
        max_examples=100, deadline=None, database=None, derandomize=True, phases=[Phase.generate]
    )
    @given(PLACED, VALUES, st.data())
    def careless(place: str, value: Any, data: st.DataObject) -> None:
        follow(registry_of(Decimals, Careless, Layers), place, value, data)

    with pytest.raises(AssertionError):
        careless()


def follow(registry: Registry, place: str, value: Any, data: st.DataObject) -> None:
    """Hold compiled code against Python while the value and its parts are changed."""
    root = Holder(value)
    x = torch.arange(3.0, dtype=torch.float64)
    compiled = standing(place, root)
    torch._dynamo.reset()
    with vartrack.use(registry), torch._dynamo.config.patch(recompile_limit=100):
        for _ in range(4):
            expected = program(x, root.value)
            got = compiled(x)
            assert torch.equal(got[0], expected[0]), (got, expected)
            assert repr(got[1]) == repr(expected[1])
            leaf = data.draw(LEAVES, "new")
            possible = list(changes(root.value, root.put, leaf))
            possible[data.draw(st.integers(0, len(possible) - 1), "change")]()
            note(f"now {root.value!r}")


def standing(place: str, root: Holder) -> Callable[[torch.Tensor], Any]:
    """The program, compiled once, with what ``root`` holds in ``place`` at each call."""

    def compiled(entry: Callable[..., Any]) -> Callable[..., Any]:
        return torch.compile(entry, backend="eager", fullgraph=True)

    if place == "argument":
        by_argument = compiled(lambda x, value: program(x, value))
        return lambda x: by_argument(x, root.value)
    if place == "attribute":
        return compiled(lambda x: program(x, root.value))
    if place == "global":
        by_global = compiled(lambda x: program(x, held))

        def with_global(x: torch.Tensor) -> Any:
            global held
            held = root.value
            return by_global(x)

        return with_global
    cell: Any = None
    by_closure = compiled(lambda x: program(x, cell))

    def with_closure(x: torch.Tensor) -> Any:
        nonlocal cell
        cell = root.value
        return by_closure(x)

    return with_closure
