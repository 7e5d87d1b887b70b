"""Containers that are read and written by keys and indexes that vary, and numbers that vary besides.

Each program is ours, after what public trackers report of: caches of keys and values, one function
for all layers, counters by name, running averages, curricula.
"""

from __future__ import annotations

import collections
import copy
import math
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import torch
from beside_torch import plain
from places import Counting
from thrift_values import SOUND, THRIFT

import vartrack
from vartrack.compat import runs_on

pytestmark = pytest.mark.usefixtures("fresh")

Run = Callable[..., Any]
X = torch.arange(3.0) + 1
NAMES = "aabbccabca"


class Part:
    """An object that the traced code makes."""


def _counts(counts: Any, name: str) -> Any:
    counts[name] += 1
    return counts[name], name in counts, counts.get("z", 7)


def _ordered(held: Any, name: str) -> Any:
    held[name] = X + len(name)
    return held.get("b", 3), held[name]


def _twice(counts: Any, name: str, other: str) -> Any:
    counts[name] = counts.get(name, 0) + 1
    counts[other] = counts.setdefault(name, 5) + 2
    return counts["total"], counts[other]


def _missing(held: Any, name: str) -> Any:
    try:
        return held[name] + 1
    except KeyError as error:
        held[name] = 1
        return str(error.args[0])


def _cached(cache: Any, number: int) -> Any:
    if number not in cache:
        cache[number] = X * number
    return cache[number] + 1


def _by_shape(cache: dict[Any, Any], x: torch.Tensor) -> Any:
    key = x.shape[0], x.dtype, x.device, None, 0.5, "mask"
    if key not in cache:
        cache[key] = torch.arange(x.shape[0])
    if (found := cache.get((x.shape, x.dtype))) is None:
        cache[x.shape, x.dtype] = found = x + 1
    return cache[key] + found


def _in_list(cache: list[Any], index: int) -> Any:
    try:
        cache[index] = X + index
        return cache[index] * 2, len(cache), not cache
    except IndexError as error:
        return str(error)


def _counted(seen: Any, names: list[str], name: str) -> Any:
    if isinstance(seen, set):
        seen.update([name]) if len(names) > 3 else seen.add(name)
    else:
        seen[name] = len(name)
        seen[names[0]] = 0
    return len(seen), bool(seen), not seen


def _replaced_and_added(kept: list[Any], index: int) -> Any:
    kept[index] = "new"
    kept.append(index)
    return len(kept), kept[index]


def _two_items(kept: list[Any]) -> Any:
    kept[0] += 1
    kept[1] = "new"
    return kept[0] * 2, kept[1], len(kept) > 1


def _swapped(kept: list[Any]) -> Any:
    kept[0], kept[1] = kept[1], kept[0]
    return kept[2]


def _first_or_last(kept: list[Any]) -> Any:
    kept[0] = "first"
    kept[-1] = "last"
    return kept[0]


def _one_key(table: Any) -> Any:
    table["total"] = table.get("total", 0) + 1
    table["last"] = "new"


def _counted_by_one_key(table: Any) -> Any:
    table["total"] += 1
    return "last" in table, table["total"]


def _logged(log: list[Any], items: list[Any]) -> None:
    log.append(f"{items} {items[0]}")


def _shared(some: list[Any], others: list[Any], index: int) -> Any:
    some[index] = "some"
    others[index] = "others"
    return some[index], others[index]


def _made(parts: list[Any], by_name: Any, name: str) -> Any:
    part: Any = Part()
    part.value, part.all = X + len(name), [X]
    parts.append(part)
    by_name[name] = {"part": part}
    return len(parts)


def _curriculum(held: dict[str, int]) -> bool:
    held["step"] += 1
    return held["step"] in range(held["start"], held["stop"])


def _refused_range(end: Any, step: Any) -> Any:
    try:
        return bool(3 in range(0, end, step))  # an int to torch
    except (TypeError, ValueError) as error:
        return str(error)


def _in_order(lengths: list[float], more: float) -> Any:
    return sorted(lengths), sorted((more, 2, lengths[0]), reverse=True)[0]


def _whole(value: float) -> Any:
    try:
        return int(value), int(value * 2)
    except (OverflowError, ValueError) as error:
        return str(error)


def _quotient(number: int, by: int) -> Any:
    try:
        return divmod(number, by)
    except ZeroDivisionError:
        return None


def _named(names: Iterable[str], *held: Any) -> list[tuple[Any, ...]]:
    return [(*held, name) for name in names]


def _numbers(count: int) -> dict[str, int]:
    return dict(zip("abcdef"[:count], range(count), strict=True))


#: By name a program, what makes its calls, and how many graphs are enough.
PROGRAMS: dict[str, tuple[Run, Callable[[], list[tuple[Any, ...]]], int]] = {
    "a counter": (_counts, lambda: _named(NAMES, collections.Counter()), 3),
    "a default dict": (_counts, lambda: _named(NAMES, collections.defaultdict(int)), 3),
    "lists by name": (
        lambda held, name: held[name].append(name),
        lambda: _named(NAMES, collections.defaultdict(list)),
        2,
    ),
    "lists that are set by default": (
        lambda held, name: held.setdefault(name, []).append(name),
        lambda: _named(NAMES, {}),
        2,
    ),
    "an ordered dict": (
        _ordered,
        lambda: _named(NAMES, collections.OrderedDict(c=X)),
        3,
    ),
    "a default dict that is read whole": (
        lambda held, name: (_counts(held, name), held.default_factory, {**held}, list(held)),
        lambda: _named("aab", collections.defaultdict(int)),
        3,
    ),
    "two keys that may be one": (
        _twice,
        lambda: [({"total": 1}, *pair) for pair in ("ab", "ba", "aa", "cd", ("total", "a"))],
        3,
    ),
    "a key that is missing": (_missing, lambda: _named(NAMES, {"a": 3}), 4),
    "results by number": (
        _cached,
        lambda: [(cache, n) for cache in [{}] for n in (3, 3, 4, 4, 5, 5, 3)],
        3,
    ),
    "results by shape, dtype and device": (
        _by_shape,
        lambda: [
            (cache, torch.ones(n, dtype=dtype))
            for cache in [{}]
            for dtype in (torch.float32, torch.float64)
            for n in (3, 4, 5, 6, 7, 5, 3)
        ],
        7,
    ),
    "an index that varies": (
        _in_list,
        lambda: [(kept, at) for kept in [[X] * 4] for at in (0, 1, 2, 3, 4, -1, 3)],
        4,
    ),
    "how many there are": (
        _counted,
        lambda: [(held, ["a", "b"], name) for held in [{}] for name in "abcdebf"],
        4,
    ),
    "how many are counted": (
        _counted,
        lambda: [(held, ["a", "b"], n) for held in [collections.Counter("xyz")] for n in "xabcab"],
        4,
    ),
    "how many were seen": (
        _counted,
        lambda: [(held, ["a"], name) for held in [{"a"}] for name in "abcdebf"],
        2,
    ),
    "replaced and added": (
        _replaced_and_added,
        lambda: [(kept, at) for kept in [[0] * 4] for at in (1, 2, 3, 4)],
        1,
    ),
    "two items of a list": (
        _two_items,
        lambda: [([n, n + 1, *"abcdef"[:n]],) for n in (1, 3, 2, 6)],
        1,
    ),
    "swapped items": (_swapped, lambda: [([n, "b", X, *"abcdef"[:n]],) for n in (1, 3, 2)], 1),
    "the first item, which may be the last": (
        _first_or_last,
        lambda: [([n] * n,) for n in (3, 4, 1, 2)],
        4,
    ),
    "a key of an ordered dict": (
        _one_key,
        lambda: [(collections.OrderedDict(total=n, **_numbers(n)),) for n in range(4)],
        1,
    ),
    "a key of a default dict": (
        _counted_by_one_key,
        lambda: [(collections.defaultdict(int, _numbers(n)),) for n in range(4)],
        1,
    ),
    "a key of a counter": (
        _counted_by_one_key,
        lambda: [(collections.Counter("abcdef"[:n]),) for n in range(4)],
        1,
    ),
    "a list beside one that is changed": (
        _logged,
        lambda: (
            [(log, [*"abcdef"[:n]]) for log in [["first"]] for n in (1, 2, 3)]
            + [(both, both) for both in [["one"]]]
        ),
        2,
    ),
    "two lists that may be one": (
        _shared,
        lambda: (
            [(a, b, at) for a, b in [([0] * 4, [0] * 4)] for at in (1, 2, 3)]
            + [(a, a, 2) for a in [[0] * 4]]
        ),
        3,
    ),
    "objects that are added": (_made, lambda: _named(NAMES, [], {}), 1),
    "a curriculum": (
        _curriculum,
        lambda: [(held,) for held in [{"step": 0, "start": 3, "stop": 6}] for _ in range(8)],
        2,
    ),
    "ranges that are refused": (
        _refused_range,
        lambda: [(4, 2), (5, 3), (6, 0), (7.0, 1), (7.5, 1)],
        5,
    ),
    "numbers in order": (_in_order, lambda: [([n, 3, 7.5 - n], 2.5 * n) for n in range(6)], 3),
    "numbers that are refused": (
        _whole,
        lambda: [(v,) for v in (1.5, 2.5, 3.5, math.inf, 4.5, math.nan, -math.inf)],
        5,
    ),
    "a divisor that varies": (_quotient, lambda: [(50 + n, n) for n in (3, 4, 5, 0, 7)], 4),
}


#: Up to 2.11 torch builds what is passed to another function, if it has a tracker of its own kind.
TABLES = {
    *("a counter", "a default dict", "lists by name", "an ordered dict"),
    *("a key of an ordered dict", "a key of a default dict", "a key of a counter"),
}


def outcomes(name: str, registry: Any, compiled: bool = True) -> Any:
    """What the calls of a program give and leave behind, and how many graphs they take."""
    torch._dynamo.reset()
    use, make, _ = PROGRAMS[name]
    backend = Counting()

    calls = make()
    runs: dict[int, Run] = {
        1: lambda x, one: (x + 1, use(one)),
        2: lambda x, one, two: (x + 1, use(one, two)),
        3: lambda x, one, two, three: (x + 1, use(one, two, three)),
    }
    run = runs[len(calls[0])]
    compiled_run = torch.compile(run, backend=backend, fullgraph=True) if compiled else run
    given = []
    with vartrack.use(registry):
        for args in calls:
            result = compiled_run(X, *args)
            given.append(plain(copy.deepcopy((result, [_seen(arg) for arg in args]))))
    return given, backend.graphs


def _seen(value: Any) -> Any:
    """A value with the objects in it by what they hold."""
    if isinstance(value, Part):
        return vars(value)
    if isinstance(value, dict):
        return type(value).__name__, [(key, _seen(item)) for key, item in value.items()]
    return [_seen(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", PROGRAMS)
def test_one_graph_does_for_keys_that_vary(name: str) -> None:
    expected, _ = outcomes(name, None, compiled=False)
    for registry in (THRIFT, SOUND):
        given, graphs = outcomes(name, registry)
        assert given == expected
        if name not in TABLES or runs_on(">=2.12"):
            assert graphs <= PROGRAMS[name][2]


def test_a_cell_of_the_frame_that_a_method_changes() -> None:
    """On `sound` the method relied on what the cell held, though the frame guards that."""
    number = 0

    class Helper:
        def touch(self) -> None:
            nonlocal number
            number += 1

    def run(x: torch.Tensor) -> Any:
        Helper().touch()
        return x + number

    for registry in (THRIFT, SOUND):
        torch._dynamo.reset()
        number, backend = 0, Counting()
        with vartrack.use(registry):
            compiled = torch.compile(run, backend=backend, fullgraph=True)
            for call in range(1, 6):
                assert torch.equal(compiled(X), X + call)
        assert backend.graphs == 1


def test_the_reason_of_a_recompile_is_plain_text() -> None:
    """A function of `math` has its own name there, and what it gives another time is compiled."""
    reasons: list[str] = []
    with vartrack.use(THRIFT), torch._dynamo.config.patch(error_on_recompile=True):
        compiled = torch.compile(lambda x, n: x * math.exp(n / 10), backend="eager")
        compiled(X, 3)
        try:
            compiled(X, 4)
        except torch._dynamo.exc.RecompileError as error:
            reasons.append(str(error))
    assert "math.exp((L['n'] / 10))" in reasons[0] or "math.exp((n / 10))" in reasons[0]
    assert "__import__" not in reasons[0]
