"""Sequences and dicts that are taken apart or matched: one graph for each answer, whatever else."""

from __future__ import annotations

import sys
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

import pytest
from beside_torch import outcome
from thrift_values import SOUND, THRIFT

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

BOTH = pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
GROWING = [[2.0] * size for size in range(1, 7)]
TABLES = [{"op": "mul", "n": 2.0, **{f"{each}": each for each in range(more)}} for more in range(5)]


def _first(x: Any, v: Any) -> Any:
    first, *rest = v
    return x * first, rest


def _both(x: Any, v: Any) -> Any:
    try:
        first, *rest, last = v
    except ValueError:
        return "too few"
    return x * first + last, rest


def _counted(x: Any, v: Any) -> Any:
    first, *rest = v
    return x * first, len(rest)


def _changed(x: Any, v: Any) -> Any:
    first, *rest = v
    rest.append(first)
    return rest, first


def _missing(x: Any, v: Any) -> Any:
    try:
        return x * v[7]
    except IndexError as error:
        return str(error)


def _missing_before(x: Any, v: Any) -> Any:
    try:
        return x * v[-9]
    except IndexError as error:
        return str(error)


def _matched(x: Any, v: Any) -> Any:
    match v:
        case [int(), *_]:
            return x
        case [first, *_, last]:
            return x * first + last
        case _:
            return x - 1


def _of_keys(x: Any, v: Any) -> Any:
    match v:
        case {"op": "add", "n": number}:
            return x + number
        case {"op": "mul", "n": number}:
            return x * number
        case _:
            return x


def _of_type(x: Any, v: Any) -> Any:
    match v:
        case {"n": number}:
            return x * number
        case [first, *_]:
            return x + first
        case str():
            return x - 1
        case _:
            return x


def _length_after(x: Any, v: Any) -> Any:
    return x * v["n"], len(v), 1 if len(v) > 1 else 2


#: A program, what it is called with, and how many graphs do.
ONE_EACH: dict[str, tuple[Callable[..., Any], list[Any], int]] = {
    "first": (_first, GROWING, 1),
    "first of tuples": (_first, [*map(tuple, GROWING)], 1),
    "first and last": (_both, GROWING, 2),
    "how many are left": (_counted, GROWING, 1),
    "changed": (_changed, GROWING, 1),
    "missing": (_missing, GROWING, 1),
    "missing in a tuple": (_missing_before, [*map(tuple, GROWING)], 1),
    "missing at first": (_missing, [[2.0] * size for size in range(5, 12)], 2),
    "matched": (_matched, GROWING, 2),
    "keys": (_of_keys, TABLES, 1),
    "types": (_of_type, [*TABLES, *GROWING, "a", "b", 1, 2], 4),
    "length after a key": (_length_after, TABLES, 1),
}


def _copies(values: list[Any]) -> list[Any]:
    return [each.copy() if hasattr(each, "copy") else each for each in values]


@BOTH
@pytest.mark.parametrize("use", ONE_EACH)
def test_what_is_not_read_makes_no_difference(use: str, registry: vartrack.Registry) -> None:
    program, values, graphs = ONE_EACH[use]
    found = outcome(registry, program, lambda: _copies(values))
    assert found.status == "right", found
    # up to Python 3.10 the instruction says more, and is torch's affair
    assert found.graphs == graphs or (use == "keys" and sys.version_info < (3, 11))


def _gone_through(x: Any, v: Any) -> Any:
    first, *rest = v
    for each in rest:
        x = x + each
    return x * first


def _changed_before(x: Any, v: Any) -> Any:
    first, *rest = v
    v.append(5)
    v[0] = 7
    return [each + 1 for each in rest], first, v


def _as_another(x: Any, v: Any) -> Any:
    (first, *rest), same = v, v
    same.clear()
    return first, [*rest], v


def _written(x: Any, v: Any) -> Any:
    before = len(v)
    v["new"] = 1
    return before, len(v), v.get("n")


#: Programs that read more of it, or change it.
MORE = {
    "gone through": (_gone_through, GROWING),
    "changed before it is read": (_changed_before, GROWING),
    "emptied": (_as_another, GROWING),
    "others": (_of_type, [OrderedDict(n=1), deque([1]), {2}, b"a", None, range(3), 1.5, True]),
    "keys": (_of_keys, [*TABLES, {"op": "add", "n": 1}, {"n": 1}, {"n": 1, "k": 2}, [1], "a"]),
    "written": (_written, TABLES),
}


@BOTH
@pytest.mark.parametrize("use", MORE)
@pytest.mark.parametrize("place", ["argument", "attribute"])
def test_what_is_read_of_it_is_seen(use: str, place: str, registry: vartrack.Registry) -> None:
    program, values = MORE[use]
    alone = outcome(None, program, lambda: _copies(values), place)
    found = outcome(registry, program, lambda: _copies(values), place)
    assert found.status == "right", found
    # of what an object holds torch does not guard how many there are
    assert alone.status != "right" or place != "argument" or found.graphs <= alone.graphs
