"""Exported programs, which have no guards, and compiled functions that are stored, which have."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import torch
from beside_torch import registry_with
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import Registry

pytestmark = pytest.mark.usefixtures("fresh")


@pytest.fixture(scope="module")
def registry() -> Registry:
    return registry_with(*vartrack.extras.NAMES)


class Holder(torch.nn.Module):
    """A module that has a value."""

    def __init__(self, function: Callable[..., Any], value: Any) -> None:
        super().__init__()
        self.function = function
        self.value = value

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(x, self.value)


def scaled(x: torch.Tensor, v: Any) -> torch.Tensor:
    return x * float(v)


def calculated(x: torch.Tensor, v: Any) -> torch.Tensor:
    return x * float(v + 1)


def branched(x: torch.Tensor, v: Any) -> torch.Tensor:
    return x + 1 if v > 2 else x


def truth(x: torch.Tensor, v: Any) -> torch.Tensor:
    return x + 1 if v else x


@pytest.mark.parametrize("function", [scaled, calculated, branched, truth])
def test_what_relies_on_a_key_is_not_exported(
    registry: Registry, function: Callable[..., Any]
) -> None:
    holder = Holder(function, Decimal("2.5"))
    with vartrack.use(registry):
        with pytest.raises(Unsupported) as raised:
            torch.export.export(holder, (torch.ones(2),), strict=True)
        # without tracing there is nothing of vartrack in it
        exported = torch.export.export(holder, (torch.ones(2),), strict=False)
    message = str(raised.value)
    assert "an exported program has no guards" in message
    assert "Decimals, decimal.Decimal" in message
    assert "plain arguments" in message
    assert torch.equal(exported.module()(torch.ones(2)), holder(torch.ones(2)))


def with_none(x: torch.Tensor, v: Any) -> torch.Tensor:
    return x + 1 if v is not None else x


def with_year(x: torch.Tensor, v: Any) -> torch.Tensor:
    return x * v.year


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(
    ("function", "value"),
    [
        (with_none, Decimal(1)),
        (with_year, datetime.date(2024, 1, 1)),
        (scaled, 3),
        (lambda x, v: x * v["a"], {"a": 2.0}),
    ],
)
def test_other_programs_are_exported_as_ever(
    registry: Registry, function: Callable[..., Any], value: Any, strict: bool
) -> None:
    graphs = []
    for chosen in (registry, None):
        with vartrack.use(chosen):
            exported = torch.export.export(Holder(function, value), (torch.ones(2),), strict=strict)
        assert torch.equal(exported.module()(torch.ones(2)), function(torch.ones(2), value))
        graphs.append(exported.graph_module.code)
    assert graphs[0] == graphs[1]


@pytest.mark.parametrize("function", [scaled, calculated])
def test_a_stored_function_keeps_the_guards(
    registry: Registry, function: Callable[..., Any], tmp_path: Path
) -> None:
    """``aot_compile`` stores keys and states with the other guards."""
    with vartrack.use(registry):
        compiled = torch.compile(function, fullgraph=True, backend="eager")
        made: Any = compiled.aot_compile(((torch.ones(2), Decimal("2.5")), {}))
    made.save_compiled_function(str(tmp_path / "stored"))
    with (tmp_path / "stored").open("rb") as stored:
        loaded = torch.compiler.load_compiled_function(stored)
    x = torch.ones(2)
    assert torch.equal(loaded(x, Decimal("2.5")), function(x, Decimal("2.5")))
    with pytest.raises(RuntimeError, match="GuardManager check failed"):
        loaded(x, Decimal("3.5"))
