"""What is taken out of a dict, or missing there, under thrift: never worse than on torch alone."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from beside_torch import outcome
from thrift_values import SOUND, THRIFT

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

TABLES: tuple[dict[str, Any], ...] = (
    *({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 5}, {}, {"a": 1, "b": 2, "c": 3}, {"c": 1}),
    {"b": 7, "a": 2.5},
)
USES = (
    *("d.pop('a') and d", "d.pop('a', None)", "d.pop('z', 3)", "(d.popitem(), d)", "d['a']"),
    *("d['a'] + 1", "d.__getitem__('a')", "[d.setdefault('n', 1), d.pop('n'), d]", "dict(**d)"),
    *("(lambda **named: named)(**d)", "{'q': 1, **d}", "f'{d[\"a\"]}'", "d.pop('a') is d.get('a')"),
    *("tuple(d)", "''.join(d)", "(lambda *keys: keys)(*d)", "tuple(d.copy())"),
    *(f"d.pop('q', 1) and {use}" for use in ("tuple(d)", "''.join(d)", "tuple(d.copy())")),
)


class Counting:
    """A key that counts how often it was asked for its hash."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.asked = 0

    def __hash__(self) -> int:
        self.asked += 1
        return hash(self.number)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Counting) and self.number == other.number


@pytest.mark.parametrize("text", ["{Counting(3): 2}[k]", "{Counting(3): 2}.pop(k, 1)"])
def test_a_hash_is_asked_no_more_often_than_by_torch(text: str) -> None:
    scope: dict[str, Any] = {"Counting": Counting}
    exec(
        f"def use(x):\n  k = Counting(1)\n  try:\n    {text}\n  except KeyError:\n    pass\n"
        "  return k.asked",
        scope,
    )

    def asked(registry: Any) -> int:
        torch._dynamo.reset()
        with vartrack.use(registry):
            run = torch.compile(lambda x: (x + 1, scope["use"](x)), backend="eager")
            return run(torch.ones(1))[1]  # type: ignore[no-any-return]

    assert asked(THRIFT) <= asked(None)


def _used(text: str) -> Any:
    scope: dict[str, Any] = {}
    exec(
        f"def use(x, d):\n  try:\n    return {text}, d\n  except KeyError as error:\n"
        "    return type(error).__name__, d",
        scope,
    )
    return scope["use"]


@pytest.mark.parametrize("text", USES)
def test_a_dict_that_something_is_taken_of_is_as_in_python(text: str) -> None:
    use = _used(text)

    def values() -> Any:
        return tuple(dict(table) for table in TABLES)

    for registry in (THRIFT, SOUND):
        found = outcome(registry, use, values, "attribute", fullgraph=False)
        assert found.status == "right", (registry.name, found)
