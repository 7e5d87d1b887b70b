"""A value that is only carried is compiled once, also where the next one is of another type."""

from __future__ import annotations

import collections
import enum
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from beside_torch import Program, outcome
from places import PLACES
from thrift_values import SOUND, THRIFT

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")


class Mode(enum.Enum):
    """Members that are carried among other values."""

    ON = 1


class Holder:
    """An object that is made while tracing."""

    def __init__(self, v: Any) -> None:
        self.v = v


Pair = collections.namedtuple("Pair", "x v")
#: What torch carries without a guard, and what it does not.
PLAIN = ("a", 1, 2.5, True, "b", 7)
OTHERS = (1, None, (1, "b"), [3], {"k": 1}, Mode.ON, torch.float32, int, b"x", torch.zeros(3))
held = Holder(None)


def given(x: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    return args, kwargs


def in_generator(x: torch.Tensor, v: Any) -> Any:
    def parts() -> Iterator[Any]:
        yield v
        yield x

    return list(parts())


def in_new_object(x: torch.Tensor, v: Any) -> Any:
    new = Holder(v)
    new.w = v
    return new.v, new.w


def kept(x: torch.Tensor, v: Any) -> Any:
    held.v = v
    return held.v


CARRYING: dict[str, Program] = {
    "returned": lambda x, v: v,
    "containers": lambda x, v: [v, (v, {"k": v})],
    "arguments": lambda x, v: given(x, v, key=v),
    "named tuple": lambda x, v: Pair(x, v),
    "comprehension": lambda x, v: [each for each in (x, v)],  # noqa: C416
    "first of a list": lambda x, v: [v, x][0],
    "generator": in_generator,
    "attribute of a new object": in_new_object,
    "attribute": kept,
}


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("use", CARRYING)
def test_the_type_of_what_is_carried_may_change(use: str, registry: vartrack.Registry) -> None:
    values = ("a", *OTHERS)
    for place in PLACES:
        assert outcome(registry, CARRYING[use], lambda: values, place) == ("right", 1, ""), place
        plain = outcome(registry, CARRYING[use], lambda: PLAIN, place)
        assert plain == ("right", 1, "")
        assert plain.graphs <= outcome(None, CARRYING[use], lambda: PLAIN, place).graphs


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize(
    "read",
    [lambda x, v: v[0], lambda x, v: v[-1], lambda x, v: (v[0], v[-1])],
    ids=["first", "last", "both"],
)
def test_an_item_of_a_list_may_change_its_type(read: Program, registry: vartrack.Registry) -> None:
    values = [["a", 1], [1, "b"], [None, 2], [(), 1.5, 3], [torch.zeros(2), 4]]
    assert outcome(registry, read, lambda: values) == ("right", 1, "")


@pytest.mark.parametrize(
    "asks",
    [
        lambda x, v: isinstance(v, str),
        lambda x, v: v is None,
        lambda x, v: type(v).__name__,
        lambda x, v: x + 1 if isinstance(v, (int, float)) else x - 1,
        lambda x, v: v == 1,
        lambda x, v: x + 1 if v else x - 1,
        lambda x, v: f"{v}",
    ],
)
def test_what_depends_on_the_type_has_it_guarded(asks: Program) -> None:
    values = ("a", 1, 2.5, None, "b", True, 0, 0.0)
    for place in PLACES:
        assert outcome(THRIFT, asks, lambda: values, place).status == "right", place


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize(
    "read",
    [
        lambda x, v: getattr(v["object"], "it", "none"),
        lambda x, v: v["dict"].get("it", "none"),
        lambda x, v: v["list"][-1] if v["list"] else "none",
    ],
    ids=["attribute", "dict", "list"],
)
def test_that_it_is_there_is_guarded(read: Callable[..., Any], registry: vartrack.Registry) -> None:
    def values() -> Iterator[Any]:
        for parts in ({"it": "a"}, {"it": 2}, {}, {"it": "c"}, {}):
            whole = {"object": types.SimpleNamespace(**parts), "dict": dict(parts)}
            yield {**whole, "list": [*parts.values()]}

    ours = outcome(registry, read, values)
    assert ours == ("right", 2, "")
