"""A check of what was relied on puts nothing into a dict, and runs no code of the dict's class."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import outcome
from thrift_values import SOUND as THRIFTY

import vartrack

ASKED = Counter[str]()


class Filling(dict[str, Any]):
    """Makes what it lacks, and keeps it."""

    def __missing__(self, key: str) -> Any:
        ASKED["__missing__"] += 1
        made = self[key] = {}
        return made


class Counting(dict[str, Any]):
    """Counts what it is asked."""

    def __getitem__(self, key: str) -> Any:
        ASKED["__getitem__"] += 1
        return dict.__getitem__(self, key)


KINDS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "default": lambda items: defaultdict(dict, items),
    "filling": Filling,
    "counting": Counting,
}


def _read(part: str, ask: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    def read(x: Any, value: Any) -> Any:
        return ask(value[part]) if part in value else "none"

    return read


USES: dict[str, Callable[[Any], Any]] = {
    "keys": lambda part: [*part],
    "text": lambda part: f"{part}",
    "pattern": lambda part: _matched(part),
    "equal": lambda part: part == {1: 1},
    "in order": lambda part: list(reversed(part)),
}
#: What fails first torch asks first the next time: here the check of what was relied on.
ITEMS = [{"a": {1: 1}}, {"a": {2: 1}}, {"a": {3: 1}}, {"b": 1}, {}, {"a": {}}, {"c": {1: 1}}]


def _matched(part: Any) -> Any:
    match part:
        case {"z": 1, **rest}:
            return rest
        case {2: k}:
            return k
    return "none"


@pytest.mark.first_answer
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("registry", [vartrack.sound, THRIFTY], ids=lambda each: each.name)
def test_what_a_dict_lacks_is_not_put_into_it(
    registry: vartrack.Registry, kind: str, use: str
) -> None:
    values = lambda: [KINDS[kind](dict(items)) for items in ITEMS]  # noqa: E731
    found = outcome(registry, _read("a", USES[use]), values, fullgraph=False)
    assert found.status == "right", found


@pytest.mark.first_answer
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("kind", ["filling", "counting"])
def test_a_check_asks_no_class(kind: str, use: str) -> None:
    def asked(run: Callable[..., Any]) -> Counter[str]:
        before = ASKED.copy()
        run(None, KINDS[kind]({"a": {1: 1}}))
        return ASKED - before

    program = _read("a", USES[use])
    torch._dynamo.reset()
    with vartrack.use(vartrack.sound):
        compiled = torch.compile(program, backend="eager")
        asked(compiled)
        assert asked(compiled) == asked(program)
