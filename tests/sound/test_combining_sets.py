"""Sets are combined by hash, and what they are combined with is gone through once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
import torch

import vartrack

pytestmark = pytest.mark.first_answer

ONE = torch.ones(2)
METHODS = (
    *("union", "intersection", "difference", "symmetric_difference", "isdisjoint"),
    *("issubset", "issuperset", "update", "intersection_update", "difference_update"),
    "symmetric_difference_update",
)


class EqualToAll:
    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return id(self)


class Given:
    """Goes through other items than it says that it holds."""

    def __iter__(self) -> Any:
        return iter([7, 8])

    def __contains__(self, item: object) -> bool:
        return item == 1


class Listed(list[Any]):
    def __iter__(self) -> Any:
        return iter([7, 8])


class Keyed(dict[Any, Any]):
    def __iter__(self) -> Any:
        return iter([7, 8])


GIVEN: dict[str, Callable[[], Iterable[Any]]] = {
    "generator": lambda: (item for item in [8, 7]),
    "map": lambda: map(int, "87"),
    "zip": lambda: zip([7], [8], strict=True),
    "object": Given,
    "list of a class": lambda: Listed("ab"),
    "dict of a class": lambda: Keyed(a=1),
    "equal to all": lambda: [EqualToAll()],
    "another type": lambda: [7.0, True],
    "set": lambda: {7, 9, 10},
    "range": lambda: range(5, 9),
}


def told(items: Any) -> Any:
    """Items and their types, in an order that does not depend on addresses."""
    if not isinstance(items, (set, frozenset)):
        return items
    return sorted(
        (type(item).__name__, item if isinstance(item, (int, float)) else 0) for item in items
    )


@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
@pytest.mark.parametrize("method", METHODS)
def test_what_comes_of_it(method: str, given: Callable[[], Iterable[Any]]) -> None:
    same = EqualToAll()
    for held in ({7}, {1, 7}, {same, 1}):

        def program(x: torch.Tensor, held: Any = held) -> Any:
            items = set(held)
            made = getattr(items, method)(given())
            return x + 1, made, items

        _, made, items = program(ONE)
        torch._dynamo.reset()
        with vartrack.use(vartrack.sound):
            _, other, changed = torch.compile(program, backend="eager")(ONE)
        assert (told(other), told(changed)) == (told(made), told(items))


@pytest.mark.parametrize("method", METHODS)
def test_a_set_from_outside(method: str) -> None:
    """What it holds counts, types and all."""

    def program(x: torch.Tensor, items: set[Any], more: list[int]) -> Any:
        made = getattr(items, method)(item + 0 for item in more)
        return x + 1, made, getattr(items, method)([8])

    torch._dynamo.reset()
    with vartrack.use(vartrack.sound):
        compiled = torch.compile(program, backend="eager")
        for held in ({1, 2}, {1.0, 2}, {2}):
            given, beside = set(held), set(held)
            _, *made = compiled(ONE, given, [2, 3])
            _, *expected = program(ONE, beside, [2, 3])
            assert list(map(told, [*made, given])) == list(map(told, [*expected, beside]))


@pytest.mark.parametrize("method", ["union", "intersection", "isdisjoint", "update"])
def test_a_generator_needs_no_graph_break(method: str) -> None:
    def program(x: torch.Tensor, items: list[int]) -> Any:
        held = {1, 7}
        made = getattr(held, method)(item + 1 for item in items)
        return x + 1, made, held

    torch._dynamo.reset()
    with vartrack.use(vartrack.sound):
        compiled = torch.compile(program, backend="eager", fullgraph=True)
        for items in ([6, 7], [6, 8], [2]):
            assert compiled(ONE, items)[1:] == program(ONE, items)[1:]


def test_what_is_left_of_an_iterator() -> None:
    """A set that has all there is stops asking, from Python 3.11 on."""

    def program(x: torch.Tensor) -> Any:
        answers = []
        for method in ("intersection", "isdisjoint", "issuperset"):
            items = iter([7, 8, 9])
            getattr({7}, method)(items)
            answers.append(list(items))
        return x + 1, answers

    torch._dynamo.reset()
    with vartrack.use(vartrack.sound):
        assert torch.compile(program, backend="eager")(ONE)[1] == program(ONE)[1]


def test_keys_of_a_dict_that_goes_through_others() -> None:
    def program(x: torch.Tensor, keys: Any) -> Any:
        return x + 1, dict.fromkeys(keys, 0)

    torch._dynamo.reset()
    with vartrack.use(vartrack.sound):
        compiled = torch.compile(program, backend="eager")
        assert compiled(ONE, Keyed(a=1))[1] == {7: 0, 8: 0}


class Goes(frozenset[int]):
    """Going through it gives something else than it holds."""

    def __iter__(self) -> Any:
        return iter((7, 8))


COMBINED: dict[str, Callable[[Any], Any]] = {
    "made": lambda v: (set(v), frozenset(v)),
    "operators": lambda v: ({1, 5} - v, {1, 7} | v, {1, 7} & v, {1, 7} ^ v),
    "methods": lambda v: ({1, 7}.union(v), {1, 7}.isdisjoint(v), {1, 7}.issuperset(v)),
}


@pytest.mark.parametrize("name", COMBINED)
def test_a_set_that_goes_through_others_is_taken_for_what_it_holds(name: str) -> None:
    use = COMBINED[name]

    def program(x: torch.Tensor, items: Any) -> Any:
        return x + 1, use(items)

    torch._dynamo.reset()
    with vartrack.use(vartrack.sound):
        compiled = torch.compile(program, backend="eager", fullgraph=True)
        for items in (Goes((1, 2)), Goes((3, 7)), Goes((1, 2))):
            assert compiled(ONE, items)[1] == program(ONE, items)[1]
