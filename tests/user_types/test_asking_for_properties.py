"""`hasattr` and `getattr` with a default of properties: what they read is guarded, and no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import outcome, registry_with

import vartrack
from vartrack import ConstantVisitor, RecordVisitor, SnapshotVisitor


class Plain:
    def __init__(self, a: int, unread: str) -> None:
        self.a = a
        self.unread = unread

    def __repr__(self) -> str:
        return f"Plain({self.a}, {self.unread!r})"

    @property
    def computed(self) -> int:
        return self.a * 2

    @property
    def lacking(self) -> int:
        if self.a < 6:
            return self.a
        raise AttributeError("lacking")


def _key(value: Any) -> Any:
    return value.a, value.unread


USES: list[Callable[[torch.Tensor, Any], Any]] = [
    lambda x, v: x * getattr(v, "computed", 0),
    lambda x, v: x + (1 if hasattr(v, "computed") else 0),
    lambda x, v: x * (v.computed if hasattr(v, "computed") else 1),
    lambda x, v: (x + 1, getattr(v, "computed", None) is not None),
    lambda x, v: x * getattr(v, "lacking", 3),
    lambda x, v: x + (1 if hasattr(v, "lacking") else 0),
]


def plain_values() -> list[Any]:
    return [Plain(1, "a"), Plain(5, "a"), Plain(5, "b"), Plain(7, "c"), Plain(9, "d")]


@pytest.mark.parametrize("use", USES, ids=range(len(USES)))
@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor, RecordVisitor])
def test_of_the_users_own_class(base: Any, use: Any) -> None:
    options = {"fields": ("a", "unread")} if base is RecordVisitor else {"key": staticmethod(_key)}
    registry = vartrack.stock.derive("properties")
    registry.register(type("Plains", (base,), {"types": (Plain,), **options}))
    ours, alone = outcome(registry, use, plain_values), outcome(None, use, plain_values)
    assert ours.status == "right", ours
    assert alone.status != "right" or ours.graphs <= alone.graphs, (ours, alone)


@pytest.mark.parametrize("use", USES[:4], ids=range(4))
def test_of_a_pydantic_model(use: Any) -> None:
    pydantic = pytest.importorskip("pydantic")

    class Model(pydantic.BaseModel):  # type: ignore[misc,name-defined]
        a: int = 1
        unread: str = "a"

        @pydantic.computed_field  # type: ignore[misc]
        @property
        def computed(self) -> int:
            return self.a * 2

    def values() -> list[Any]:
        return [Model(), Model(a=5), Model(a=5, unread="b"), Model(a=7), Model(a=9, unread="d")]

    registry = registry_with("pydantic")
    ours, alone = outcome(registry, use, values), outcome(None, use, values)
    assert ours.status == "right", ours
    assert alone.status != "right" or ours.graphs <= alone.graphs, (ours, alone)
