"""The text of a container that the traced code has changed is of what it holds then."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import plain
from thrift_values import SOUND, THRIFT
from torch._dynamo.exc import TorchDynamoException

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")


def _appended(items: list[Any]) -> Any:
    items.append(5)
    return items


def _set(table: dict[Any, Any]) -> Any:
    table["z"] = 5
    return table


def _added(members: set[Any]) -> Any:
    members.add(5)
    return members


#: What is changed, from calls one after the other, and how.
CHANGED: dict[str, tuple[tuple[Any, ...], Callable[[Any], Any]]] = {
    "list": (([1, 2], [1, 2, 3], [7]), _appended),
    "copied list": (([1, 2], [1, 2, 3], [7]), lambda items: _appended(list(items))),
    "dict": (({"a": 1}, {"a": 2, "b": 3}, {"b": 3, "a": 2}), _set),
    "copied dict": (({"a": 1}, {"a": 2, "b": 3}, {"b": 3, "a": 2}), lambda d: _set(dict(d))),
    "set": (({1}, {1, 2}, {9}), _added),
    "list of numbers": (([1, 2, 3], [4, 2, 3], [5, 6, 7, 8], [9]), _appended),
    "dict of numbers": (({"a": 1}, {"a": 5}, {"a": 7}), _set),
    "list in a dict": (
        ({"a": [1, 2]}, {"a": [3, 4]}, {"a": [5], "b": 6}),
        lambda d: _inner(d, "a"),
    ),
    "dict in a dict": (
        ({"a": {"c": 1}}, {"a": {"c": 2}}, {"a": {"c": 3, "d": 2}, "e": [{"f": 1}]}),
        lambda d: _inner(d, "a"),
    ),
    "list that holds itself": (([1], [2], [3]), lambda items: [*items, items]),
}


def _inner(table: Any, name: str) -> Any:
    """The same with what is in it changed."""
    held = table[name]
    (_appended if isinstance(held, list) else _set)(held)
    return table


TEXTS: dict[str, Callable[[Any], str]] = {
    "str": str,
    "repr": repr,
    "ascii": ascii,
    "format": format,
    "f-string": lambda held: f"now {held}",
    "f-string of repr": lambda held: f"{held!r}",
    "template": lambda held: f"{1} and {held}",
    "percent": lambda held: "%s" % (held,),  # noqa: UP031
    "in a tuple": lambda held: str((held, 1)),
    "in a list": lambda held: f"{[held]}",
    "in a dict": lambda held: repr({"k": held}),
}


def _right(registry: Any, changed: str, text: str) -> list[bool]:
    """Of calls one after the other, which are as in Python."""
    values, change = CHANGED[changed]

    def run(x: torch.Tensor, held: Any) -> Any:
        return x + 1, TEXTS[text](change(held))

    torch._dynamo.reset()
    found = []
    with vartrack.use(registry):
        compiled = torch.compile(run, backend="eager", fullgraph=True)
        for value in values:
            one, other = copy.deepcopy(value), copy.deepcopy(value)
            wanted = plain(run(torch.ones(2), other))
            try:
                found.append(plain(compiled(torch.ones(2), one)) == wanted)
            except TorchDynamoException:
                found.append(False)
                continue
            assert plain(one) == plain(other)
    return found


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("changed", CHANGED)
def test_a_text_is_of_what_is_there_now(changed: str, text: str) -> None:
    """With `sound` always, and with `thrift` alone where it is on torch alone."""
    assert all(_right(SOUND, changed, text))
    alone, ours = (_right(registry, changed, text) for registry in (None, THRIFT))
    assert all(one or not other for one, other in zip(ours, alone, strict=True))
