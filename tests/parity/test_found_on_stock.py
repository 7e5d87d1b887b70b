"""Where `vartrack.stock` did otherwise than torch, found by random functions; see random_programs."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch

from vartrack.comparison import compare

pytestmark = pytest.mark.usefixtures("fresh")


def keyed() -> None: ...


def key_that_is_lazy(x: torch.Tensor, v: Any) -> Any:
    return x + 1, {v: 1}.get(v)


def keys_that_are_lazy(x: torch.Tensor, v: Any) -> Any:
    return x + 1, {keyed: 1, v: 2}.get(v), v in {len: 1}


def copied(x: torch.Tensor, v: Any) -> Any:
    """`copy` asks tables for the class, which is not built until it is found."""
    return x + 1, copy.copy(v)


@pytest.mark.parametrize(
    ("function", "value"),
    [
        (key_that_is_lazy, lambda k=1: k),
        (keys_that_are_lazy, lambda k=1: k),
        (keys_that_are_lazy, keyed),
        (copied, frozenset({1, 2})),
    ],
)
def test_stock_does_as_torch(function: Callable[..., Any], value: Any) -> None:
    found = compare(function, torch.ones(2), value)
    assert found, str(found)
