"""SnapshotVisitor: a value that could change is evaluated on copies, watched, and never changed."""

from __future__ import annotations

import collections
import copy
import dataclasses
import enum
import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis.strategies as st
import pytest
import torch
import torch._dynamo
from hypothesis import given, settings
from places import PLACES, Counting, assert_alike, compare_with_eager, standing
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import Registry, SnapshotVisitor
from vartrack.bases.content import content_key
from vartrack.core.keys import KeyCheck

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.arange(4.0)
SCALE = 3


class Node:
    """A tree with a list, a dict and a tuple, and methods of every sort."""

    def __init__(self, number: int, kids: tuple[Node, ...] = ()) -> None:
        self.number = number
        self.kids = list(kids)
        self.table = {"a": [1, 2], "b": {"c": 3}}
        self.pair = (1, [2])
        self.best = self.kids[0] if kids else None

    def __repr__(self) -> str:
        return f"Node({getattr(self, 'number', None)}, {self.kids})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and vars(self) == vars(other)

    def __len__(self) -> int:
        return len(self.kids)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.kids)

    def __getitem__(self, index: int) -> Node:
        return self.kids[index]

    def __iadd__(self, other: int) -> Node:
        self.number += other
        return self

    @property
    def tenfold(self) -> int:
        return self.number * 10

    @property
    def kid(self) -> Node:
        return self.kids[0]

    def last(self) -> Node:
        return self.kids[-1]

    def itself(self) -> Node:
        return self

    def everything(self) -> list[Any]:
        return [self.kids, self, 3, {"t": self.table}]

    def pairs(self) -> Iterator[tuple[Node, int]]:
        for kid in self.kids:
            yield kid, kid.number

    def scaled(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.number

    def apply(self, function: Callable[[int], Any]) -> Any:
        return function(self.number)

    def grow(self, number: int = 9) -> Node:
        self.kids.append(Node(number))
        return self

    def grow_and_fail(self) -> None:
        self.number += 1
        raise ValueError("grown")

    def grow_slowly(self) -> Iterator[int]:
        self.number += 1
        yield self.number

    def rename(self, other: Node) -> None:
        other.number += 1

    def fill(self, into: list[int]) -> int:
        into.append(self.number)
        return len(into)

    def fail(self) -> None:
        raise KeyError(self.number)

    def first_of(self, other: Node) -> Node:
        return other.kids[0]


def nodes() -> tuple[Node, Node]:
    return Node(1, (Node(2), Node(3, (Node(4),)))), Node(5, (Node(6),))


def registry_with(*types: type, **attributes: Any) -> Registry:
    registry = vartrack.stock.derive("snapshots")
    registry.register(type("Snapshots", (SnapshotVisitor,), {"types": types, **attributes}))
    return registry


NODES = registry_with(Node)


def program(text: str) -> Callable[..., Any]:
    """The function of ``x``, ``n`` and ``m`` that is written in ``text``."""
    *before, last = text.split("; ")
    body = "\n ".join([*before, last if last.startswith("return") else f"return {last}"])
    scope: dict[str, Any] = {"torch": torch, "copy": copy, "Node": Node, "len_": len}
    exec(f"def f(x, n, m):\n {body}", scope)
    return scope["f"]  # type: ignore[no-any-return]


def outcome(run: Callable[..., Any]) -> Any:
    """What a program gives or raises, which of its objects were given, and their state after."""
    n, m = nodes()
    given = {"n": n, "m": m, "kids": n.kids, "table": n.table, "a": n.table["a"], "b": n.table["b"]}
    given |= {"k0": n.kids[0], "k1": n.kids[1], "m0": m.kids[0], "p1": n.pair[1], "vars": vars(n)}
    names = {id(value): name for name, value in given.items()}

    def described(value: Any) -> Any:
        name = names.get(id(value))
        if name is not None:
            return name
        if isinstance(value, (list, tuple)):
            return type(value).__name__, [described(item) for item in value]
        if isinstance(value, dict):
            return {key: described(item) for key, item in value.items()}
        if isinstance(value, set):
            return "set", sorted(map(str, value))
        return type(value).__name__, str(value)

    try:
        result = described(run(X.clone(), n, m))
    except Unsupported:
        raise
    except Exception as error:
        result = type(error).__name__, str(error)
    return result, repr(n), repr(m), repr(vars(n)), repr(vars(m))


READING = """
n.number, n.tenfold, n.number.__add__(1)
n.kid
n.last()
n.itself()
n.everything()
list(n.pairs()), [number for kid, number in n.pairs()]
n.table, n.table["a"], n.table["b"]["c"], "a" in n.table, n.table.get("z", 2)
n.pair, n.pair[1], n.pair[0]
list(n.table), n.table.keys() | {"z"}, list(n.table.values()), dict(n.table.items())
n.kids, n.kids[0], n.kids[:1], n.kids + [1], n.kids.copy(), n.kids * 2, len(n.kids)
sorted(n.table), sum(n.table["a"]), max(n.table["a"]), [*n.table["a"]], n.table | {"z": 1}
[kid.number for kid in n], list(n), tuple(n), n[0], n[-1].kids[0].number, len(n)
[i for i, kid in enumerate(n)], list(map(len, n)), list(zip(n.kids, n.table["a"])), next(iter(n))
n == m, n == n, n != m, n == 3, n in [m, n]
n.kids[0] is n.kid, n.kids is n.kids, n.best is n.kids[0], n.best is n.kids[1], n is n, n is None
n is m
n.first_of(m), n.first_of(n)
max(n.kids, key=len_), max([n, m], key=len_), sorted([n, m], key=len_), min(n.kids, key=repr)
n if len(n) else m, n or m, not n, bool(n)
max(n.kids, key=lambda kid: kid.number).number
n.scaled(x), Node.scaled(n, x), x * n.number + n.table["a"][0]
n.apply(lambda number: number + 1), n.apply(float)
isinstance(n, Node), type(n) is Node, type(n).__name__, n.__class__ is Node, callable(n)
isinstance(n.kids, list), isinstance(n.table, dict), type(n.pair) is tuple
x.view(n.pair[1] + [2]), torch.zeros(n.table["a"]).shape
f"{n.number} {n.pair}", f"{n}", repr(n), str(n)
getattr(n, "nothing", 3), hasattr(n, "number"), hasattr(n, "nothing")
(n, n), [n, m, n.kids], {"a": n}
vars(n), vars(n)["number"], n.__dict__
copy.copy(n).number, copy.deepcopy(n).kids[0].number
Node(7).number, Node(7, (n,)).kids[0]
c = copy.copy(n); c.number = 8; return c.number, n.number
""".strip().splitlines()


@pytest.mark.parametrize("text", READING)
def test_reading_gives_what_eager_gives_and_the_very_same_objects(text: str) -> None:
    function = program(text)
    with vartrack.use(NODES):
        compiled = torch.compile(function, backend="eager", fullgraph=True)
        assert outcome(compiled) == outcome(function)


CHANGES = """
n.number = 3
del n.number
setattr(n, "number", 3)
delattr(n, "number")
n.number += 1
n += 1
n.new = 1
n[0].number = 9
n.grow()
n.grow().grow(8)
n.grow_and_fail()
list(n.grow_slowly())
n.rename(m)
n.rename(n)
n.fill([])
n.__init__(3)
n.kids.append(m)
n.kids.clear()
n.kids.sort(key=len_)
n.kids.reverse()
n.kids += [m]
n.kids[0] = m
del n.kids[0]
n.kids[0].kids.append(m)
n.last().grow()
n.table["a"].append(3)
n.table["b"].update(c=4)
n.table.pop("a")
n.table |= {"z": 1}
n.table["z"] = 1
n.pair[1].append(2)
vars(n)["number"] = 3
kids = n.kids; kids.append(m)
for kid in n.kids: kid.number = 7
object.__setattr__(n, "number", 4)
""".strip().splitlines()


@pytest.mark.parametrize("text", CHANGES)
def test_a_change_breaks_the_graph_and_happens_once(text: str) -> None:
    function = program(f"{text}; return x + 1")
    with vartrack.use(NODES):
        strict = torch.compile(function, backend="eager", fullgraph=True)
        n, m = nodes()
        before = repr((vars(n), vars(m)))
        with pytest.raises(Unsupported) as caught:
            strict(X.clone(), n, m)
        assert repr((vars(n), vars(m))) == before, "the value was changed while tracing"
        if "object.__setattr__" not in text:  # torch breaks the graph itself
            said = str(caught.value)
            assert f"{__name__}.Node" in said
            assert "would change a value" in said or "changes an operand" in said
            assert "outside the compiled function" in said
        torch._dynamo.reset()
        assert outcome(torch.compile(function, backend="eager")) == outcome(function)


@dataclasses.dataclass
class Config:
    """A configuration; changed by its user between calls."""

    width: Any = 2
    flags: dict[str, Any] = dataclasses.field(default_factory=dict)
    layers: list[Any] = dataclasses.field(default_factory=lambda: [1, 2])

    def total(self) -> Any:
        return self.width + sum(self.layers)


class Wider(Config):
    def total(self) -> Any:
        return super().total() * 100


CONFIGS = registry_with(Config)


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
    assert compare_with_eager(CONFIGS, function, values) == len(distinct)


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
    values = [Caching([1, 2]), Caching([1, 2]), Caching([3])]
    values[1].total()
    graphs = compare_with_eager(registry, lambda x, v: (x * v.total(), v.longest), values)
    assert graphs == 2


def test_a_cache_that_is_content_is_filled_outside_of_the_graph() -> None:
    value = Caching([1, 2])
    with vartrack.use(registry_with(Caching)):
        run = torch.compile(lambda x, v: x * v.total(), backend="eager")
        for _ in range(3):
            assert_alike(run(X, value), X * 3)
    assert value._cache == {"total": 3}


# parts that are met elsewhere


def test_a_part_that_comes_as_an_argument_too_is_the_same_part() -> None:
    def function(x: torch.Tensor, config: Config, layers: list[int]) -> Any:
        return x + config.total(), layers is config.layers, len(layers)

    config = Config()
    backend = Counting()
    with vartrack.use(CONFIGS):
        run = torch.compile(function, backend=backend, fullgraph=True)
        for layers in (config.layers, [1, 2], [7], [1, 2]):
            assert_alike(run(X, config, layers), function(X, config, layers))


@pytest.mark.parametrize("first", ["config.total()", "0"])
def test_a_part_that_was_changed_under_another_name_is_not_read_again(first: str) -> None:
    scope: dict[str, Any] = {}
    exec(
        "def function(x, config, layers):\n"
        f"    before = {first}\n"
        "    layers.append(10)\n"
        "    return x + before, config.total(), len(config.layers)\n",
        scope,
    )
    function = scope["function"]
    with vartrack.use(CONFIGS):
        strict = torch.compile(function, backend="eager", fullgraph=True)
        config = Config()
        with pytest.raises(Unsupported):
            strict(X, config, config.layers)
        assert config.layers == [1, 2]
        torch._dynamo.reset()
        run = torch.compile(function, backend="eager")
        ours, theirs = Config(), Config()
        for _ in range(3):
            assert_alike(run(X, ours, ours.layers), function(X, theirs, theirs.layers))
        assert ours == theirs


def test_a_part_stays_the_same_object_across_a_graph_break() -> None:
    def function(x: torch.Tensor, config: Config) -> Any:
        layers = config.layers
        torch._dynamo.graph_break()
        layers.append(3)
        return x + len(layers), layers

    with vartrack.use(CONFIGS):
        run = torch.compile(function, backend="eager")
        config = Config()
        for length in (3, 4, 5):
            _, layers = run(X, config)
            assert layers is config.layers
            assert len(layers) == length


def test_the_same_object_in_two_places_is_one_object_under_a_guard() -> None:
    def function(x: torch.Tensor, one: Config, other: Config) -> Any:
        return x + 1, one is other, one.layers is other.layers

    same, like, unlike = Config(), Config(), Config(9)
    with vartrack.use(CONFIGS):
        run = torch.compile(function, backend="eager")
        for pair in [(same, same), (same, like), (same, unlike), (like, like), (same, same)]:
            assert_alike(run(X, *pair), function(X, *pair))


def test_an_object_chosen_out_of_two_places_is_that_object_or_refused() -> None:
    with vartrack.use(NODES):
        n, _ = nodes()
        run = torch.compile(lambda x, a, b: max([a, b], key=len), backend="eager", fullgraph=True)
        try:
            assert run(X, n, n) is n  # where torch traces max
        except Unsupported as error:
            assert "in several places" in str(error)


class Lines(collections.UserDict[str, Any]):
    """A mapping that is written in Python, with views of its own."""


def test_views_of_a_mapping() -> None:
    def function(x: torch.Tensor, lines: Lines) -> Any:
        pairs = [(key, len(value)) for key, value in lines.items()]
        keys = lines.keys()
        return x + len(lines), pairs, list(keys), "a" in keys, list(lines.values()), lines["a"]

    values = [Lines(a=[1], b=[2]), Lines(a=[1], b=[2]), Lines(a=[])]
    assert compare_with_eager(registry_with(Lines), function, values) == 2


def test_a_mapping_is_unpacked_into_keyword_arguments() -> None:
    def function(x: torch.Tensor, lines: Lines) -> Any:
        return x.sum(**lines), dict(**lines), {**lines}

    values = [Lines(dim=0, keepdim=True), Lines(dim=0)]
    assert compare_with_eager(registry_with(Lines), function, values) == 2


class Slotted:
    __slots__ = ("items", "number")

    def __init__(self, number: int) -> None:
        self.number, self.items = number, [number]


def test_slots_are_read_and_guarded() -> None:
    def function(x: torch.Tensor, value: Slotted) -> Any:
        return x + value.number, value.items, value.items[0]

    values = [Slotted(1), Slotted(1), Slotted(2)]
    assert compare_with_eager(registry_with(Slotted), function, values) == 2


class Sub:
    """Has no visitor of its own."""

    def __init__(self, number: int) -> None:
        self.number = number

    def double(self) -> int:
        return 2 * self.number


def test_objects_that_a_snapshot_holds_are_read_and_not_changed() -> None:
    def function(x: torch.Tensor, config: Config) -> Any:
        return x + config.width.number, config.width.double(), config.width, config.width is config

    values = [Config(Sub(1)), Config(Sub(1)), Config(Sub(2))]
    assert compare_with_eager(CONFIGS, function, values) == 2

    def change(x: torch.Tensor, config: Config) -> Any:
        config.width.number += 1
        return x + config.width.number

    config = Config(Sub(1))
    with vartrack.use(CONFIGS):
        with pytest.raises(Unsupported, match=r"Sub\.__setattr__ would change"):
            torch.compile(change, backend="eager", fullgraph=True)(X, config)
        torch._dynamo.reset()
        assert_alike(torch.compile(change, backend="eager")(X, config), X + 2)
        assert config.width.number == 2


def test_tensors_and_modules_that_a_snapshot_holds_are_theirs() -> None:
    class Holder:
        def __init__(self, tensor: torch.Tensor, module: torch.nn.Module) -> None:
            self.name, self.tensor, self.parts = "a", tensor, [tensor, module, len]

    def function(x: torch.Tensor, holder: Holder) -> Any:
        return x * holder.tensor, holder.parts[1](x), holder.parts[0] is holder.tensor

    registry = registry_with(Holder, key=staticmethod(lambda value: value.name))
    module = torch.nn.Linear(4, 4)
    values = [Holder(torch.ones(4), module), Holder(torch.zeros(4), module)]
    assert compare_with_eager(registry, function, values) == 1


def test_a_list_that_holds_itself_is_refused() -> None:
    cyclic: list[Any] = [1]
    cyclic.append(cyclic)
    with vartrack.use(CONFIGS), pytest.raises(Unsupported, match="list holds itself"):
        run = torch.compile(lambda x, c: x + c.layers[0], backend="eager", fullgraph=True)
        run(X, Config(layers=cyclic))


def test_cycles_through_objects_are_fine() -> None:
    n, _ = nodes()
    n.kids[0].kids.append(n)
    n.kids[0].best = n

    def function(x: torch.Tensor, n: Any) -> Any:
        return x + n.kid.best.kid.number, n.kid.best is n, n.kid.kids[-1] is n

    assert compare_with_eager(NODES, function, [n, n]) == 1


# made while tracing


class Made:
    def __init__(self, items: Any = ()) -> None:
        self.items = list(items)
        self.kept = items


def test_calling_the_class_is_traced_so_that_the_new_object_may_change() -> None:
    def function(x: torch.Tensor, number: int) -> Any:
        made = Made([number])
        made.items.append(2)
        return x + len(made.items), made.items

    assert compare_with_eager(registry_with(Made), function, [1, 1]) == 1


def test_calling_the_class_can_be_evaluated_instead() -> None:
    registry = registry_with(Made, fold_calls=True)

    def function(x: torch.Tensor, _: Any) -> Any:
        made = Made((1, 2))
        return x + sum(made.items), made, made.items, made.items is made.items, made.items[:1]

    with vartrack.use(registry):
        run = torch.compile(function, backend="eager", fullgraph=True)
        results = [run(X, None) for _ in range(2)]
    for total, made, items, same, slice_ in results:
        assert_alike(total, X + 3)
        assert slice_ == [1]
        assert made.items is items
        assert same
    assert results[0][1] is not results[1][1], "each call makes an object of its own"


def test_an_evaluated_call_must_not_keep_what_it_is_given() -> None:
    def function(x: torch.Tensor) -> Any:
        items = [1]
        made = Made(items)
        items.append(2)
        return x + len(made.kept)

    with vartrack.use(registry_with(Made, fold_calls=True)):
        with pytest.raises(Unsupported, match="keeps a list that it is given"):
            torch.compile(function, backend="eager", fullgraph=True)(X)
        torch._dynamo.reset()
        assert_alike(torch.compile(function, backend="eager")(X), X + 2)


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
        run = torch.compile(lambda x, v: x + v.number(), backend="eager", fullgraph=True)
        run(X, value)
    assert said in str(caught.value)
    assert type(value).__name__ in str(caught.value)


def test_no_key_stands_for_all_that_the_value_holds() -> None:
    """Comparing a value that can change with itself would always find it the same."""
    registry = registry_with(Config, key=None)
    config = Config()

    def values() -> Iterator[Config]:
        yield config
        config.layers.append(3)
        yield config

    assert compare_with_eager(registry, use_config, values()) == 2


def test_an_address_is_not_shown() -> None:
    class Plain:
        pass

    with vartrack.use(registry_with(Plain)), pytest.raises(Unsupported, match="the address"):
        torch.compile(lambda x, v: repr(v), backend="eager", fullgraph=True)(X, Plain())


def test_an_impure_method_breaks_the_graph() -> None:
    registry = registry_with(Node, impure=("last",))
    with vartrack.use(registry), pytest.raises(Unsupported, match="depends on more"):
        torch.compile(lambda x, n: n.last(), backend="eager", fullgraph=True)(X, nodes()[0])


# the content of a value


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
    ]
    keys = [content_key(value) for value in values]
    assert len(set(keys)) == len(values)
    assert [content_key(copy.deepcopy(value)) for value in values] == keys


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
