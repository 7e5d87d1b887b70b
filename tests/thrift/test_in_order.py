"""Lists that are sorted in place, and what comes first or last of texts, need no graph for each.

Each program is ours, after kinds of which the public trackers have reports: the best few losses that
are kept, names of files that are put in order, the keys of a batch that are asked for.
"""

from __future__ import annotations

import collections
import copy
import types
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
import torch
from beside_torch import plain
from thrift_values import SOUND, THRIFT, graphs_of_calls

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

CALLS = 6


def _kept(x: Any, best: Any, loss: Any) -> Any:
    """The best few of what was seen."""
    best.append(loss)
    best.sort()
    if len(best) > 3:
        best.pop()
    return x + 1, best[0], best[-1], len(best)


def _sorted_before(x: Any, names: Any, name: Any) -> Any:
    names.insert(0, name)
    names.sort(reverse=True)
    return x + 1, names[0], names[:2], names[-1:]


def _gone_through(x: Any, numbers: Any, more: Any) -> Any:
    numbers.sort()
    numbers.append(more)
    for number in numbers:
        x = x + number
    return x, sum(numbers)


def _sorted_twice(x: Any, numbers: Any, more: Any) -> Any:
    numbers.sort(reverse=True)
    first = numbers[0]
    numbers.append(more)
    numbers.sort()
    return x + 1, first, numbers[0], numbers.pop(0), numbers[0], len(numbers)


def _of_graph(x: Any, losses: Any) -> Any:
    """What is added is known in the graph alone."""
    losses.append(x.shape[0])
    losses.sort()
    return x + 1


def _by_key(x: Any, held: Any, **how: Any) -> Any:
    held.sort(**how)
    return x + 1, held


def _best_by_key(x: Any, best: Any, loss: Any) -> Any:
    best.append(loss)
    best.sort(key=lambda one: -one)
    best.pop()
    return x * best[0], best


def _made_by_key(x: Any, one: Any, other: Any) -> Any:
    made = [one, other, 3]
    made.sort(key=lambda number: -number)
    return x * made[0], made


def _key_that_fails(x: Any, held: Any) -> Any:
    try:
        held.sort(key=lambda one: 1 / one)
    except ZeroDivisionError:
        return x - 1, held
    return x + 1, held


def _copy_in_order(held: Any, **how: Any) -> Any:
    copied = list(held)
    copied.sort(**how)
    return copied


#: By name a program, what it is called with at each call, and how many graphs are enough.
PROGRAMS: dict[str, tuple[Callable[..., Any], Callable[[int], Any], int]] = {
    "numbers": (lambda x, h: (x + 1, h.sort()), lambda n: ([n, 3, 0.5][: n + 1],), 1),
    "texts": (lambda x, h: (x + 1, h.sort(), h[0]), lambda n: ([f"n{n}", "m", "z"],), 1),
    "numbers backwards": (
        lambda x, h: (x + 1, h.sort(reverse=True)),
        lambda n: ([1, 1.0, n, -0.0, 0],),
        1,
    ),
    "the smallest": (lambda x, h: (h.sort(), x * h[0]), lambda n: ([n + 2, 3.5, n + 9],), 3),
    "the best few": (_kept, lambda n: ([0.5 * k for k in range(min(n, 3))], n * 0.3), 3),
    "the best few texts": (_kept, lambda n: ([f"k{k}" for k in range(min(n, 3))], f"l{n}"), 3),
    "what was put first": (_sorted_before, lambda n: (["b", "z", "a"], f"n{n}"), 1),
    "sorted twice": (_sorted_twice, lambda n: ([3, n, 5], n - 1), 3),
    "of the graph": (_of_graph, lambda n: ([5, 3, 9][: n % 3],), 2),
    "the last of texts": (lambda x, v: (x + 1, max(v, "m", "b"), min(v, "m", "b")), "n{}".format, 1),
    "of a list of texts": (lambda x, h: (x + 1, max(h), min(h)), lambda n: [f"n{n}", "b"] * n or ["q"], 1),
    "of a list made here": (lambda x, v: (x + 1, max([v, "m"]), min((v, "b"))), "n{}".format, 1),
    "the longest": (
        lambda x, h: (x + 1, max(h, key=len), min(h, key=len)),
        lambda n: ["a" * n, "bb", "ccc"],
        1,
    ),
    "a set in order": (
        lambda x, h: (x + 1, sorted(h), sorted(h, reverse=True)[0]),
        lambda n: {f"n{k}" for k in range(n + 1)},
        1,
    ),
    "texts made here in order": (lambda x, v: (x + 1, sorted([v, "m", "b"])), "n{}".format, 1),
    "a copy": (lambda x, h: (x + 1, _copy_in_order(h)), lambda n: ([n, 3, 0.5],), 1),
    "a copy with more": (
        lambda x, h, v: (x + 1, _copy_in_order([*h, v], reverse=True)[:2]),
        lambda n: ([f"n{n}", "m", "z"], f"l{n}"),
        1,
    ),
    "a copy of a deque": (
        lambda x, h: (x + 1, _copy_in_order(h)[0]),
        lambda n: collections.deque([n, 3, 0.5], 3),
        1,
    ),
    "a part of it": (lambda x, h: (x + 1, _copy_in_order(h[1:])[0]), lambda n: ["z", "b", f"a{n}"], 1),
    "a copy that is gone through": (
        lambda x, h: (x + sum(each * 2 for each in _copy_in_order(h)), h),
        lambda n: ([n + 5.5, 3.5, 2.0],),
        CALLS,
    ),
    "in place by a key": (
        lambda x, h: _by_key(x, h, key=lambda one: -one),
        lambda n: ([n, 3, 2 * n],),
        1,
    ),
    "in place by a key, read": (
        lambda x, h: (h.sort(key=lambda one: -one), x * h[0], h[-1]),
        lambda n: ([n + 2, 3, 2 * n + 4],),
        2,
    ),
    "in place by a part": (
        lambda x, h: _by_key(x, h, key=lambda one: one[1], reverse=True),
        lambda n: ([("a", n), ("b", 3.5)],),
        2,
    ),
    "a way that varies": (
        lambda x, h, way: (h.sort(reverse=way), x + 1, sorted([h[0], 4, 2], reverse=way)),
        lambda n: ([n, 3, 2 * n], n % 2 == 0),
        2,
    ),
    "by a key, a way that varies": (
        lambda x, h, way: _by_key(x, h, key=lambda one: -one, reverse=way),
        lambda n: ([n, 3, 2 * n], n % 2 == 0),
        2,
    ),
    "in place by a key in C": (
        lambda x, h: _by_key(x, h, key=len, reverse=True),
        lambda n: (["a" * n, "bb", "ccccc"],),
        1,
    ),
    "in place by size": (
        lambda x, h: (h.sort(key=abs), x * h[0]),
        lambda n: ([n - 3, -5, n + 1],),
        2,
    ),
    "a copy by a key in C": (
        lambda x, h: (x + 1, sorted(h, key=abs), sorted(h, key=str)),
        lambda n: ([n - 3, -5, n + 1],),
        1,
    ),
    "the best by a key": (_best_by_key, lambda n: ([3.0, 1.0], 0.7 * n), 2),
    "made here by a key": (_made_by_key, lambda n: (n, n * 2), 3),
    "a key that fails": (_key_that_fails, lambda n: ([n % 3 or 1, 5, (n + 1) % 3],), 3),
    "the keys of a dict": (
        lambda x, d: (x + 1, _copy_in_order(d)[-1]),
        lambda n: {f"k{k}": k for k in range(n + 1)},
        1,
    ),
    "a key of a view": (
        lambda x, d: x + 1 if "labels" in d.keys() else x * 2,  # noqa: SIM118
        lambda n: {f"k{k}": k for k in range(n)},
        1,
    ),
    "the name of a type variable": (
        lambda x, v: (x + 1, v.__name__),
        lambda n: TypeVar(f"T{n}"),
        1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=["thrift", "sound"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_in_order(name: str, registry: Any) -> None:
    run, make, enough = PROGRAMS[name]

    def values(number: int) -> tuple[Any, ...]:
        made = make(number)
        return made if isinstance(made, tuple) else (made,)

    assert graphs_of_calls(run, values, registry, CALLS) <= enough


class Ordered:
    """What says itself which comes first."""

    def __init__(self, place: int) -> None:
        self.place = place

    def __lt__(self, other: Any) -> bool:
        return bool(self.place > other.place)

    def __repr__(self) -> str:
        return f"Ordered({self.place})"


def _sort(x: Any, held: Any) -> Any:
    try:
        held.sort()
    except TypeError as error:
        return x - 1, type(error).__name__
    return x + 1, held[0], held


def _gone_through_after(x: Any, held: Any) -> Any:
    held.sort()
    for each in held:
        x = x + each
    return x, held.index(held[-1]), held[::2]


def _sorted_and_read(x: Any, held: Any) -> Any:
    held.append(0.25)
    held.sort(reverse=True)
    copied = list(held)
    held.append(9.0)
    held.sort()
    held.remove(0.25)
    return x * held[0], copied, held[-1], len(held)


def _key_that_adds(x: Any, held: Any) -> Any:
    try:
        held.sort(key=lambda one: (held.append(1), -one)[1])
    except ValueError as error:
        return x - 1, str(error), held
    return x + 1, held


def _key_that_counts(x: Any, held: Any) -> Any:
    seen: list[Any] = []
    held.sort(key=lambda one: (seen.append(len(held)), len(held) - one)[1])
    return x + 1, held, seen


def _key_of_others(x: Any, held: Any) -> Any:
    try:
        held.sort(key=int)
    except ValueError:
        return x - 1, held
    return x + 1, held


#: What code of the program has a say in, what changes its kind, and what is read after it.
CHANGING: dict[str, tuple[Callable[..., Any], list[Any]]] = {
    "order of its own": (_sort, [[Ordered(1), Ordered(2)], [Ordered(3), Ordered(2)]]),
    "numbers, then texts": (_sort, [[2, 1], ["b", "a"], [1.5, 1], [2, "a"], [3, 1]]),
    "numbers, then None": (_sort, [[2, 1], [None, 1], [4, 3], [None]]),
    "nan": (_sort, [[2.0, float("nan"), 1.0], [3.0, 1.0, 2.0], [float("nan")]]),
    "bools": (_sort, [[2, True], [True, False], [3, 1]]),
    "by length": (lambda x, h: (x, h.sort(key=len), h), [["aaa", "b"], ["b", "aa", "c"]]),
    "a key that adds": (_key_that_adds, [[2, 1], [3, 4], [5, 6]]),
    "a key that sees the list": (_key_that_counts, [[2, 1], [3, 4], [5, 6]]),
    "a key that refuses": (_key_of_others, [["7", "21"], ["4", "b"], ["9", "10"]]),
    "nan by a key": (
        lambda x, h: (x, h.sort(key=lambda one: -one), h),
        [[2.0, float("nan"), 1.0], [-0.0, 0.0, 2.0]],
    ),
    "gone through": (_gone_through_after, [[2, 1], [3, 1], [5, 2, 1]]),
    "read after it": (_sorted_and_read, [[2.0, 1.0], [3.0, 1.0], [0.25], []]),
    "with more": (
        lambda x, h: _gone_through(x, h, 0.5),
        [[2, 1], [3, 1], [5, 2, 1], [], [1.5]],
    ),
}


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=["thrift", "sound"])
@pytest.mark.parametrize("name", CHANGING)
def test_what_a_program_has_a_say_in(name: str, registry: Any) -> None:
    run, values = CHANGING[name]
    with vartrack.use(registry):
        compiled = torch.compile(run, backend="eager")
        for held in values:
            beside = copy.deepcopy(held)
            assert repr(compiled(torch.ones(4), held)) == repr(run(torch.ones(4), beside))
            assert repr(held) == repr(beside)


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=["thrift", "sound"])
def test_a_list_that_another_place_has_as_well(registry: Any) -> None:
    def run(x: torch.Tensor, some: list[float], others: list[float]) -> Any:
        first = others[0]
        some.sort()
        return x * first, some[0], others[0]

    with vartrack.use(registry):
        compiled = torch.compile(run, backend="eager", fullgraph=True)
        for number in range(6):
            both = [[3.0, 1.0, float(number)], [2.0]]
            beside = copy.deepcopy(both)
            at = 0 if number > 2 else 1
            want = run(torch.ones(4), beside[0], beside[at])
            assert plain(compiled(torch.ones(4), both[0], both[at])) == plain(want)
            assert both == beside


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=["thrift", "sound"])
def test_a_list_of_a_module_is_sorted_at_each_call(registry: Any) -> None:
    def run(x: torch.Tensor, held: types.SimpleNamespace, loss: float) -> Any:
        held.best.append(loss)
        held.best.sort()
        del held.best[3:]
        return x + 1

    here, beside = types.SimpleNamespace(best=[]), types.SimpleNamespace(best=[])
    with vartrack.use(registry):
        compiled = torch.compile(run, backend="eager", fullgraph=True)
        for loss in (5.0, 2.0, 7.0, 1.0, 0.5, 3.0):
            compiled(torch.ones(4), here, loss)
            run(torch.ones(4), beside, loss)
            assert here.best == beside.best
