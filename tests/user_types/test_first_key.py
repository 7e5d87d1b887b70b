"""A constant that is the only key of a dict or set, and is looked for nowhere, is only carried."""

from __future__ import annotations

import datetime
import decimal
import pathlib
import uuid
from typing import Any

import pytest
import torch
from beside_torch import Program, outcome, registry_with

import vartrack
from vartrack import extras

pytestmark = pytest.mark.usefixtures("fresh")

STOCK = registry_with("stdlib")
SOUND = vartrack.sound.derive("sound with keys")
extras.load("stdlib").register(SOUND)

VALUES: dict[str, list[Any]] = {
    "Decimal": [decimal.Decimal(n) for n in (1, 2, 1)],
    "date": [datetime.date(2020, 1, n) for n in (1, 2, 1)],
    "UUID": [uuid.UUID(int=n) for n in (1, 2, 1)],
    "path": [pathlib.PurePosixPath(name) for name in "aba"],
}
FIRST = [values[0] for values in VALUES.values()]

ALONE: dict[str, Program] = {
    "dict": lambda x, v: {v: x},
    "set": lambda x, v: {v},
    "length": lambda x, v: len({v: 1}),
    "keys": lambda x, v: [*{v: 1}],
}


def looked_for(x: torch.Tensor, v: Any) -> Any:
    held = {v: 1}
    return [one in held for one in FIRST]


def put_beside(x: torch.Tensor, v: Any) -> Any:
    held = {v: 1}
    for one in FIRST:
        held[one] = 2
    return len(held), held


COMPARED: dict[str, Program] = {
    "looked for": looked_for,
    "put beside": put_beside,
    "two": lambda x, v: len({v: 1, FIRST[0]: 2, FIRST[1]: 3, FIRST[2]: 4, FIRST[3]: 5}),
    "set": lambda x, v: sorted(map(str, {v, *FIRST})),
    "compared": lambda x, v: [{v: 1} == {one: 1} for one in FIRST],
    "its own": lambda x, v: {v: 3}[v],
    "united": lambda x, v: len({v} | {*FIRST}),
}


@pytest.mark.parametrize("registry", [STOCK, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("kind", VALUES)
def test_the_only_key_takes_one_graph(kind: str, registry: vartrack.Registry) -> None:
    for use, program in ALONE.items():
        assert outcome(registry, program, lambda: VALUES[kind]) == ("right", 1, ""), use


@pytest.mark.parametrize("registry", [STOCK, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("use", COMPARED)
def test_a_key_that_meets_another_is_guarded(use: str, registry: vartrack.Registry) -> None:
    for kind, values in VALUES.items():
        found = outcome(registry, COMPARED[use], lambda values=values: values)  # type: ignore[misc]
        assert found.status == "right", (kind, found)


def test_torch_alone_does_not_notice_that_keys_come_to_be_equal() -> None:
    one = decimal.Decimal(1)
    values = [decimal.Decimal(2), decimal.Decimal(1)]
    assert outcome(None, lambda x, v: len({v: 1, one: 2}), lambda: values).status == "wrong"


def test_a_value_that_is_not_equal_to_itself_is_still_refused_or_right() -> None:
    values = [decimal.Decimal("nan"), decimal.Decimal(1), decimal.Decimal("nan")]
    found = outcome(STOCK, lambda x, v: len({v: 1}), lambda: values, fullgraph=False)
    assert found.status == "right"
