"""A dict or set that is only written to takes one graph, whatever is in it; else it is as any."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from beside_torch import plain
from places import Counting
from thrift_values import SOUND, THRIFT
from torch._dynamo import config

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

ONE = torch.ones(2)


class Key(enum.Enum):
    """Keys that are members of an enum."""

    A = 1
    B = 2
    C = 3


class Logging(torch.nn.Module):
    """A module that keeps what it gave under a name, and how often it was called."""

    def __init__(self) -> None:
        super().__init__()
        self.log: dict[str, Any] = {}
        self.name, self.step = "a", 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = (x * 2).sum()
        self.log[self.name] = y
        self.step += 1
        self.log["step"] = self.step
        return y


def returned(x: torch.Tensor, d: Any, e: Any, key: Any) -> Any:
    d[key] = x + 1
    d["k"] = 2
    return d, x


def stored(x: torch.Tensor, d: Any, e: Any, key: Any) -> Any:
    d[key] = 0
    return x.sin()


def caught(x: torch.Tensor, d: Any, e: Any, key: Any) -> Any:
    try:
        d[key] = x + 1
        raise ValueError
    except ValueError:
        d["error"] = key
    return x + 2


def inside(x: torch.Tensor, d: Any, e: Any, key: Any) -> Any:
    def put(held: Any, value: Any) -> Any:
        held[key] = value
        return held

    return x + 1, put(d, x) is d


def read_back(x: torch.Tensor, d: Any, e: Any, key: Any) -> Any:
    d[key] = x + 1
    return d[key] * 2


def how_many(x: torch.Tensor, d: Any, e: Any, key: Any) -> Any:
    d[key] = 1
    return x * len(d)


def asked(x: torch.Tensor, d: Any, e: Any, key: Any) -> Any:
    d[key] = 1
    return x + 1 if "a" in d else x - 1


def deleted(x: torch.Tensor, d: Any, e: Any, key: Any) -> Any:
    d[key] = 1
    del d[key]
    return x + 1


def updated(x: torch.Tensor, d: Any, e: Any, key: Any) -> Any:
    d[key] = x + 1
    d.update({"u": 2, key: 3})
    return x + 1


def under_text(x: torch.Tensor, d: Any, e: Any, key: Any) -> Any:
    d[f"of {key}"] = x + 1
    return x.sin()


def added(x: torch.Tensor, s: Any, e: Any, key: Any) -> Any:
    s.add(key)
    return x.sin()


def added_once(x: torch.Tensor, s: Any, e: Any, key: Any) -> Any:
    if key in s:
        return x - 1
    s.add(key)
    return x + 1


def added_fixed(x: torch.Tensor, s: Any, e: Any, key: Any) -> Any:
    s.add("fixed")
    return x.sin(), s


def added_and_counted(x: torch.Tensor, s: Any, e: Any, key: Any) -> Any:
    s.add(key)
    return x * len(s)


def added_and_asked(x: torch.Tensor, s: Any, e: Any, key: Any) -> Any:
    s.add(key)
    return x + 1 if "b" in s else x - 1


def added_and_dropped(x: torch.Tensor, s: Any, e: Any, key: Any) -> Any:
    s.add(key)
    s.discard("a")
    return x.sin()


def added_to_both(x: torch.Tensor, s: Any, e: Any, key: Any) -> Any:
    s.add(key)
    e.add("b")
    return x + len(e)


def copied(x: torch.Tensor, d: Any, e: Any, key: Any) -> Any:
    d[key] = x + 1
    return {**d}, list(d), dict(d)


def of_both(x: torch.Tensor, d: Any, e: Any, key: Any) -> Any:
    d[key] = 1
    e["b"] = 2
    return x + len(e)


def two(x: torch.Tensor, d: Any, e: Any, key: Any) -> Any:
    d[key] = 1
    e[f"{key}!"] = 2
    return x + 1


def read_of_other(x: torch.Tensor, d: Any, e: Any, key: Any) -> Any:
    d[key] = x
    return x + 1 if "a" in e else x - 1


Calls = Callable[[], Iterator[tuple[Any, Any, Any]]]


def names() -> Iterator[tuple[Any, Any, Any]]:
    d: dict[Any, Any] = {"z": 1}
    for key in ("a", "b", "k", "z", "a"):
        yield d, {}, key


def members() -> Iterator[tuple[Any, Any, Any]]:
    d: dict[Any, Any] = {}
    for key in Key:
        yield d, {}, key


def one_or_two() -> Iterator[tuple[Any, Any, Any]]:
    a: dict[Any, Any] = {}
    b: dict[Any, Any] = {}
    yield from ((a, b, "n"), (b, a, "m"), (a, a, "o"), (b, b, "a"), (a, b, "a"))


def types() -> Iterator[tuple[Any, Any, Any]]:
    d: dict[Any, Any] = {}
    for key in ("a", 1, 2, "b", 2.5, None):
        yield d, {}, key


def sets() -> Iterator[tuple[Any, Any, Any]]:
    s: set[Any] = {"z"}
    for key in ("a", "b", "a", "z", "c"):
        yield s, {}, key


def numbers() -> Iterator[tuple[Any, Any, Any]]:
    d: dict[Any, Any] = {}
    for key in (3, 4, 7, 3, 12):
        yield d, {}, key


def one_set_or_two() -> Iterator[tuple[Any, Any, Any]]:
    a: set[Any] = set()
    b: set[Any] = set()
    yield from ((a, b, "n"), (b, a, "m"), (a, a, "o"), (b, b, "a"), (a, b, "a"))


#: Programs, their calls, and how many graphs these need; None where torch alone says it.
FILLED: dict[str, tuple[Callable[..., Any], Calls, int | None]] = {
    "returned": (returned, names, 1),
    "stored": (stored, names, 1),
    "members": (stored, members, 1),
    "keys of other types": (stored, types, 4),
    "caught": (caught, names, 1),
    "inside": (inside, names, 1),
    "under a text": (under_text, names, 1),
    "under a text of a number": (under_text, numbers, 1),
    "added": (added, sets, 1),
    "added once": (added_once, sets, 2),
    "added, always the same": (added_fixed, sets, 1),
    **{
        use.__name__: (use, sets, None)
        for use in (added_and_counted, added_and_asked, added_and_dropped)
    },
    "one set or two": (added_to_both, one_set_or_two, None),
    **{
        use.__name__: (use, names, None)
        for use in (read_back, how_many, asked, deleted, updated, copied)
    },
    **{
        f"{use.__name__}, one or two": (use, one_or_two, None)
        for use in (of_both, two, read_of_other)
    },
}


def called(program: Any, calls: Calls, registry: Any) -> tuple[list[Any], int]:
    """What each call gave, and what the dicts were then; how many graphs there were."""
    backend, found = Counting(), []
    with vartrack.use(registry), config.patch(recompile_limit=20):
        run = torch.compile(program, backend=backend, fullgraph=True) if registry else program
        for d, e, key in calls():
            result = run(ONE, d, e, key)
            mine = isinstance(result, tuple) and result[0] is d
            found.append((plain(result), mine, plain(d), plain(e)))
    return found, backend.graphs


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("name", FILLED)
def test_what_is_only_written_to_guards_no_keys(name: str, registry: vartrack.Registry) -> None:
    program, calls, needed = FILLED[name]
    want, _ = called(program, calls, None)
    if needed is None:
        _, needed = called(program, calls, vartrack.stock)
        torch._dynamo.reset()
    found, graphs = called(program, calls, registry)
    assert found == want
    assert graphs <= needed


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
def test_a_module_that_keeps_what_it_gave(registry: vartrack.Registry) -> None:
    ours, theirs, backend = Logging(), Logging(), Counting()
    with vartrack.use(registry):
        run = torch.compile(ours, backend=backend, fullgraph=True)
        for name in ("a", "b", "a", "step", "c"):
            ours.name = theirs.name = name
            assert torch.equal(run(ONE), theirs(ONE))
            assert plain(ours.log) == plain(theirs.log)
    assert backend.graphs == 1


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
def test_a_dict_that_is_written_to_may_be_the_one_that_is_iterated(
    registry: vartrack.Registry,
) -> None:
    def program(x: torch.Tensor, read: dict[str, Any], written: dict[str, Any]) -> Any:
        written["new"] = 5
        for key in read:
            x = x * read[key]
        return x

    backend = Counting()
    compiled = torch.compile(program, backend=backend)
    with vartrack.use(registry):
        for same in (False, False, True, False):
            read, written = {"a": 2, "b": 3}, {"a": 4}
            other = dict(read)
            expected = program(ONE, other, other if same else dict(written))
            assert torch.equal(compiled(ONE, read, read if same else written), expected)
            assert read == other
    assert backend.graphs == 2
