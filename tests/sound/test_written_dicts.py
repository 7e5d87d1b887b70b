"""A dict from outside that the compiled function changes, with other keys at another call."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import outcome

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")


class Plain(dict[str, Any]):
    """A subclass with nothing of its own."""


class Ordered(OrderedDict[str, Any]):
    """The same of an ordered one."""


KINDS: dict[str, Callable[..., Any]] = {
    **{cls.__name__: cls for cls in (dict, OrderedDict, Plain, Ordered, Counter)},
    "defaultdict": lambda **items: defaultdict(int, items),
}
#: What is there at each call: another order, one more, one less, another value, none.
ITEMS = (
    *({"a": 7, "b": 7}, {"b": 7, "a": 7}, {"a": 7, "b": 7, "n": 1}, {"a": 7}, {"a": 7, "b": 8}),
    {},
)
USES = (
    *("d.update(a=7)", "d.update(q=1)", "d.__setitem__('a', 1)", "d.setdefault('a', 1)"),
    *("d.setdefault('q', 1)", "d.pop('q', 0)", "d.pop('a')", "d.popitem()", "d.clear()"),
    "del d['a']",
)


def changed(text: str) -> Any:
    scope: dict[str, Any] = {}
    statement = text if text.startswith("del") else f"found = {text}"
    exec(
        f"def change(x, d):\n  found = None\n  try:\n    {statement}\n  except KeyError:\n"
        "    found = 'none'\n  return found, d",
        scope,
    )
    return scope["change"]


@pytest.mark.parametrize("text", USES)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_written(kind: str, text: str) -> None:
    change = changed(text)

    def values() -> Any:
        return tuple(KINDS[kind](**items) for items in ITEMS)

    limit = torch._dynamo.config.patch(recompile_limit=20)
    with limit:
        found, alone = (outcome(registry, change, values) for registry in (vartrack.sound, None))
    assert found.status == "right", found
    if alone.status == "right":
        assert found.graphs <= alone.graphs


def test_a_key_that_is_not_there_says_nothing_of_the_others() -> None:
    """Nor where the dict is of a class that torch writes back as a whole."""
    change = changed("d.pop('q', 0)")

    def values() -> Any:
        return tuple(OrderedDict({name: 1}) for name in "abc")

    assert outcome(vartrack.sound, change, values) == outcome(None, change, values)
