"""Parts of lists whose bounds vary, `losses[-window:]`, and texts that are repeated, `"#" * n`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from beside_torch import outcome
from thrift_values import SOUND, THRIFT

pytestmark = pytest.mark.usefixtures("fresh")


def _values() -> Iterable[tuple[list[float], int, int]]:
    """Lists of several lengths, and bounds: also beyond the end, below zero, and of no items."""
    bounds = ((0, 2), (1, 3), (2, 2), (3, 9), (-2, 4), (4, 1), (0, -1))
    for number, (start, stop) in enumerate(bounds):
        yield [n + 0.5 for n in range(4 + number % 3)], start, stop


def _copied_and_changed(x: Any, value: Any) -> Any:
    h, i, j = value
    part = h[i:j]
    part.append(7.0)
    h.append(8.0)
    return part, h, h[i:]


def _gone_through(x: Any, value: Any) -> Any:
    h, i, j = value
    return sum((x * item for item in h[i:j]), x)


PARTS: dict[str, tuple[Callable[..., Any], int]] = {
    "returned": (lambda x, v: v[0][v[1] : v[2]], 1),
    "of a copy": (lambda x, v: (tuple(v[0])[v[1] :], v[0][: v[2]]), 7),
    "last": (lambda x, v: (v[0][-v[2] :], v[0][v[1] : None]), 1),
    "in the graph": (lambda x, v: x * sum(v[0][v[1] : v[2]]), 2),
    "length": (lambda x, v: (len(v[0][v[1] : v[2]]), x + len(v[0][v[1] :])), 2),
    "truth": (lambda x, v: x + 1 if v[0][v[1] : v[2]] else x, 2),
    "worked out": (lambda x, v: (x * v[1], v[0][v[1] + 1 : v[2] * 2]), 2),
    "changed": (_copied_and_changed, 7),
    "gone through": (_gone_through, 5),
    "a step": (lambda x, v: (v[0][:: v[1] or 1], v[0][v[1] : v[2] : 2]), 7),
    "a part of a part": (lambda x, v: v[0][v[1] :][: v[2]], 1),
    "some of a part": (lambda x, v: (v[0][1:][: v[2]][::-1], v[0][: v[1]][-2:]), 2),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_whose_bounds_vary(name: str) -> None:
    """It is taken again at each call."""
    program, graphs = PARTS[name]
    alone = outcome(None, program, _values)
    for registry, place in ((THRIFT, "argument"), (SOUND, "global")):
        ours = outcome(registry, program, _values, place)
        assert ours.status == "right", (place, ours)
        assert ours.graphs <= graphs, (place, ours)
        if alone.status == "right":
            assert ours.graphs <= alone.graphs, (place, ours, alone)


def _bar(x: Any, n: Any) -> Any:
    done = 10 * n // 7
    return x * n, f"[{'#' * done + '.' * (10 - done)}]"


REPEATED: dict[str, tuple[Callable[..., Any], int]] = {
    "bar": (_bar, 2),
    "number first": (lambda x, n: (x * n, n * "ab", n * b"ab"), 2),
    "asked": (lambda x, n: x * n if "#" * n == "##" else x, 3),
    "joined": (lambda x, n: (x * n, "\n".join(["  " * n + text for text in "ab"])), 2),
    "a key": (lambda x, n: (x * n, {"a" * n: 1}), 2),
    "a part": (lambda x, n: (x * n, ("ab" * n)[:3]), 2),
    "no text": (lambda x, n: (x * n, 2.5 * n, [x] * 2, "ab" * 2), 2),
}


@pytest.mark.parametrize("name", REPEATED)
def test_a_text_that_is_repeated(name: str) -> None:
    """By a number that is a symbol in the graph; it is made again at each call."""
    program, graphs = REPEATED[name]
    for registry, place in ((THRIFT, "argument"), (SOUND, "attribute")):
        ours = outcome(registry, program, lambda: (1, 2, 3, 0, -1, 5), place)
        assert ours.status == "right", (place, ours)
        assert ours.graphs <= graphs, (place, ours)


def _from_zero(x: Any, h: Any) -> Any:
    h.append(x)
    return h[0:], h[0:None], h[:None]


def test_all_of_a_list_that_was_added_to() -> None:
    """`h[0:]` after `append` is a copy; it ended the compile."""
    for registry in (THRIFT, SOUND):
        ours = outcome(registry, _from_zero, lambda: ([*range(n)] for n in (3, 1, 0, 4)))
        assert (ours.status, ours.graphs) == ("right", 1), ours
