"""A `match` statement relies on what its patterns name, and on no more of the value."""

from __future__ import annotations

import collections.abc
from typing import Any

import pytest
import torch
from beside_torch import outcome

import vartrack
from vartrack import ConstantVisitor, Registry, SnapshotVisitor
from vartrack.compat.behaviour import TRACES_MATCHING

pytestmark = pytest.mark.skipif(not TRACES_MATCHING, reason="only dicts are looked into")


class Row(collections.abc.Sequence[Any]):
    def __init__(self, *items: Any, unread: int = 0) -> None:
        self.items = items
        self.unread = unread

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: Any) -> Any:
        return self.items[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Row) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(self.items)


class Table(collections.abc.Mapping[str, Any]):
    def __init__(self, unread: int = 0, **items: Any) -> None:
        self.kept = items
        self.unread = unread

    def __len__(self) -> int:
        return len(self.kept)

    def __iter__(self) -> Any:
        return iter(self.kept)

    def __getitem__(self, key: str) -> Any:
        return self.kept[key]


def matched(x: torch.Tensor, v: Any) -> Any:
    match v:
        case {"scale": scale}:
            return x * scale
        case [first, _]:
            return x + first
        case _:
            return x - 1


VALUES: dict[str, list[Any]] = {
    "items": [Row(1, 2), Row(1, 2, unread=1), Row(1, 2, unread=2), Row(1, 2, 3)],
    "keys": [Table(scale=2), Table(1, scale=2), Table(2, scale=2), Table(shift=2)],
}


@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor])
@pytest.mark.parametrize("kind", VALUES)
def test_what_no_pattern_names_is_not_guarded(kind: str, base: Any) -> None:
    alone = outcome(None, matched, lambda: VALUES[kind])
    for start in (vartrack.stock, vartrack.sound):
        registry = start.derive("matched")
        registry.register(type("Rows", (base,), {"types": (Row, Table)}))
        ours = outcome(registry, matched, lambda: VALUES[kind])
        assert (ours.status, alone.status) == ("right", "right"), ours
        assert ours.graphs <= alone.graphs, (ours, alone)


def test_the_keys_of_a_configuration() -> None:
    omegaconf = pytest.importorskip("omegaconf")
    registry: Registry = vartrack.stock.derive("configurations")
    vartrack.extras.load("omegaconf").register(registry)

    def values() -> list[Any]:
        made = omegaconf.OmegaConf.create
        return [made({"scale": 2, "unread": unread}) for unread in range(3)]

    assert outcome(registry, matched, values)[:2] == ("right", 1)


def test_an_instance_check_relies_on_the_type_alone() -> None:
    sympy = pytest.importorskip("sympy")
    registry = vartrack.sound.derive("expressions")
    vartrack.extras.load("sympy").register(registry)

    def program(x: torch.Tensor, v: Any) -> Any:
        return isinstance(v, collections.abc.Sequence), matched(x, v)

    def values() -> list[Any]:
        return [sympy.Tuple(number, 1) for number in range(4)]

    assert outcome(registry, program, values)[:2] == ("right", 1)
