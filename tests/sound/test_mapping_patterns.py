"""`case {key: part}` and `case [part, *rest]`: what a pattern asked is asked again at every call."""

from __future__ import annotations

from collections import ChainMap, Counter, OrderedDict, UserDict, UserList, defaultdict, deque
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest
from beside_torch import Outcome, outcome

import vartrack


class Table(dict[str, Any]):
    """A dict of the program's own."""


class Row(list[Any]):
    """A list of the program's own."""


def by_keys(x: Any, value: Any) -> Any:
    match value:
        case {"k": 1, "j": j, **rest}:
            return j, rest
        case {"k": 1, "i": _}:
            return "i"
        case {"k": k}:
            return k
        case {}:
            return "none of them"
    return "no mapping"


def by_length(x: Any, value: Any) -> Any:
    match value:
        case {"a": {"b": 1, "c": _}}:
            return "both"
        case {"a": {"b": b}}:
            return b
        case {"a": _}:
            return "other"
    return "none"


def in_places(x: Any, value: Any) -> Any:
    match value:
        case [1, 2]:
            return "two"
        case [1, *rest, 9]:
            return rest
        case [first, *_]:
            return first
        case []:
            return "empty"
    return "no sequence"


MAPPINGS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "dict": dict,
    "ordered": OrderedDict,
    "default": lambda items: defaultdict(int, items),
    "counter": Counter,
    "own": Table,
    "read-only": MappingProxyType,
    "user": UserDict,
    "chain": lambda items: ChainMap({}, items),
}
SEQUENCES: dict[str, Callable[[list[Any]], Any]] = {
    "list": list,
    "tuple": tuple,
    "deque": deque,
    "own": Row,
    "user": UserList,
}
ITEMS = [{"k": 1}, {"k": 1, "j": 0}, {"k": 1, "i": 2}, {"k": 2}, {}, {"j": 1, "k": 1, "z": 3}]
NESTED = [{"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}, {"a": {}}, {"b": 1}]
PLACED = [[1, 2], [1, 2, 3], [1, 2, 9], [], [1, 9], [4]]


def _is_fit(found: Outcome, alone: Outcome) -> None:
    """The answer is Python's, or the graph breaks as it does on torch alone."""
    allowed = ("right",) if alone.status in ("right", "wrong") else ("right", "refused")
    assert found.status in allowed, (found, alone)


@pytest.mark.first_answer
@pytest.mark.parametrize("place", ["argument", "attribute"])
@pytest.mark.parametrize("kind", MAPPINGS)
@pytest.mark.parametrize("program", [by_keys, by_length], ids=lambda each: each.__name__)
def test_keys_of_mappings(program: Any, kind: str, place: str) -> None:
    plain = ITEMS if program is by_keys else NESTED
    values = lambda: [MAPPINGS[kind](dict(items)) for items in plain]  # noqa: E731
    alone = outcome(None, program, values, place)
    _is_fit(outcome(vartrack.sound, program, values, place), alone)
    broken = outcome(vartrack.sound, program, values, place, fullgraph=False)
    assert broken.status == "right", broken


@pytest.mark.first_answer
@pytest.mark.parametrize("place", ["argument", "attribute"])
@pytest.mark.parametrize("kind", SEQUENCES)
def test_places_of_sequences(kind: str, place: str) -> None:
    values = lambda: [SEQUENCES[kind](list(items)) for items in PLACED]  # noqa: E731
    alone = outcome(None, in_places, values, place)
    _is_fit(outcome(vartrack.sound, in_places, values, place), alone)
    broken = outcome(vartrack.sound, in_places, values, place, fullgraph=False)
    assert broken.status == "right", broken
