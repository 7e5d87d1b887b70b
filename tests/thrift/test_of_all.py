"""What is made of all of a container, of members and under names that vary, needs no graph each.

Each program is ours, after kinds of which the public trackers have reports: metrics that are merged,
keys that are checked, stages that are counted, buffers that are set by name, configs by layer.
"""

from __future__ import annotations

import collections
import copy
import enum
from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import plain
from thrift_values import SOUND, THRIFT, graphs_of_calls
from torch import nn

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

CALLS = 7


class Stage(enum.Enum):
    """A stage of a trainer."""

    TRAIN = "train"
    VALIDATE = "validate"
    TEST = "test"


class Level(enum.IntEnum):
    """A level, which is a number."""

    LOW = 1
    MIDDLE = 2
    HIGH = 3


class Rate(float, enum.Enum):
    """A rate, which is a number too."""

    SLOW = 0.25
    FAST = 2.5


class Odd(enum.IntEnum):
    """Numbers that add up in a way of their own."""

    ONE = 1
    TWO = 2

    def __add__(self, other: Any) -> Any:
        return 100


class Held:
    """An object whose attributes are set."""

    def __init__(self, **held: Any) -> None:
        vars(self).update(held)


class Buffers(nn.Module):
    """A module whose attributes are set."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("first", torch.zeros(4))


def _metrics(n: int) -> dict[str, float]:
    return {f"m{number}": number + 0.5 for number in range(n)}


def _merged(x: Any, d: Any) -> Any:
    """Copies that are written to, of what is changed after that."""
    one, two, three = dict(d, loss=1.0), d.copy(), {"step": 0, **d, "x": 2}
    four = one | {"a": 1}
    d["new"] = 9.0
    one["again"], five = 3.0, dict(d)
    del two["m0"]
    return x + one["m0"], one, two, three, four, five, "new" in one, len(two)


def _gone_through(x: Any, d: Any) -> Any:
    other = dict(d)
    d["m0"] = 100.0
    for rate in other.values():
        x = x + rate
    return x, [*other], list(other.items())


def _set_and_read(x: Any, held: Any, name: str) -> Any:
    setattr(held, name, x * 3)
    return x + held.a + held.b


def _set_by_number(x: Any, held: Any, n: int) -> Any:
    setattr(held, f"step_{n}", n)
    setattr(held, f"text_{n}", f"step {n}")
    return x + 1


def _added(x: Any, d: Any, stage: Any) -> Any:
    d[stage] = d.get(stage, 0) + 1
    return x + 1


def _update_at(x: Any, table: Any, i: int, j: int) -> Any:
    table[i]["w"].append(2.0)
    return x + len(table[j]["w"])


def _changed_list(x: Any, n: int) -> Any:
    zero = [0]
    many = zero * n
    zero.append(7)
    return x + len(many), many, zero


def _first(x: Any, d: Any) -> Any:
    values = iter(d.values())
    return x * next(values), next(iter(d)), next(values, None)


def _displayed(x: Any, h: Any) -> Any:
    shown = [0.5, *h, x + 1]
    h.append(2)
    return x + 1, shown, [*h]


def _keys(x: Any, d: Any) -> Any:
    if set(d) == {"m0", "m1"}:
        x = x + 1
    if {"m1"} <= d.keys():
        x = x * 2
    return (x - 1 if d.keys() != {"m0"} else x), set(d), len(set(d))


#: By name a program, what it is called with at each call, and how many graphs are enough.
PROGRAMS: dict[str, tuple[Callable[..., Any], Callable[[int], tuple[Any, ...]], int]] = {
    "copies of dicts": (_merged, lambda n: (_metrics(n + 1),), 2),
    "copies that are gone through": (_gone_through, lambda n: (_metrics(n % 3 + 1),), 3),
    "two dicts": (
        lambda x, d, e: (x + 1, d | e, {**d, **e}),
        lambda n: (_metrics(n), {"m0": n, f"e{n}": 1}),
        1,
    ),
    "sets": (_keys, lambda n: (_metrics(n % 4),), 4),
    "set of a list": (
        lambda x, h: (x + 1, set(h), len(set(h)), 3 in set(h)),
        lambda n: ([number % 3 for number in range(n)],),
        2,
    ),
    "equal lists": (
        lambda x, h, o: (x + 1 if h == o else x) + (2 if h != [0, 1, 2] else 3),
        lambda n: ([*range(n)], [*range(3)]),
        2,
    ),
    "equal dicts": (
        lambda x, d, e: x + 1 if d == e else x,
        lambda n: (_metrics(n), _metrics(2)),
        2,
    ),
    "repeated": (
        lambda x, n: (x + 1, [0] * n, (None, 1) * n, list(range(n)), tuple(range(1, n))),
        lambda n: (n,),
        1,
    ),
    "repeated, then changed": (_changed_list, lambda n: (n + 1,), 2),
    "first items": (_first, lambda n: (dict.fromkeys(list("abcdefgh")[: n + 2], 1.5),), 1),
    "displays": (_displayed, lambda n: ([*range(n)],), 1),
    "members counted": (_added, lambda n: (collections.Counter(), [*Stage][n % 3]), 2),
    "members under which something is": (
        lambda x, d, stage: (_added(x, d, stage), x * d[stage]),
        lambda n: (dict.fromkeys(Stage, 2), [*Stage][n % 3]),
        2,
    ),
    "members times a tensor": (lambda x, e: x * e, lambda n: ([*Level][n % 3],), 2),
    "members in arithmetic": (
        lambda x, e: (x + (e + 1), 2.5 * e, e % 2),
        lambda n: ([*Level][n % 3],),
        2,
    ),
    "members as ints": (lambda x, e: x * int(e), lambda n: ([*Level][n % 3],), 2),
    "members as indexes": (
        lambda x, e, h: (x * h[e], x[e]),
        lambda n: ([*Level][n % 3], [0.5, 1.5, 2.5, 3.5]),
        3,
    ),
    "members that are floats": (lambda x, e: x * e + 1, lambda n: ([*Rate][n % 2],), 2),
    "names that are set": (
        _set_and_read,
        lambda n: (Held(a=1.0, b=2.0), f"name{n}"),
        1,
    ),
    "names by number": (_set_by_number, lambda n: (Buffers(), n), 1),
    "configs by layer": (
        lambda x, h, i: x * h[i]["scale"] + h[i]["at"],
        lambda n: ([{"scale": k + 0.5, "at": k} for k in range(CALLS)], n),
        3,
    ),
}


def _shown(held: Any) -> Any:
    return plain({**vars(held)}) if isinstance(held, (Held, nn.Module)) else plain(held)


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=["thrift", "sound"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_one_graph_does(name: str, registry: Any) -> None:
    run, make, enough = PROGRAMS[name]
    assert graphs_of_calls(run, make, registry, CALLS, _shown) <= enough


class Setting:
    """An object with a property that sets something else."""

    def __init__(self) -> None:
        self.a = 1.0

    @property
    def twice(self) -> float:
        return self.a * 2

    @twice.setter
    def twice(self, value: float) -> None:
        self.a = value / 2


class Renaming:
    """An object that sets attributes in its own way."""

    def __init__(self) -> None:
        self.a = 1.0

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name.removesuffix("_"), value)


def _set_and(read: Callable[[Any], Any]) -> Callable[..., Any]:
    def run(x: torch.Tensor, held: Any, name: str) -> Any:
        setattr(held, name, 9.0)
        return x + 1, read(held)

    return run


def _read_new(held: Any) -> Any:
    held.new = 3.0
    return held.new


NAMES = ["a", "b", "new", "a", "first", "twice", "b"]
#: What is read after an attribute was set: it could be that one.
READ: dict[str, tuple[Callable[..., Any], Callable[[], Any]]] = {
    "an attribute": (_set_and(lambda held: held.a), lambda: Held(a=1.0)),
    "all": (_set_and(lambda held: sorted(vars(held))), lambda: Held(a=1.0)),
    "the dict": (_set_and(lambda held: held.__dict__["a"]), lambda: Held(a=1.0)),
    "whether it is there": (_set_and(lambda held: hasattr(held, "b")), lambda: Held(a=1.0)),
    "one that is set": (_set_and(_read_new), lambda: Held(a=1.0)),
    "by a name that varies": (_set_and(lambda held: getattr(held, "a")), lambda: Held(a=1.0)),  # noqa: B009
    "a property": (_set_and(lambda held: held.a), Setting),
    "by its own method": (_set_and(lambda held: held.a), Renaming),
}


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=["thrift", "sound"])
@pytest.mark.parametrize("read", READ)
def test_what_was_set_is_read(read: str, registry: Any) -> None:
    run, make = READ[read]
    with vartrack.use(registry):
        compiled = torch.compile(run, backend="eager", fullgraph=True)
        for name in NAMES:
            held, beside = make(), make()
            want, got = run(torch.ones(4), beside, name), compiled(torch.ones(4), held, name)
            assert plain(got) == plain(want)
            assert list(vars(held).items()) == list(vars(beside).items())


def test_two_names_that_may_be_one() -> None:
    def run(x: torch.Tensor, held: Any, one: str, other: str) -> Any:
        setattr(held, one, 5.0)
        setattr(held, other, 7.0)
        return x * held.a

    with vartrack.use(THRIFT):
        compiled = torch.compile(run, backend="eager", fullgraph=True)
        for names in (("a", "b"), ("b", "a"), ("a", "a"), ("c", "d"), ("b", "b")):
            held, beside = Held(a=1.0), Held(a=1.0)
            assert plain(compiled(torch.ones(4), held, *names)) == plain(
                run(torch.ones(4), beside, *names)
            )
            assert list(vars(held).items()) == list(vars(beside).items())


class Liar:
    """What says that it is equal to all."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


#: What code of the program has a say in, by what it is called with.
OTHERS: dict[str, tuple[Callable[..., Any], list[tuple[Any, ...]]]] = {
    "equality of its own": (
        lambda x, h, o: x + 1 if h == o else x,
        [([1], [2]), ([1], [Liar()]), ([1], [1]), ([Liar()], [3])],
    ),
    "addition of its own": (
        lambda x, e: x + (e + 1),
        [(Odd.ONE,), (Odd.TWO,), (Level.LOW,), (Level.HIGH,)],
    ),
    "numbers of other types": (
        lambda x, h, o: x + 1 if h == o else x,
        [([1], [1.0]), ([1], [True]), ([float("nan")], [float("nan")]), ((1,), [1])],
    ),
    "keys of other types": (
        lambda x, d: (x, 1 in dict(d), {**d}.get(1)),
        [({1: 2},), ({True: 3},), ({1.0: 4},), ({"1": 1},)],
    ),
    "numbers that are none": (
        lambda x, n: (x, [0] * n),
        [(2,), (True,), (-1,), (0,)],
    ),
    "dicts of other types": (
        lambda x, d: (x, dict(d), [*dict(d)]),
        [({"a": 1},), (collections.OrderedDict(a=1),), ([("a", 1)],), ([("b", 1), ("c", 2)],)],
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_a_program_has_a_say_in(name: str) -> None:
    run, calls = OTHERS[name]
    with vartrack.use(THRIFT):
        compiled = torch.compile(run, backend="eager")
        for args in calls:
            assert repr(compiled(torch.ones(4), *args)) == repr(run(torch.ones(4), *args))


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=["thrift", "sound"])
def test_containers_that_are_found_may_be_one(registry: Any) -> None:
    with vartrack.use(registry):
        compiled = torch.compile(_update_at, backend="eager", fullgraph=True)
        for at in ((0, 1), (1, 2), (2, 2), (0, 0), (1, 0)):
            one, other = ([{"w": [1.0] * k} for k in range(3)] for _ in range(2))
            want = _update_at(torch.ones(4), other, *at)
            assert torch.equal(compiled(torch.ones(4), one, *at), want)
        for at in ((0, 1), (1, 2), (2, 0)):
            same = {"w": [1.0]}
            one, other = ([held, held, {"w": []}] for held in (same, copy.deepcopy(same)))
            want = _update_at(torch.ones(4), other, *at)
            assert torch.equal(compiled(torch.ones(4), one, *at), want)


def test_a_copy_of_what_another_place_changes() -> None:
    def run(x: torch.Tensor, d: Any, e: Any) -> Any:
        copied = dict(d)
        e["a"] = 7
        return x, copied, copied["a"]

    with vartrack.use(SOUND):
        compiled = torch.compile(run, backend="eager", fullgraph=True)
        for number in range(6):
            one, other = {"a": 1, "b": number}, {"a": 1, "b": number}
            want = run(torch.ones(4), other, other if number % 2 else {})
            assert plain(compiled(torch.ones(4), one, one if number % 2 else {})) == plain(want)
            assert one == other


ORDERS = ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"c": 1, "a": 2}, {"a": 1, "b": 2, "c": 3})
COPIES: dict[str, Callable[[dict[str, int]], dict[str, int]]] = {
    "dict": dict,
    "dict by name": lambda d: dict(d, q=1),
    "copy": lambda d: d.copy(),
    "display": lambda d: {**d},
    "display before": lambda d: {"q": 1, **d},
    "or": lambda d: d | {"q": 1},
    "or before": lambda d: {"q": 1} | d,
}
READS: dict[str, Callable[[dict[str, int]], Any]] = {
    "list": list,
    "tuple": lambda c: tuple(c.items()),
    "values": lambda c: [value + 1 for value in c.values()],
    "text": str,
    "popitem": lambda c: (c.popitem(), list(c)),
    "deleted": lambda c: (c.pop("a"), list(c)),
}


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=["thrift", "sound"])
@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("copied", COPIES)
def test_a_copy_that_is_read_is_in_the_order_of_the_dict(
    copied: str, read: str, registry: Any
) -> None:
    def run(x: torch.Tensor, d: dict[str, int]) -> Any:
        made = COPIES[copied](d)
        made["z"] = 5
        return x + 1, READS[read](made)

    with vartrack.use(registry):
        compiled = torch.compile(run, backend="eager", fullgraph=True)
        for order in ORDERS:
            d = dict(order)
            assert plain(compiled(torch.ones(2), d)) == plain(run(torch.ones(2), dict(order)))
            assert plain(d) == plain(order)


def _summed(items: list[Any], x: torch.Tensor) -> Any:
    items.append(5)
    try:
        return x + 1, sum(items)
    except TypeError as error:
        return x - 1, str(error)


def test_what_a_sum_raises_is_caught_by_the_program() -> None:
    for registry in (THRIFT, SOUND):
        with vartrack.use(registry):
            compiled = torch.compile(_summed, backend="eager", fullgraph=True)
            for items in (["a"], [1, 2, 3], [1, 2.5, "a"], []):
                wanted = _summed([*items], torch.ones(2))
                assert plain(compiled([*items], torch.ones(2))) == plain(wanted)
