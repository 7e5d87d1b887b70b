"""A tree and a configuration that can change, and registries that take snapshots of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import torch

import vartrack
from vartrack import Registry, SnapshotVisitor


class Node:
    """A tree with a list, a dict and a tuple, and methods of every sort."""

    def __init__(self, number: int, kids: tuple[Node, ...] = ()) -> None:
        self.number = number
        self.kids = list(kids)
        self.table = {"a": [1, 2], "b": {"c": 3}}
        self.pair = (1, [2])
        self.best = self.kids[0] if kids else None

    def __repr__(self) -> str:
        return f"Node({getattr(self, 'number', None)}, {self.kids})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and vars(self) == vars(other)

    def __len__(self) -> int:
        return len(self.kids)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.kids)

    def __getitem__(self, index: int) -> Node:
        return self.kids[index]

    def __iadd__(self, other: int) -> Node:
        self.number += other
        return self

    @property
    def tenfold(self) -> int:
        return self.number * 10

    @property
    def kid(self) -> Node:
        return self.kids[0]

    def last(self) -> Node:
        return self.kids[-1]

    def itself(self) -> Node:
        return self

    def everything(self) -> list[Any]:
        return [self.kids, self, 3, {"t": self.table}]

    def pairs(self) -> Iterator[tuple[Node, int]]:
        for kid in self.kids:
            yield kid, kid.number

    def scaled(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.number

    def apply(self, function: Callable[[int], Any]) -> Any:
        return function(self.number)

    def grow(self, number: int = 9) -> Node:
        self.kids.append(Node(number))
        return self

    def grow_and_fail(self) -> None:
        self.number += 1
        raise ValueError("grown")

    def grow_slowly(self) -> Iterator[int]:
        self.number += 1
        yield self.number

    def rename(self, other: Node) -> None:
        other.number += 1

    def fill(self, into: list[int]) -> int:
        into.append(self.number)
        return len(into)

    def fail(self) -> None:
        raise KeyError(self.number)

    def first_of(self, other: Node) -> Node:
        return other.kids[0]


def nodes() -> tuple[Node, Node]:
    """Two trees, made anew."""
    return Node(1, (Node(2), Node(3, (Node(4),)))), Node(5, (Node(6),))


@dataclasses.dataclass
class Config:
    """A configuration; changed by its user between calls."""

    width: Any = 2
    flags: dict[str, Any] = dataclasses.field(default_factory=dict)
    layers: list[Any] = dataclasses.field(default_factory=lambda: [1, 2])

    def total(self) -> Any:
        return self.width + sum(self.layers)


def registry_with(*types: type, **attributes: Any) -> Registry:
    """A registry with one more visitor, which takes snapshots of ``types``."""
    registry = vartrack.stock.derive("snapshots")
    registry.register(type("Snapshots", (SnapshotVisitor,), {"types": types, **attributes}))
    return registry


NODES = registry_with(Node)
CONFIGS = registry_with(Config)
