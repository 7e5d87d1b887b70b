"""`case {key: part}` and `case [part, *rest]`: what a pattern asked is asked again at every call."""

from __future__ import annotations

from collections import ChainMap, Counter, OrderedDict, UserDict, UserList, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pytest
import torch
import torch._dynamo
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


class Indexed(dict[str, Any]):
    """A dict that gives something else by its index than by `get`."""

    def __getitem__(self, key: str) -> Any:
        return super().__getitem__(key) * 10


class Pretending(dict[str, Any]):
    """A dict that says of every key that it is there."""

    def __contains__(self, key: object) -> bool:
        return True


class Getting(dict[str, Any]):
    """A dict with a `get` of its own."""

    def get(self, key: str, default: Any = None) -> Any:
        return super().get(key, default) if key == "k" else default


class Seen(Mapping[str, Any]):
    """A mapping that is no dict."""

    def __init__(self, items: dict[str, Any]) -> None:
        self.inside = items

    def __getitem__(self, key: str) -> Any:
        return self.inside[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.inside)

    def __len__(self) -> int:
        return len(self.inside)

    def get(self, key: str, default: Any = None) -> Any:
        return self.inside.get(key, default) if key == "k" else default


@pytest.mark.first_answer
@pytest.mark.parametrize(
    "kind", [Indexed, Pretending, Getting, Seen], ids=lambda each: each.__name__
)
def test_keys_are_got(kind: type) -> None:
    """Python asks `get`, whatever indexing gives and `in` says."""
    values = lambda: [kind(dict(items)) for items in ITEMS]  # noqa: E731
    alone = outcome(None, by_keys, values)
    _is_fit(outcome(vartrack.sound, by_keys, values), alone)
    broken = outcome(vartrack.sound, by_keys, values, fullgraph=False)
    assert broken.status == "right", broken


@pytest.mark.first_answer
def test_another_get() -> None:
    """A `get` that is replaced is noticed, of which torch asks nothing."""

    class Later(dict[str, Any]):
        pass

    def values() -> Iterator[Any]:
        yield Later(k=2)
        Later.get = lambda self, key, default=None: 5
        yield Later(k=2)
        del Later.get

    answers = []
    torch._dynamo.reset()
    with vartrack.use(vartrack.sound):
        compiled = torch.compile(by_keys, backend="eager", fullgraph=True)
        for value in values():
            answers.append((compiled(None, value), by_keys(None, value)))
    assert [found == wanted for found, wanted in answers] == [True, True], answers
    assert answers[0] != answers[1]


@pytest.mark.first_answer
def test_more_items_than_a_pattern_asks_for() -> None:
    """How many more there are does not count, and does not compile again."""

    def both(x: Any, value: Any) -> Any:
        match value:
            case {"k": 1, "j": j}:
                return j
        return "none"

    values = lambda: [{"k": 1, "j": 0, **dict.fromkeys("abc"[:more])} for more in range(4)]  # noqa: E731
    ours, alone = outcome(vartrack.sound, both, values), outcome(None, both, values)
    assert (ours.status, alone.status) == ("right", "right")
    assert ours.graphs == alone.graphs == 1
    fewer = lambda: [{"k": 1, "j": 0}, {"k": 1}, {}]  # noqa: E731
    assert outcome(vartrack.sound, both, fewer).status == "right"
