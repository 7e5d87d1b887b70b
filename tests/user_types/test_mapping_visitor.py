"""`MappingVisitor` on mappings of one's own: what it guards, and what is odd about some mappings."""

from __future__ import annotations

import collections
import contextvars
import enum
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import multidict
import pytest
import torch
import torch._dynamo
from mapping_values import USES, program
from places import Counting, assert_alike, standing
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import MappingVisitor, Registry

pytestmark = pytest.mark.usefixtures("fresh")


def visitor_of(cls: type, **attributes: Any) -> type[MappingVisitor]:
    return type("Mappings", (MappingVisitor,), {"types": (cls,), **attributes})


def registry_for(cls: type, **attributes: Any) -> Registry:
    registry = vartrack.stock.derive("mine")
    registry.register(visitor_of(cls, **attributes), override=True)
    return registry


# what is guarded


class Stored(Mapping):  # type: ignore[type-arg]
    """A class in Python, with a dict in an attribute."""

    def __init__(self, **items: Any) -> None:
        self._items = items

    def __getitem__(self, key: Any) -> Any:
        return self._items[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._items[key] = value

    def __repr__(self) -> str:
        return f"{type(self).__name__}({sorted(self._items)})"


class Subclass(dict):  # type: ignore[type-arg]
    """A subclass of dict that was made in another way than a dict."""

    def __new__(cls, *args: Any, **items: Any) -> Any:
        return super().__new__(cls)


def in_c(**items: Any) -> Any:
    return MappingProxyType(items)


KINDS: dict[str, tuple[type, Callable[..., Any], dict[str, Any]]] = {
    "stored": (Stored, Stored, {"stored": ("_items",)}),
    "subclass": (Subclass, Subclass, {}),
    "in C": (MappingProxyType, in_c, {}),
}


def graphs(kind: str, function: Callable[..., Any], *values: dict[str, Any]) -> int:
    """Run on each of ``values`` and hold it against eager; how many graphs that took."""
    torch._dynamo.reset()
    cls, make, attributes = KINDS[kind]
    backend, x = Counting(), torch.ones(2)
    with vartrack.use(registry_for(cls, **attributes)):
        run = standing("argument", function, backend)
        for items in values:
            value = make(**items)
            assert_alike(run(x, value), function(x, value))
    return backend.graphs


@pytest.mark.parametrize("kind", KINDS)
def test_a_mapping_that_is_carried_is_guarded_by_its_type(kind: str) -> None:
    def carried(x: torch.Tensor, d: Any) -> Any:
        return x + 1, [d], d is None, isinstance(d, Mapping)

    assert graphs(kind, carried, {"a": 1}, {"a": 2}, {"b": 1, "a": 3}, {}) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_reading_one_item_guards_no_other(kind: str) -> None:
    def one(x: torch.Tensor, d: Any) -> Any:
        return x * d["a"]

    others = ({"a": 2, "b": 1}, {"a": 2, "b": 2}, {"b": "text", "a": 2}, {"a": 2, "c": None})
    assert graphs(kind, one, *others) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_number_becomes_dynamic_as_it_does_in_a_dict(kind: str) -> None:
    def one(x: torch.Tensor, d: Any) -> Any:
        return x * d["a"]

    assert graphs(kind, one, *({"a": number} for number in (2, 3, 4, 5, 6))) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_tensor_is_an_input_of_the_graph(kind: str) -> None:
    def one(x: torch.Tensor, d: Any) -> Any:
        return x * d["a"] + sum(d.values())

    assert graphs(kind, one, *({"a": torch.full((2,), float(n))} for n in range(4))) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_keys_count_where_they_are_asked_for(kind: str) -> None:
    def asked(x: torch.Tensor, d: Any) -> Any:
        return x + 1, "a" in d, d.get("b")

    def listed(x: torch.Tensor, d: Any) -> Any:
        return x + 1, list(d)

    def counted(x: torch.Tensor, d: Any) -> Any:
        return x + 1, len(d)

    ways = ({"a": 1}, {"a": 2}, {"c": 3}, {"c": 3, "a": 1}, {"a": 1, "c": 3})
    assert graphs(kind, asked, *ways) <= (2 if kind != "in C" else 4)
    assert graphs(kind, listed, *ways) == 4
    assert graphs(kind, counted, *ways) <= (2 if kind != "in C" else 4)


@pytest.mark.parametrize("kind", ["stored", "subclass"])
def test_a_change_in_the_graph_happens(kind: str) -> None:
    def changed(x: torch.Tensor, d: Any) -> Any:
        d["a"] = d["a"] + 1
        d["new"] = x * 2
        return x * d["a"], list(d)

    cls, make, attributes = KINDS[kind]
    with vartrack.use(registry_for(cls, **attributes)):
        run = standing("argument", changed, Counting())
        for number in (1, 2):
            got, expected = make(a=number), make(a=number)
            assert_alike(run(torch.ones(2), got), changed(torch.ones(2), expected))
            assert_alike(dict(got), dict(expected))


@pytest.mark.parametrize("read", [len, lambda d: [*d.values()], lambda d: [*d.items()]])
def test_a_key_that_comes_several_times_may_come_again(read: Any) -> None:
    """A `MultiDict` gives its keys once each: they are the same with one item more."""
    with vartrack.use(registry_for(multidict.MultiDict)):
        run = torch.compile(lambda x, d: (x + 1, read(d)), backend="eager")
        for last in ("a", "", "a", "b"):
            value = multidict.MultiDict([("a", 1), ("b", 2), *[(key, 4) for key in last]])
            assert run(torch.ones(2), value)[1] == read(value)


def test_a_change_by_code_in_c_is_refused() -> None:
    def changed(x: torch.Tensor, d: Any) -> Any:
        d["a"] = 3
        return x * d["a"]

    with vartrack.use(registry_for(multidict.MultiDict)):
        value = multidict.MultiDict(a=1)
        with pytest.raises(Unsupported, match="MultiDict"):
            standing("argument", changed, Counting())(torch.ones(2), value)
        assert value["a"] == 1
        torch._dynamo.reset()
        run = standing("argument", changed, Counting(), fullgraph=False)
        assert_alike(run(torch.ones(2), value), torch.full((2,), 3.0))
        assert value["a"] == 3


# odd mappings


class SideEffects(Stored):
    """One that counts how often it is read."""

    reads = 0

    def __getitem__(self, key: Any) -> Any:
        self.reads += 1
        return self._items[key] + self.reads


class RaisingKeys(Stored):
    """One whose ``keys`` raises."""

    def keys(self) -> Any:
        raise RuntimeError("no keys today")


class Turning(Stored):
    """One that gives its keys in another order when it is told to."""

    turned = False

    def __iter__(self) -> Iterator[Any]:
        return iter(reversed(list(self._items))) if self.turned else iter(self._items)


class OwnGetitem(dict):  # type: ignore[type-arg]
    """``d[key]`` is another thing than what the dict holds; ``**d`` does not ask."""

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(key) * 10


class OwnKeys(dict):  # type: ignore[type-arg]
    """``keys`` is a method of its own, which ``**d`` does not ask either."""

    def keys(self) -> Any:
        return ["scale"]


class OwnIter(OwnGetitem):
    """With iteration of its own, ``**d`` asks for ``keys()`` and ``d[key]``."""

    def __iter__(self) -> Iterator[Any]:
        return iter(["shift"])


class Missing(dict):  # type: ignore[type-arg]
    """One that makes up what is missing."""

    def __missing__(self, key: Any) -> Any:
        return len(key)


class Defaults(collections.defaultdict):  # type: ignore[type-arg]
    """A subclass of defaultdict."""


class Ordered(collections.OrderedDict):  # type: ignore[type-arg]
    """A subclass of OrderedDict."""


class Lower(Stored):
    """One that does not tell upper from lower case."""

    def __getitem__(self, key: Any) -> Any:
        return self._items[key.lower()]

    def __contains__(self, key: Any) -> bool:
        return key.lower() in self._items


class Colour(enum.Enum):
    RED = 1


class Key:
    """A key that is known by its identity."""

    def __repr__(self) -> str:
        return "Key()"


KEY = Key()
VARIABLE: Any = contextvars.ContextVar("variable")


def context(number: int) -> Any:
    made = contextvars.Context()
    made.run(VARIABLE.set, number)
    return made


def holding_itself(make: Callable[[], Any]) -> Callable[[int], Any]:
    def made(number: int) -> Any:
        value = make()
        value["scale"] = number
        value["itself"] = value
        return value

    return made


def turning(number: int) -> Any:
    value = Turning(scale=2, shift=3)
    value.turned = number > 3
    return value


#: Odd mappings, as what makes one from a number that differs from call to call.
ODD: dict[str, Callable[[int], Any]] = {
    "reading has side effects": lambda n: SideEffects(scale=n, shift=3),
    "keys raises": lambda n: RaisingKeys(scale=n),
    "order changes": turning,
    "__getitem__ overridden": lambda n: OwnGetitem(scale=n, shift=3),
    "keys overridden": lambda n: OwnKeys(scale=n, shift=3),
    "__iter__ overridden": lambda n: OwnIter(scale=n, shift=3),
    "__missing__": lambda n: Missing(scale=n),
    "defaultdict": lambda n: Defaults(int, scale=n),
    "OrderedDict": lambda n: Ordered(scale=n, shift=3),
    "case does not count": lambda n: Lower(scale=n, shift=3),
    "enum and object keys": lambda n: Missing({Colour.RED: n, KEY: 2, 3: 4}),
    "enum and object keys in C": lambda n: MappingProxyType({Colour.RED: n, KEY: 2, 3: 4}),
    "a context": context,
    "holds itself": holding_itself(Missing),
    "holds itself, stored": holding_itself(Stored),
    "holds itself, in C": holding_itself(multidict.MultiDict),
    "a key several times": lambda n: multidict.MultiDict([("scale", n), ("b", 3), ("scale", 4)]),
    "upper and lower case in C": lambda n: multidict.CIMultiDict([("Scale", n), ("b", 3)]),
}

_FOR_ODD = ("carried", "item", "**", "{**}", "dict", "items", "iteration", "in", "get", "missing")
ODD_USES: dict[str, Callable[[Any], Any]] = {
    **{what: USES[what] for what in _FOR_ODD},
    "upper case": lambda d: [d.get("SCALE"), "SCALE" in d, d["SCALE"]],
    "enum": lambda d: [d.get(Colour.RED), Colour.RED in d, d[Colour.RED]],
    "object": lambda d: [d.get(KEY), KEY in d, d[KEY]],
}


def shown(value: Any, given: Any) -> Any:
    """A result in a form that can be compared, whatever it holds, and whether it is ``given``."""
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [shown(item, given) for item in value]
    if isinstance(value, torch.Tensor):
        return value.tolist()
    # two that are made alike are seldom in one place
    text = re.sub(" at 0x[0-9a-f]+", "", repr(value))
    return type(value).__name__, value is given, text


def outcome(run: Callable[..., Any], value: Any) -> Any:
    """What a call gives or raises, and what the value is like afterwards."""
    try:
        result = shown(run(torch.ones(2), value), value)
    except Unsupported:
        raise
    except Exception as error:
        result = type(error).__name__
    return result, getattr(value, "reads", None)


def outcomes(
    registry: Registry, make: Callable[[int], Any], use: Callable[[Any], Any], fullgraph: bool
) -> str:
    """Whether a use is right or refused, at several calls; anything else fails."""
    torch._dynamo.reset()
    function = program(use)
    with vartrack.use(registry):
        run = standing("argument", function, Counting(), fullgraph)
        for number in (2, 3, 5):
            try:
                got = outcome(run, make(number))
            except Unsupported:
                assert fullgraph, "refused where the graph may break"
                return "refused"
            assert got == outcome(function, make(number))
    return "right"


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_mapping_is_right_or_refused(odd: str) -> None:
    make = ODD[odd]
    attributes = {"stored": ("_items",)} if isinstance(make(1), Stored) else {}
    registry = registry_for(type(make(1)), **attributes)
    # torch itself fails if `**` meets a key that is an object, in any dict
    uses = {what: use for what, use in ODD_USES.items() if "object" not in odd or what != "**"}
    found = {what: outcomes(registry, make, use, True) for what, use in uses.items()}
    assert found["carried"] == "right"
    for what, answer in found.items():
        if answer == "refused":
            assert outcomes(registry, make, ODD_USES[what], False) == "right"


class Noted(collections.OrderedDict):
    pass


@pytest.mark.parametrize("cls", [type("Named", (dict,), {}), Noted])
def test_attributes_of_an_empty_mapping_are_checked(cls: type) -> None:
    """torch's check of its keys ends before it comes to them."""
    registry = vartrack.stock.derive("mine")
    registry.register(type("Mappings", (MappingVisitor,), {"types": (cls,)}))
    value = cls()
    torch._dynamo.reset()
    with vartrack.use(registry):
        compiled = torch.compile(lambda x, v: x * v.gain + len([*v]), backend="eager")
        for gain in (2.0, 3.0, 2.0):
            value.gain = gain
            assert compiled(torch.ones(1), value).item() == gain


# the order of an OrderedDict, of which torch guards another


class Ranked(collections.OrderedDict[str, float]):
    """One whose order `move_to_end` changes."""


class Ranking(Mapping[str, float]):
    """One that keeps its items in such a dict."""

    def __init__(self, **items: float) -> None:
        self.items_by_rank = collections.OrderedDict(items)

    def __getitem__(self, key: str) -> float:
        return self.items_by_rank[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.items_by_rank)

    def __len__(self) -> int:
        return len(self.items_by_rank)

    def move_to_end(self, key: str) -> None:
        self.items_by_rank.move_to_end(key)


class Rankings(MappingVisitor):
    types = (Ranked, Ranking)
    stored = ("items_by_rank",)


def _loop(v: Any) -> list[str]:
    keys = []
    for key in v:
        keys.append(key)
    return keys


IN_ORDER: dict[str, Callable[[Any], Any]] = {
    "for": _loop,
    "spread": lambda v: [*v],
    "tuple": lambda v: (tuple(v), list(v)),
    "arguments": lambda v: list((lambda **more: more)(**v)),
    "merged": lambda v: list({**v}),
    "dict": lambda v: list(dict(v)),
    "next": lambda v: next(iter(v)),
    "unpacked": lambda v: (lambda a, b: (b, a))(*v),
    "values": lambda v: [*v.values()],
    "items": lambda v: [key for key, _ in v.items()],
    "enumerate": lambda v: list(enumerate(v)),
    "comprehension": lambda v: [key + "!" for key in v],
    "joined": lambda v: ",".join(v),
    "updated": lambda v: list({"z": 0.0} | dict(v)),
}


@pytest.mark.parametrize("cls", [Ranked, Ranking])
@pytest.mark.parametrize("name", IN_ORDER)
def test_the_order_of_an_ordered_dict_is_guarded(cls: Any, name: str) -> None:
    def use(x: torch.Tensor, v: Any) -> Any:
        return x + 1, IN_ORDER[name](v)

    torch._dynamo.reset()
    registry = vartrack.stock.derive("ranks")
    registry.register(Rankings)
    value, counter = cls(a=1.0, b=2.0), Counting()
    with vartrack.use(registry):
        compiled = torch.compile(use, backend=counter, fullgraph=True)
        for last in ("b", "a", "a", "b"):
            value.move_to_end(last)
            assert repr(compiled(torch.ones(1), value)) == repr(use(torch.ones(1), value))
    assert counter.graphs == 2


def test_the_order_of_an_ordered_dict_that_is_not_gone_through_is_not_guarded() -> None:
    def use(x: torch.Tensor, v: Any) -> Any:
        return x * v["a"], v, "b" in v

    torch._dynamo.reset()
    registry = vartrack.stock.derive("ranks")
    registry.register(Rankings)
    for cls in (Ranked, Ranking):
        value, counter = cls(a=1.0, b=2.0), Counting()
        with vartrack.use(registry):
            compiled = torch.compile(use, backend=counter, fullgraph=True)
            for last in ("b", "a", "b"):
                value.move_to_end(last)
                compiled(torch.ones(1), value)
        assert counter.graphs == 1
