"""Constants that are equal, as 1 and 1.0 are, need a place each; numbers beside other indexes.

And `min` and `max` of an int and a float, sorting by a key, texts that name the keys of a dict.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from beside_torch import outcome
from thrift_values import SOUND, THRIFT

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

FLOATS = (1.5, 2.5, 0.5, 4.5, 1.25, 3.0)
INTS = (5, 1, 9, 2, 13, 4)
NUMBERS = ([3, 1, 2], [5, 4, 6], [9, 8, 7], [1, 5, 3], [2, 2, 1])
TABLES = tuple({"a": n, "b": n / 2, f"c{n}": 1} for n in (3, 1, 2, 5))
ROWS = torch.arange(3 * 14 * 4.0).view(3, 14, 4)


def _check(program: Callable[..., Any], values: Sequence[Any], graphs: int) -> None:
    """Right on thrift alone and on `sound`, in no more graphs than ``graphs`` and torch.

    What is asked of an argument is asked of an attribute: each registry has one of the two.
    """
    alone = outcome(None, program, lambda: copy.deepcopy(values))
    for registry, place in ((THRIFT, "argument"), (SOUND, "attribute")):
        ours = outcome(registry, program, lambda: copy.deepcopy(values), place)
        assert ours.status == "right", (place, ours)
        assert ours.graphs <= graphs, (place, ours)
        if alone.status == "right" and place == "argument":
            assert ours.graphs <= alone.graphs, (place, ours, alone)


EQUAL: dict[str, tuple[Callable[..., Any], Sequence[Any], int]] = {
    "least": (lambda x, v: (min(v, 2), min(v, 2.0)), FLOATS, 2),
    "added": (lambda x, v: (x.long() * (v + 1), x.long() * (v + 1.0)), INTS, 2),
    "sign of zero": (lambda x, v: (math.copysign(v, 0.0), math.copysign(v, -0.0)), FLOATS, 1),
    "beside a bool": (lambda x, v: (sorted([v, 1]), sorted([v, 1.0]), sorted([v, True])), INTS, 6),
}


@pytest.mark.parametrize("name", EQUAL)
def test_equal_constants_are_told_apart(name: str) -> None:
    """What is worked out of a number and 1 is not taken for what 1.0 gives."""
    _check(*EQUAL[name])


BOTH: dict[str, tuple[Callable[..., Any], Sequence[Any], int]] = {
    "scaled": (lambda x, v: x * min(v, 2), FLOATS, 2),
    "first": (lambda x, v: min(v, 2) * x, FLOATS, 2),
    "clamped": (lambda x, v: x * min(max(v, 1), 3), FLOATS, 2),
    "warm-up": (lambda x, v: x * (min(v / 10, 1) * 0.5), INTS, 2),
    "decay": (lambda x, v: x * max(0, 1 - v / 20), INTS, 2),
    "int": (lambda x, v: x * min(v, 2.5), INTS, 2),
    "of three": (lambda x, v: x * max(v, 2.5, 3), INTS, 2),
    "divided": (lambda x, v: x / max(v, 1) + x * (1 / max(v, 1)), FLOATS, 2),
    "compared": (lambda x, v: x + 1 if max(v, 1) >= 1 else x, FLOATS, 2),
    "negated": (lambda x, v: x * -max(v, 1), FLOATS, 2),
    "converted": (lambda x, v: (x * float(max(v, 1)), round(max(v, 1))), FLOATS, 2),
    "returned": (lambda x, v: (max(v, 1), {"scale": min(v, 2)}, x * min(v, 2)), FLOATS, 2),
    "its type asked": (lambda x, v: x if isinstance(max(v, 1), int) else -x, FLOATS, 3),
    "of ints": (lambda x, v: x.long() * max(1, v), FLOATS, 3),
    "as a text": (lambda x, v: f"{max(1, v)}", FLOATS, 3),
    "filled": (lambda x, v: torch.full((2,), max(1, v)), FLOATS, 3),
}


@pytest.mark.parametrize("name", BOTH)
def test_an_int_or_a_float(name: str) -> None:
    """Which of the two it is counts where the type does, and not beside a float."""
    program, values, graphs = BOTH[name]
    for registry, place in ((SOUND, "argument"), (THRIFT, "attribute")):
        ours = outcome(registry, program, lambda: values, place)
        assert (ours.status, ours.graphs <= graphs) == ("right", True), (place, ours)


def _put(index: Callable[[int], Any]) -> Callable[..., Any]:
    def program(x: Any, n: int) -> Any:
        rows = ROWS + x
        rows[index(n)] += 1
        return rows

    return program


MASK, WHICH = torch.tensor([True, False, True]), torch.tensor([0, 2])
INDEXES: dict[str, tuple[Callable[[int], Any], int]] = {
    "none before": (lambda n: (None, slice(None), n), 2),
    "none after": (lambda n: (slice(None), n, None), 2),
    "dots": (lambda n: (..., n, None, slice(None)), 2),
    "dots and none": (lambda n: (None, ..., n, 0), 2),
    "a tensor": (lambda n: (WHICH, n), 2),
    "a tensor after": (lambda n: (slice(None), n, WHICH), 2),
    "a mask": (lambda n: (MASK, n), 2),
    "all three": (lambda n: (None, MASK, n), 2),
    "apart": (lambda n: (WHICH, None, n), 5),
    "a number first": (lambda n: (0, n, WHICH), 2),
}


@pytest.mark.parametrize("name", INDEXES)
def test_a_number_among_other_indexes(name: str) -> None:
    """Where it is, no other dimension moves."""
    index, graphs = INDEXES[name]
    values = (5, 7, 9, 3, 11)
    _check(lambda x, n: (ROWS + x)[index(n)], values, graphs)
    _check(_put(index), values, graphs)


def _noted(x: Any, items: Any) -> Any:
    seen = []

    def key(item: Any) -> Any:
        seen.append(item)
        return -item

    return sorted(items, key=key), seen


class _Named:
    def __init__(self, number: int) -> None:
        self.number = number


BY_KEY: dict[str, tuple[Callable[..., Any], Sequence[Any], int]] = {
    "sorted": (lambda x, h: sorted(h, key=lambda n: -n), NUMBERS, 1),
    "backwards": (lambda x, h: sorted(h, key=lambda n: n % 2, reverse=True), NUMBERS, 1),
    "in the graph": (lambda x, h: x * sorted(h, key=lambda n: -n)[0], NUMBERS, 2),
    "largest": (lambda x, h: x * max(h, key=lambda n: abs(n - 3)), NUMBERS, 2),
    "smallest": (lambda x, h: min(h, key=lambda n: (n % 2, n)), NUMBERS, 1),
    "seen": (_noted, NUMBERS, 1),
    "values": (lambda x, d: x * sorted((d["a"], d["b"]), key=lambda n: -n)[0], TABLES, 2),
    "of a dict": (lambda x, d: sorted({"a": 1, "b": 2}, key=lambda k: d[k]), TABLES, 2),
    "pairs": (
        lambda x, d: max({"a": d["a"], "z": 2}.items(), key=lambda pair: pair[1])[0],
        TABLES,
        3,
    ),
    "texts": (lambda x, h: sorted(h, key=lambda t: t.lower()), (["b", "A"], ["z", "C"]), 1),
    "nan": (lambda x, h: max(h, key=lambda n: -n), ([math.nan, 1.0], [1.0, math.nan]), 2),
    "constants": (lambda x, h: max(h, key=lambda n: 1), NUMBERS, 1),
    "one by one": (lambda x, h: max(h, key=lambda n: [n]), NUMBERS[:3], 3),
}


@pytest.mark.parametrize("name", BY_KEY)
def test_sorted_by_a_key(name: str) -> None:
    """The order is worked out again at each call, by the keys that were traced."""
    _check(*BY_KEY[name])


def test_objects_by_a_key() -> None:
    """Of objects the order is guarded: one graph for each."""
    several = [[_Named(n) for n in numbers] for numbers in ([3, 1], [9, 2], [1, 4], [2, 8])]
    _check(lambda x, h: [o.number for o in sorted(h, key=lambda o: o.number)], several, 2)


TEXTS: dict[str, tuple[Callable[..., Any], int]] = {
    "format_map": (lambda x, d: "{a} {b:.2f}".format_map(d), 1),
    "shown": (lambda x, d: "{a!r:>5}".format_map(d), 1),
    "percent": (lambda x, d: "%(a)d%% %(b).2f" % d, 1),  # noqa: UP031
    "made here": (lambda x, d: "%(a)s" % {"a": d["a"], "x": x}, 1),  # noqa: F504, UP031
    "an attribute": (lambda x, d: "{a.real}".format_map(d), 4),
    "written": (lambda x, d: (d.update(a=7), "%(a)s" % d)[1], 4),  # noqa: UP031
}


@pytest.mark.parametrize("name", TEXTS)
def test_texts_that_name_keys(name: str) -> None:
    """Only those keys are read."""
    program, graphs = TEXTS[name]
    _check(program, TABLES, graphs)


def _copied(x: Any, h: Any) -> Any:
    copied = h.copy()
    copied.append(x)
    return copied


@pytest.mark.parametrize("name", ["copied", "added to", "of pairs"])
def test_a_list_that_is_copied(name: str) -> None:
    """`h.copy()` is as late as `list(h)`; `dict(h)` of pairs is not taken for a copy."""
    program = {"copied": lambda x, h: h.copy(), "added to": _copied, "of pairs": None}[name]
    if program is None:
        _check(lambda x, h: dict(h)["a"], [[("a", n)] for n in (1, 2, 3)], 3)
    else:
        _check(program, [[*range(n)] for n in (3, 4, 2, 6)], 1)


@pytest.mark.parametrize("values", [(1, 2, 3), ("a", "b"), (torch.float32, torch.int8)])
def test_a_value_is_itself(values: Sequence[Any]) -> None:
    """`a is a` of a late value asks nothing of it."""
    _check(lambda x, v: (v is v, v is not v), values, 1)


def _collecting(x: Any, other: Any, **more: Any) -> Any:
    more.pop("scale", None)
    return x * other["a"]


def test_arguments_by_name_are_in_no_other_place() -> None:
    """Python makes their dict for each call: no guard says that it is none of the others."""
    with vartrack.use(THRIFT):
        explained = vartrack.explain(_collecting, torch.ones(2), {"a": 2}, scale=1)
    assert "object of its own" not in str(explained.to_dict())
