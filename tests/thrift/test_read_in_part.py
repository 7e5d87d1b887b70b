"""Containers are compiled once for what is read of them, and written back rightly."""

from __future__ import annotations

import collections
import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import plain
from places import Counting
from thrift_values import SOUND, THRIFT
from torch._dynamo import config

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

Program = Callable[[torch.Tensor, Any], Any]


class Holder(torch.nn.Module):
    """A module with a container."""

    def __init__(self, program: Program) -> None:
        super().__init__()
        self.program = program
        self.held: Any = None

    def forward(self, x: torch.Tensor) -> Any:
        return x + 1, self.program(x, self.held)


def run(
    registry: vartrack.Registry | None, program: Program, values: list[Any], in_module: bool = False
) -> int:
    """How many graphs it took; each call must give, and change, what Python alone does."""
    torch._dynamo.reset()
    backend, x = Counting(), torch.zeros(2)
    module = Holder(program)
    with config.patch(recompile_limit=30), vartrack.use(registry):
        whole = torch.compile(module, backend=backend, fullgraph=True)
        alone = torch.compile(
            lambda x, held: (x + 1, program(x, held)), backend=backend, fullgraph=True
        )
        for value in values:
            wanted, got = copy.copy(value), copy.copy(value)
            module.held = got
            result = whole(x) if in_module else alone(x, got)
            assert plain(result) == plain((x + 1, program(x, wanted)))
            assert plain(got) == plain(wanted)
    return backend.graphs


def number(value: float) -> torch.Tensor:
    return torch.full((2,), float(value))


#: Containers of each kind that grow: the first and the last item are alike.
GROWING: dict[str, list[Any]] = {
    name: [make([number(1), *map(number, range(size)), number(9)]) for size in range(5)]
    for name, make in (("list", list), ("tuple", tuple), ("deque", collections.deque))
}
GROWING["texts"] = [["a", *"bcdef"[:size], "z"] for size in range(5)]
DICTS: list[dict[str, Any]] = [
    {"a": number(1), **{f"k{each}": number(each) for each in range(size)}} for size in range(5)
]
SETS: list[set[Any]] = [{1, *(f"e{each}" for each in range(size))} for size in range(5)]

READ: dict[str, Program] = {
    "first": lambda x, c: c[0],
    "last": lambda x, c: c[-1],
    "truth": lambda x, c: (1 if c else 2, not c, bool(c)),
    "first if any": lambda x, c: c[0] if c else None,
    "returned": lambda x, c: c,
    "stored": lambda x, c: {"c": c},
    "type": lambda x, c: (isinstance(c, dict), type(c) is list, c is None),
}
#: Some of the items, of what has so many.
IN_PART: dict[str, Program] = {
    "first two": lambda x, c: c[:2],
    "from the start": lambda x, c: c[0:2],
    "last two": lambda x, c: c[-2:],
    "by one": lambda x, c: c[-2::1],
    "changed": lambda x, c: _changed(c[-2:]),
    "iterated": lambda x, c: [item for item in c[:2]],  # noqa: C416
    "how many": lambda x, c: len(c[-2:]),
}


def _changed(part: Any) -> Any:
    part += type(part)(("more",))
    return part


OF_DICTS: dict[str, Program] = {
    "item": lambda x, d: d["a"],
    "get": lambda x, d: (d.get("a"), d.get("missing", 3)),
    "in": lambda x, d: ("a" in d, "missing" in d),
    "truth": lambda x, d: 1 if d else 2,
    "write": lambda x, d: d.__setitem__("new", x + 1),
    "write over": lambda x, d: _written(d, "a", x),
    "write and read": lambda x, d: (_written(d, "new", x), d["new"], d["a"], d.get("missing")),
}
OF_SETS: dict[str, Program] = {
    "in": lambda x, s: (1 in s, "missing" not in s),
    "truth": lambda x, s: 1 if s else 2,
}


def _written(d: dict[str, Any], key: str, value: Any) -> None:
    d[key] = value


@pytest.mark.parametrize("use", READ)
@pytest.mark.parametrize("kind", GROWING)
def test_one_item_needs_one_graph(kind: str, use: str) -> None:
    assert run(THRIFT, READ[use], GROWING[kind]) == 1
    assert run(SOUND, READ[use], GROWING[kind], in_module=True) == 1


def _counted_and_added(c: Any) -> Any:
    before = len(c)
    c.append(before)
    return before


def _counted_and_emptied(c: Any) -> Any:
    before = len(c)
    c.clear()
    return before, len(c)


def _counted_with_another(x: torch.Tensor, c: Any) -> Any:
    other = held_elsewhere if len(c) > 5 else c
    before = len(c)
    other.append(1)
    return x * before, len(c)


held_elsewhere: list[int] = []
#: What is done with how many there are, and how many graphs that takes.
COUNTED: dict[str, tuple[Program, int]] = {
    "returned": (lambda x, c: (len(c), len(c) + 1, f"{len(c)} items"), 1),
    "in the graph": (lambda x, c: x * len(c), 2),
    "sizes": (lambda x, c: torch.zeros(len(c), 2), 2),
    "asked": (lambda x, c: x * 2 if len(c) > 3 else x, 2),
    "added": (lambda x, c: _counted_and_added(c), 1),
    "emptied": (lambda x, c: _counted_and_emptied(c), 5),
    "another": (_counted_with_another, 5),
    "gone through": (lambda x, c: [x * item for item in range(len(c))], 5),
    "divided by": (lambda x, c: _divided(x, c), 3),
}


def _divided(x: torch.Tensor, c: Any) -> Any:
    try:
        return x * (1 / (len(c) - 3))
    except ZeroDivisionError:
        return x - 1


@pytest.mark.parametrize("use", COUNTED)
def test_how_many_there_are_is_a_number_that_varies(use: str) -> None:
    program, graphs = COUNTED[use]
    for registry in (THRIFT, SOUND):
        if use != "divided by" or registry is SOUND:
            assert run(registry, program, GROWING["list"], in_module=registry is SOUND) <= graphs
    assert run(None, program, GROWING["list"]) == 5


def test_a_list_whose_length_was_taken_is_told_from_another() -> None:
    def program(x: torch.Tensor, pair: Any) -> Any:
        before = len(pair[0])
        pair[1].append(1)
        return x + 1, before, len(pair[0])

    same = [1, 2]
    for registry in (THRIFT, SOUND):
        with vartrack.use(registry):
            compiled = torch.compile(program, backend="eager", fullgraph=True)
            for pair in [([1], [2]), ([1, 2], [2]), (same, same), ([3], [4])]:
                got = compiled(torch.zeros(1), copy.deepcopy(pair))
                assert got[1:] == program(torch.zeros(1), copy.deepcopy(pair))[1:]


@pytest.mark.parametrize("use", IN_PART)
@pytest.mark.parametrize("kind", ["list", "tuple", "texts"])
def test_the_items_that_are_taken_out_need_one_graph(kind: str, use: str) -> None:
    values = [[7, *it, 8, 9] if kind == "texts" else it[:1] + it + it[-1:] for it in GROWING[kind]]
    assert run(THRIFT, IN_PART[use], values) == 1
    assert run(SOUND, IN_PART[use], values, in_module=True) == 1


@pytest.mark.parametrize("use", [*IN_PART, "another one"])
def test_items_that_are_not_all_there_are_as_any(use: str) -> None:
    program = IN_PART.get(use, lambda x, c: c[-2:] is c)
    values: list[Any] = [[1.0], [1.0, 2.0], [2.0, 3.0, 4.0], [3.0]]
    assert run(THRIFT, program, values) <= run(None, program, values)


@pytest.mark.parametrize("make", [dict, collections.OrderedDict, lambda d: _default(d)])
@pytest.mark.parametrize("use", OF_DICTS)
def test_one_key_needs_one_graph(use: str, make: Callable[..., Any]) -> None:
    values = [make(each) for each in DICTS]
    alone = run(None, OF_DICTS[use], values)
    writes = make is not dict and use.startswith("write")  # written back as a whole
    for registry in (THRIFT, SOUND):
        graphs = run(registry, OF_DICTS[use], values, in_module=registry is SOUND)
        assert graphs <= alone if writes else graphs == 1


def _default(items: dict[str, Any]) -> Any:
    return collections.defaultdict(int, items)


@pytest.mark.parametrize("make", [set, frozenset])
@pytest.mark.parametrize("use", OF_SETS)
def test_one_element_needs_one_graph(use: str, make: Callable[..., Any]) -> None:
    values = [make(each) for each in SETS]
    assert run(None, OF_SETS[use], values) == 5
    assert run(THRIFT, OF_SETS[use], values) == 1
    assert run(SOUND, OF_SETS[use], values, in_module=True) == 1


#: What takes all of a container, or looks for what is not in each.
WHOLE: dict[str, Program] = {
    "iterated": lambda x, c: [item for item in c],  # noqa: C416
    "length": lambda x, c: len(c),
    "unpacked": lambda x, c: [*c],
    "third": lambda x, c: c[2] if len(c) > 2 else None,
    "raised": lambda x, c: _third(c),
    "slice": lambda x, c: list(c)[1:],
    "appended": lambda x, c: _appended(c, x),
    "read and changed": lambda x, c: (c[0], _appended(c, x), c[-1], c[0]),
    "truth": lambda x, c: 1 if c else 2,
}


def _third(c: Any) -> Any:
    try:
        return c[2]
    except IndexError:
        return "none"


def _appended(c: Any, x: torch.Tensor) -> int:
    c.append(x)
    return len(c)


@pytest.mark.parametrize("use", WHOLE)
@pytest.mark.parametrize("kind", ["list", "deque", "texts"])
def test_the_whole_is_seen(kind: str, use: str) -> None:
    values = [*GROWING[kind], *reversed(GROWING[kind])]
    values.insert(3, type(values[0])())
    if use == "read and changed":
        del values[3]
    for registry in (THRIFT, SOUND):
        assert run(registry, WHOLE[use], values) <= run(None, WHOLE[use], values)


KEYS: dict[str, Program] = {
    "list": lambda x, d: (_written(d, "n", 1), list(d), len(d)),
    "copy": lambda x, d: (_written(d, "n", 1), d.copy(), dict(d), {**d}),
    "update": lambda x, d: (_written(d, "n", 1), _updated(d)),
    "delete": lambda x, d: (_written(d, "n", 1), d.pop("a"), d.pop("k0", 7)),
    "default": lambda x, d: (_written(d, "n", 1), d.setdefault("k1", 3)),
    "items": lambda x, d: (_written(d, "n", 1), list(d.items()), bool(d), sorted(d), str(len(d))),
    "text": lambda x, d: (_written(d, "n", 1), max(d), "k1" in d, "k0" in list(d)),
    "merge": lambda x, d: (_written(d, "n", 1), d | {"z": 1}),
    "twice": lambda x, d: (_written(d, "n", 1), _written(d, "n", 2), d["n"], "n" in d, "b" in d),
    "itself": lambda x, d: (_written(d, "n", d["a"]), _written(d, "a", d["n"])),
}


def _updated(d: dict[str, Any]) -> dict[str, Any]:
    new: dict[str, Any] = {}
    new.update(d)
    return new


@pytest.mark.parametrize("use", KEYS)
def test_after_a_key_was_written_the_rest_is_seen(use: str) -> None:
    values = [
        *DICTS,
        {"a": number(2), "n": 3},
        {"n": 1, "a": number(3)},
        {"a": 1, "b": 1},
        DICTS[0],
    ]
    assert run(SOUND, KEYS[use], values) <= run(vartrack.sound, KEYS[use], values)
    if use not in ("update", "merge"):  # which are stale on torch alone
        assert run(THRIFT, KEYS[use], values) <= run(None, KEYS[use], values)


def test_two_places_that_are_one_list_later() -> None:
    def program(x: torch.Tensor, both: Any) -> Any:
        one, other = both.a, both.b
        first = one[0]
        other[0] = "changed"
        return first, one[0], other[0]

    class Both:
        def __init__(self, same: bool) -> None:
            self.a = ["a", "b"]
            self.b = self.a if same else ["c"]

    for order in ((False, True, False), (True, False, True)):
        torch._dynamo.reset()
        with vartrack.use(SOUND):
            compiled = torch.compile(program, backend="eager", fullgraph=True)
            for same in order:
                x = torch.zeros(1)
                assert compiled(x, Both(same)) == program(x, Both(same))


def test_arguments_in_a_star() -> None:
    def program(x: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        return x + (args[0] if args else 1), kwargs.get("y")

    backend = Counting()
    with vartrack.use(THRIFT):
        compiled = torch.compile(program, backend=backend, fullgraph=True)
        for args in ((2,), (2, 3), (2, 3, 4)):
            result, y = compiled(torch.zeros(1), *args, z=len(args))
            assert result.item() == 2
            assert y is None
    assert backend.graphs == 1


@pytest.mark.parametrize("make", [dict, collections.OrderedDict, collections.Counter])
def test_the_length_of_a_dict_whose_keys_are_read_as_well(make: Callable[..., Any]) -> None:
    def program(x: torch.Tensor, d: Any) -> Any:
        return len(d), list(d), x * 2 if len(d) > 1 else x

    values = [make(each) for each in ({"a": 1}, {"a": 1, "b": 2}, {"b": 1, "a": 2}, {})]
    for registry in (THRIFT, SOUND):
        assert run(registry, program, values) <= 4
