"""`max`, `min` and sorting of objects and tuples: torch compares constants alone."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import attrs
import msgspec
import pytest
import torch
from beside_torch import RANKS, outcome, registry_with

import vartrack
from vartrack import extras

pytestmark = pytest.mark.usefixtures("fresh")


@dataclasses.dataclass(order=True)
class Plain:
    a: int
    b: float = 1.0


@attrs.frozen(order=True)
class Attrs:
    a: int
    b: float = 1.0


class Struct(msgspec.Struct, order=True):
    a: int
    b: float = 1.0


class Named(NamedTuple):
    a: int
    b: float = 1.0


@functools.total_ordering
class Own:
    def __init__(self, a: int, b: float = 1.0) -> None:
        self.a, self.b = a, b

    def __lt__(self, other: Any) -> bool:
        return bool(self.a < other.a)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Own) and self.a == other.a

    __hash__ = None  # type: ignore[assignment]


CLASSES: tuple[Callable[..., Any], ...] = (Plain, Attrs, Struct, Named, Own)


def ordered(x: torch.Tensor, pair: Any) -> Any:
    one, other = pair
    items = [other, one]
    items.sort()
    return (
        x,
        [max(one, other) is one, min(one, other) is one, max([one, other]).a, min(pair).b],
        [max(one, other, key=lambda v: v.b) is one, max([], default=one) is one],
        [max((one, 1), (other, 2))[1], items[0] is one, [v.a for v in sorted(pair, reverse=True)]],
    )


def pairs(cls: Callable[..., Any]) -> list[Any]:
    return [
        *((cls(1), cls(2)), (cls(3), cls(2)), (cls(2, 2.0), cls(2, 1.0)), (cls(2), cls(2))),
        (cls(4, 0.5), cls(2, 7.0)),
    ]


@pytest.mark.parametrize("cls", CLASSES)
def test_the_very_object_is_found(cls: Callable[..., Any]) -> None:
    sound = vartrack.sound.derive("and packages")
    for name in ("attrs", "msgspec", "thrift"):
        extras.load(name).register(sound)
    found = outcome(sound, ordered, lambda: pairs(cls))
    assert found.status == "right", found
    few = lambda: pairs(cls)[:2]  # noqa: E731
    found, alone = (
        outcome(registry_with("attrs", "msgspec"), ordered, few),
        outcome(None, ordered, few),
    )
    assert found.rank <= min(alone.rank, RANKS.index("refused")), (found, alone)


def test_what_comparing_raises_reaches_the_program() -> None:
    def program(x: torch.Tensor, pair: Any) -> Any:
        try:
            return x, max(pair)
        except AttributeError as error:
            return x, str(error)

    values = lambda: [(Own(1), Named(1)), (Own(1), Own(2))]  # noqa: E731
    found, alone = (outcome(each, program, values) for each in (registry_with("attrs"), None))
    assert found.rank <= min(alone.rank, RANKS.index("refused")), (found, alone)


def test_a_frozen_set_that_a_helper_makes() -> None:
    """torch dies where only an inlined function has the name."""

    def items(d: Any) -> Any:
        return frozenset([d["a"], "a"])

    def program(x: torch.Tensor, d: Any) -> Any:
        return x, items(d)

    found = outcome(registry_with("mappings"), program, lambda: [{"a": 1}, {"a": 2}, {"a": 3}])
    assert found.status == "right", found


def test_names_that_are_no_plain_strings_in_a_template() -> None:
    multidict = pytest.importorskip("multidict")

    def program(x: torch.Tensor, d: Any) -> Any:
        return x, "{scale}".format(**d)

    values = lambda: [multidict.CIMultiDict(scale=number) for number in (2, 3, 4)]  # noqa: E731
    assert outcome(registry_with("mappings"), program, values).status == "right"


def test_a_key_is_called_once_for_each_and_its_values_compare_as_python_has_them() -> None:
    class Either(Own):
        def __gt__(self, other: Any) -> bool:
            return bool(self.a < other.a)

    def program(x: torch.Tensor, numbers: Any) -> Any:
        called = []

        def key(number: Any) -> Any:
            called.append(number)
            return Either(number)

        try:
            wrong = max([1, "a"], key=lambda item: item)
        except TypeError as error:
            wrong = str(error)
        return x, max(numbers, key=key), min(numbers, key=key), called, wrong

    found = outcome(vartrack.sound, program, lambda: [[3, 1, 2], [3, 1, 2]])
    assert (found.status, found.graphs) == ("right", 1), found


@pytest.mark.parametrize("inherits", [False, True])
@pytest.mark.parametrize(
    "program",
    [
        lambda x, pair: (x, max(pair).a),
        lambda x, pair: (x, min(*pair).a),
        lambda x, pair: (x, sorted(pair)[0].a),
        lambda x, pair: (x, sorted((1, item) for item in pair)[0][1].a),
    ],
)
def test_a_comparison_that_is_replaced(program: Any, inherits: bool) -> None:
    """torch breaks the graph, so that its answer is Python's."""

    class Kept:
        def __init__(self, a: int) -> None:
            self.a = a

        def __lt__(self, other: Any) -> bool:
            return bool(self.a < other.a)

        def __gt__(self, other: Any) -> bool:
            return bool(self.a > other.a)

    class Heir(Kept):
        pass

    cls = Heir if inherits else Kept
    less, greater = Kept.__lt__, Kept.__gt__

    def values() -> Any:
        yield [cls(3), cls(1)]
        cls.__lt__, cls.__gt__ = greater, less  # type: ignore[method-assign,assignment]
        yield [cls(3), cls(1)]

    found = outcome(registry_with("attrs"), program, values)
    assert (found.status, found.graphs) == ("right", 2), found
