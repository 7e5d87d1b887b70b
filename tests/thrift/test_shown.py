"""The text of a container that the traced code has changed is of what it holds then."""

from __future__ import annotations

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
}
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
            one, other = type(value)(value), type(value)(value)
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
