"""Standard containers with methods of their own, past which code in C reads what they hold, and
which are compared with themselves."""

from __future__ import annotations

import collections
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import torch

import vartrack
from vartrack import ConstantVisitor, RecordVisitor, SnapshotVisitor
from vartrack.bases.tracing.classes.reflexive import answer_with_itself
from vartrack.errors import VisitorWarning

pytestmark = pytest.mark.usefixtures("fresh")


class ListShown(list[int]):
    def __iter__(self) -> Iterator[Any]:
        return iter(("own", 1))


class ListItem(list[int]):
    def __getitem__(self, index: Any) -> Any:
        return "got", index


class DictShown(dict[int, int]):
    def __iter__(self) -> Iterator[Any]:
        return iter(("own", 1))


class DictItems(dict[int, int]):
    def items(self) -> Any:
        return [("own", 1)]


class DequeShown(collections.deque[int]):
    def __iter__(self) -> Iterator[Any]:
        return iter((9,))


class SetShown(set[int]):
    def __iter__(self) -> Iterator[Any]:
        return iter((9,))


class OrderedItems(collections.OrderedDict[int, int]):
    def items(self) -> Any:
        return [(9, 9)]


class TupleItem(tuple[int, ...]):
    def __getitem__(self, index: Any) -> Any:
        return "got", index


CLASSES: tuple[Any, ...] = (
    ListShown,
    ListItem,
    DictShown,
    DictItems,
    DequeShown,
    SetShown,
    OrderedItems,
    TupleItem,
)
BASES: tuple[Any, ...] = (ConstantVisitor, SnapshotVisitor, RecordVisitor)


def made(cls: Any, *items: int) -> Any:
    return cls({item: item for item in items}) if issubclass(cls, dict) else cls(items)


def registry_of(base: Any) -> Any:
    registry = vartrack.stock.derive("containers")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VisitorWarning)  # torch alone serves some as well
        registry.register(type("Taught", (base,), {"types": CLASSES}))
    return registry


def ran(function: Any, calls: list[Any], registry: Any) -> tuple[list[Any], int]:
    """What the calls gave, with the count of graphs; None where the graph breaks."""
    torch._dynamo.reset()
    count = 0

    def backend(graph: Any, inputs: Any) -> Any:
        nonlocal count
        count += 1
        return graph

    with vartrack.use(registry):
        compiled = torch.compile(function, backend=backend, fullgraph=True)
        results: list[Any] = []
        for value in calls:
            try:
                results.append(compiled(torch.ones(2), value)[1])
            except torch._dynamo.exc.Unsupported:
                results.append(None)
    return results, count


# code in C reads what a container holds, whatever it shows


def c_list(x: Any, value: Any) -> Any:
    return x + 1, list(value)


def c_length(x: Any, value: Any) -> Any:
    return x + 1, len(value)


@pytest.mark.parametrize("function", [c_list, c_length])
@pytest.mark.parametrize("cls", CLASSES[:-1])  # torch dies of the last
@pytest.mark.parametrize("base", BASES)
def test_what_is_held_counts_and_not_what_is_shown(base: Any, cls: Any, function: Any) -> None:
    calls = [made(cls, 1, 2), made(cls, 1, 2), made(cls, 1, 3)]
    expected = [function(torch.ones(2), value)[1] for value in calls]
    results, count = ran(function, calls, registry_of(base))
    assert all(given in (None, right) for given, right in zip(results, expected, strict=True))
    alone, alone_count = ran(function, calls, None)
    if base is SnapshotVisitor and alone == expected:
        assert results == expected
        assert count <= alone_count


@pytest.mark.parametrize("cls", [ListShown, DictShown, DequeShown, SetShown, OrderedItems])
def test_copies_hold_what_the_original_holds(cls: Any) -> None:
    value = made(cls, 1, 2)
    before = vartrack.content_key(value)
    assert before != vartrack.content_key(made(cls, 1, 3))
    assert before == vartrack.content_key(made(cls, 1, 2))


# a container compared with itself


def compared(op: str) -> Any:
    scope: dict[str, Any] = {}
    exec(f"def f(x, value):\n return x + 1, value {op} value", scope)
    return scope["f"]


@pytest.mark.parametrize("op", ["==", "!=", "<", ">="])
@pytest.mark.parametrize("cls", [ListItem, ListShown, TupleItem])
@pytest.mark.parametrize("base", BASES)
def test_a_comparison_with_itself_takes_one_graph(base: Any, cls: Any, op: str) -> None:
    function = compared(op)
    calls = [made(cls, 1, 2), made(cls, 1, 3)]
    expected = [function(torch.ones(2), value)[1] for value in calls]
    assert ran(function, calls, registry_of(base)) == (expected, 1)


@pytest.mark.parametrize("op", ["eq", "ne", "lt", "le", "gt", "ge"])
@pytest.mark.parametrize("cls", [list, tuple, dict, set, frozenset, collections.deque])
def test_what_a_class_gives_away_is_what_python_gives(cls: Any, op: str) -> None:
    nan = float("nan")
    for value in (cls(), cls([(nan, nan), (1, 2)])):
        assert answer_with_itself(cls, f"__{op}__") is getattr(cls, f"__{op}__")(value, value)
