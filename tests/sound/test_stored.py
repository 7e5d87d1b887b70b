"""Programs that are compiled on `vartrack.sound` and stored, for this process or another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from storing import STORED_EAGERLY

import vartrack

ONE = torch.ones(2)


class Knobs:
    gain = 2

    def act(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.gain


KNOBS = Knobs()


def by_class(x: torch.Tensor) -> torch.Tensor:
    return KNOBS.act(x)


def by_text(x: torch.Tensor) -> torch.Tensor:
    return x * len(str(Knobs))


@pytest.fixture(autouse=True)
def on_sound() -> Iterator[None]:
    """Installed, and with what `aot_compile` needs up to torch 2.11."""
    torch._dynamo.reset()
    storing = torch._dynamo.config.patch(enable_aot_compile=True)
    with storing, vartrack.use(vartrack.sound):
        yield


@pytest.mark.parametrize("function", [by_class, by_text])
def test_a_program_is_stored_without_its_facts(
    function: Callable[..., Any], tmp_path: Path
) -> None:
    compiled: Any = torch.compile(function, fullgraph=True, backend=STORED_EAGERLY)
    made = compiled.aot_compile(((ONE,), {}))
    made.save_compiled_function(str(tmp_path / "stored"))
    with (tmp_path / "stored").open("rb") as stored:
        loaded: Any = torch.compiler.load_compiled_function(stored)
    assert torch.equal(made(ONE), function(ONE))
    assert torch.equal(loaded(ONE), function(ONE))


def test_facts_hold_where_torch_keeps_what_it_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    with torch._dynamo.config.patch(caching_precompile=True):
        compiled: Any = torch.compile(by_class, backend="eager")
        for gain in (2, 2, 9, 9):
            monkeypatch.setattr(Knobs, "gain", gain)
            assert torch.equal(compiled(ONE), by_class(ONE))
