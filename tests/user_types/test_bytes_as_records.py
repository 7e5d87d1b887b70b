"""Bytes of users' classes under `RecordVisitor`: texts and numbers, beside torch alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import outcome

import vartrack
from vartrack import RecordVisitor


def formatted(self: Any, spec: str) -> str:
    return f"{self.cur}<{spec}>"


def shown(self: Any) -> str:
    return f"S({self.cur})"


def counted(self: Any) -> int:
    return len(self.cur)


METHODS: dict[str, Callable[..., Any]] = {
    "__format__": formatted,
    "__str__": shown,
    "__repr__": shown,
    "__int__": counted,
    "__index__": counted,
}
USES: list[Callable[[torch.Tensor, Any], Any]] = [
    lambda x, v: str(v),
    lambda x, v: f"{v!s:>20}",
    lambda x, v: f"{v}",
    lambda x, v: "%s" % (v,),  # noqa: UP031
    lambda x, v: int(v),
]


@pytest.mark.filterwarnings("ignore::vartrack.errors.VisitorWarning")
@pytest.mark.parametrize("kind", [bytes, bytearray])
@pytest.mark.parametrize("method", METHODS)
def test_no_text_or_number_is_worse_than_with_torch_alone(method: str, kind: type) -> None:
    cls: Any = type("Named", (kind,), {method: METHODS[method]})
    registry = vartrack.stock.derive("bytes")
    registry.register(type("Fields", (RecordVisitor,), {"types": (cls,), "fields": ("cur",)}))

    def values() -> list[Any]:
        made = [cls(b"1"), cls(b"2"), cls(b"2")]
        for value, cur in zip(made, ("EUR", "EUR", "US"), strict=True):
            value.cur = cur
        return made

    for use in USES:
        ours, alone = outcome(registry, use, values), outcome(None, use, values)
        assert ours.status in ("right", "refused"), ours
        assert ours.rank <= alone.rank, (ours, alone)
        assert alone.status != "right" or ours.graphs <= alone.graphs, (ours, alone)
