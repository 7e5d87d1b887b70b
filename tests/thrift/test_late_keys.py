"""Values that change as keys of dicts that are made while tracing: which are equal is asked."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import torch
from beside_torch import Program, assert_right, outcome
from places import PLACES, Counting, assert_alike
from thrift_values import SOUND, THRIFT
from torch._dynamo import config

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

NAMES = ("m", "n", "o", "p", "q")
#: Some that are equal to keys of the programs, or to each other.
MET = ("m", "a", "n", "b", "a", "o", "step")
PAIRS = (("m", "n"), ("o", "o"), ("a", "n"), ("m", "a"), ("a", "a"), ("p", "q"), ("a", "b"))
NUMBERS = (5, 6, 1, 0, 7, 2, -1)


class Color(str, enum.Enum):
    """Members that are equal to a text."""

    RED = "m"
    BLUE = "blue"


class Plain(enum.Enum):
    """Members that are equal to themselves alone."""

    ONE = "m"
    TWO = "n"


@dataclasses.dataclass(frozen=True)
class Equal:
    """A key with an equality that is written in Python."""

    name: str

    def __eq__(self, other: object) -> bool:
        return self.name == getattr(other, "name", other)

    def __hash__(self) -> int:
        return hash(self.name)


EQUAL, DECIMAL, COLOR, PLAIN = Equal("m"), Decimal(5), Color.RED, Plain.ONE
FLOATS = (1.5, 2.5, 0.0, -0.0, 1.0, float("nan"), float("inf"))


def built(x: torch.Tensor, v: Any) -> Any:
    d: dict[Any, Any] = {}
    d["a"] = 1
    d[v] = x * 2
    d["b"] = 3
    return d


def changed(x: torch.Tensor, v: Any) -> Any:
    d = {"a": 1, v: 2, "b": 3}
    d.pop("a", None)
    d.setdefault(v, 5)
    d |= {"c": 4}
    return d, v in d, len(d), list(d)


def taken_out(x: torch.Tensor, v: Any) -> Any:
    d = {"a": 1, v: 2}
    del d[v]
    return d, d.get(v, "none")


def missing(x: torch.Tensor, v: Any) -> Any:
    try:
        return {"a": 1, "b": 2}[v]
    except KeyError:
        return v


def counted(x: torch.Tensor, v: Any) -> Any:
    counts = {"a": 1}
    for name in ("a", v, "b", v):
        counts[name] = counts.get(name, 0) + 1
    return counts


def given(x: torch.Tensor, v: Any) -> Any:
    return dict(zip(("a", v), (1, 2), strict=True)), {v: 1, "a": 2}, dict.fromkeys([v, "a"])


def gone_through(x: torch.Tensor, v: Any) -> Any:
    d = {"a": 1, v: 2}
    return [key + "!" for key in d], [value for _, value in d.items()], dict.fromkeys((v, "b"), 1)


def needed_later(x: torch.Tensor, v: Any) -> Any:
    d = {v: x, 1: x + 1}
    return x * v, d[v], d.get(5, x)


def inside(x: torch.Tensor, v: Any) -> Any:
    def log(name: str, value: Any) -> Any:
        return {f"{v}/{name}": value, "step": 3}

    return {**log("loss", x.sum()), **log("count", 2)}


def two(x: torch.Tensor, v: Any) -> Any:
    first, second = v
    return {first: 1, second: 2, "a": 3}, {f"{first}.": 1, f"{second}.": 2}


def held_apart(x: torch.Tensor, v: Any) -> Any:
    first, second = v
    return x + 1 if len({first: 1, second: 2}) == 2 else x - 1


#: Programs, the values that they are called with, and how many graphs these need.
KEYS: dict[str, tuple[Program, tuple[Any, ...], int]] = {
    "alone": (lambda x, v: {v: x}, NAMES, 1),
    "with others": (lambda x, v: {"a": x, v: 1, "b": 2}, NAMES, 1),
    "in a text": (lambda x, v: {f"{v}/loss": x, f"{v}/step": 1, "a": 2}, NAMES, 1),
    "in a part": (lambda x, v: {v.upper(): x, v[0]: 1}, NAMES, 1),
    "built": (built, NAMES, 1),
    "built, met": (built, MET, 3),
    "changed": (changed, NAMES, 1),
    "changed, met": (changed, MET, 3),
    "taken out": (taken_out, MET, 2),
    "missing": (missing, MET, len(set(MET))),
    "looked up": (lambda x, v: x * {"a": 2.5, "b": 3.5}.get(v, 0.5), MET, 3),
    "counted": (counted, MET, 3),
    "given": (given, NAMES, 1),
    "gone through": (lambda x, v: [*{"a": 1, v: 2}.items()], MET, 2),
    "each key needed": (gone_through, NAMES, len(NAMES)),
    "inside": (inside, NAMES, 1),
    "bytes": (lambda x, v: {b"a": 1, "a": 2, v: 3}, (b"x", b"y", b"a", b"z"), 2),
    "ints": (lambda x, v: {1: "one", v: "v", 2.0: "two"}, NUMBERS, 3),
    "floats": (lambda x, v: {1: "one", v: "v", 0: "none"}, FLOATS, 6),
    "truths": (lambda x, v: {v: 1, 1: 2}, (True, False, True), 2),
    "types": (lambda x, v: {v: 1, 1: 2, "a": 3}, ("a", 1, "b", 2, True, 3.5, None), 7),
    "needed later": (needed_later, NUMBERS, 5),
    "two": (two, PAIRS, 6),
    "held apart": (held_apart, PAIRS, 2),
    "with a member": (lambda x, v: {PLAIN: 1, v: 2}, NAMES, 1),
    "with a function": (lambda x, v: {built: 1, v: 2, None: 3, ("a", 1): 4}, NAMES, 1),
    "with an equal member": (lambda x, v: {COLOR: 1, v: 2}, NAMES, len(NAMES)),
    "before an equal member": (lambda x, v: {v: 1, COLOR: 2}, NAMES, len(NAMES)),
    "with an object": (lambda x, v: {EQUAL: 1, v: 2}, NAMES, len(NAMES)),
    "before an object": (lambda x, v: {v: 1, EQUAL: 2}, NAMES, len(NAMES)),
    "before a decimal": (lambda x, v: {v: 1, "a": DECIMAL}, NUMBERS, 1),
    "many": (
        lambda x, v: {f"{v}{n}": n for n in range(40)},
        NAMES,
        len(NAMES),
    ),
}


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("name", KEYS)
def test_which_keys_are_equal_counts_and_not_what_they_are(
    name: str, registry: vartrack.Registry
) -> None:
    program, values, needed = KEYS[name]
    with config.patch(recompile_limit=20):
        found = outcome(registry, program, lambda: values)
        assert (found.status, found.detail) == ("right", "")
        assert found.graphs <= needed


@pytest.mark.parametrize("name", KEYS)
def test_it_is_right_in_every_place(name: str) -> None:
    program, values, _ = KEYS[name]
    with config.patch(recompile_limit=20):
        assert_right(SOUND, program, lambda: values)


class Logging(torch.nn.Module):
    """A module that gives what it worked out under names of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.prefix, self.other = "train", "loss"

    def forward(self, x: torch.Tensor) -> Any:
        return {f"{self.prefix}/loss": x.sum(), "loss": 1, self.other: x * 2}


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("tags", [True, False])
def test_the_keys_are_held_against_each_other_at_every_call(
    registry: vartrack.Registry, tags: bool
) -> None:
    module, backend = Logging(), Counting()
    changes = (("a", "x"), ("b", "y"), ("b", "loss"), ("c", "c/loss"), ("d", "z"), ("e", "loss"))
    with config.patch(use_recursive_dict_tags_for_guards=tags), vartrack.use(registry):
        compiled = torch.compile(module, backend=backend, fullgraph=True)
        for number, (module.prefix, module.other) in enumerate(changes):
            x = torch.ones(2 + number)  # of another size each time
            assert_alike(compiled(x), module(x))
    assert backend.graphs <= 4  # three for what is equal, one for sizes that change


def checkpointed(x: torch.Tensor, name: str) -> Any:
    def part(x: torch.Tensor) -> torch.Tensor:
        return x * len({name: 1, "a": 2})

    return torch.utils.checkpoint.checkpoint(part, x, use_reentrant=False)


def test_keys_that_are_made_in_a_region_count() -> None:
    with vartrack.use(SOUND):
        compiled = torch.compile(checkpointed, backend="eager", fullgraph=True)
        for name in ("m", "a", "n", "a"):
            x = torch.ones(2, requires_grad=True)
            assert torch.equal(compiled(x, name), checkpointed(x, name)), name


Calls = Iterator[tuple[dict[Any, Any], Any]]


def one_dict() -> Calls:
    held: dict[Any, Any] = {"b": 0}
    for name in ("n0", "n1", "b", "a", "n2", "n1", "n5"):
        yield held, name


def other_dicts() -> Calls:
    for number, (_, name) in enumerate(one_dict()):
        yield ({"b": 0}, {"a": 1, "z": 2}, {})[number % 3], name


def in_order(x: torch.Tensor, v: Any) -> None:
    held, name = v
    held["a"] = 1
    held[name] = x.sum()
    held["b"] = 2


def read_after(x: torch.Tensor, v: Any) -> Any:
    held, name = v
    held["a"] = 1
    held[name] = 3
    held["b"] = 2
    return held["a"]


def counted_outside(x: torch.Tensor, v: Any) -> Any:
    held, name = v
    held[name] = held.get(name, 0) + 1
    held["total"] = held.get("total", 0) + 1
    return x + 1


def updated(x: torch.Tensor, v: Any) -> Any:
    held, name = v
    held.update({name: 1, "last": name})
    held[name, 1] = x * 2
    return x + 1


def fixed_keys(x: torch.Tensor, v: Any) -> Any:
    held, _ = v
    held["a"] = 1
    held["b"] = 2
    return held["a"], x


#: Programs that write to a dict from outside, and how many graphs they need at most.
WRITTEN: dict[str, tuple[Program, int]] = {
    "in order": (in_order, 1),
    "read after": (read_after, 5),
    "counted outside": (counted_outside, 4),
    "updated": (updated, 1),
    "fixed keys": (fixed_keys, 3),
}


@pytest.mark.parametrize("calls", [one_dict, other_dicts])
@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_is_there_in_the_order_of_the_program(
    name: str, calls: Callable[[], Calls]
) -> None:
    program, needed = WRITTEN[name]
    with config.patch(recompile_limit=20):
        assert_right(SOUND, program, calls)
        for place in PLACES:
            found = outcome(THRIFT, program, calls, place)
            assert (found.status, found.detail) == ("right", ""), place
            # a global is written back as a whole, if anything is read of it
            is_whole = place == "global" and needed > 1
            assert found.graphs <= (len(list(calls())) if is_whole else needed)
