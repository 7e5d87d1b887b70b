"""torch's own log of recompiles names the fact that changed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import nn

import vartrack
from vartrack.soundness.memory.dict_tags import AVAILABLE

ONE = torch.ones(2)


class Thing:
    def act(self, x: torch.Tensor) -> torch.Tensor:
        return x * 2


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.parts = nn.Sequential(*(nn.ReLU() for _ in range(10)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.parts(x)


def _method() -> tuple[Any, Callable[[], Any], str]:
    thing, own = Thing(), Thing.act
    change = lambda: setattr(Thing, "act", lambda self, x: own(self, x) + 1)  # noqa: E731
    return lambda x: thing.act(x), change, "act of "


def _hook() -> tuple[Any, Callable[[], Any], str]:
    block = Block()
    part = block.parts[4]
    change = lambda: part.register_forward_hook(lambda *_: None)  # noqa: E731
    return block, change, "_modules['4']._forward_hooks is empty"


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(record.getMessage())


@pytest.fixture
def told() -> Iterator[list[str]]:
    """What torch logs of recompiles in a test."""
    torch._logging.set_logs(recompiles=True)
    logger, kept = logging.getLogger("torch._dynamo.guards.__recompiles"), _Kept()
    logger.addHandler(kept)
    yield kept.told
    logger.removeHandler(kept)
    torch._logging.set_logs()


@pytest.mark.parametrize(
    "make",
    [
        _method,
        pytest.param(
            _hook,
            marks=pytest.mark.skipif(
                not AVAILABLE, reason="torch's own guards look at each dict, and name it"
            ),
        ),
    ],
)
@pytest.mark.usefixtures("as_before")
def test_the_fact_is_named(make: Any, told: list[str]) -> None:
    torch._dynamo.reset()
    used, change, text = make()
    own = Thing.act
    compiled = torch.compile(lambda x: used(x), backend="eager", fullgraph=True)
    try:
        with vartrack.use(vartrack.sound), vartrack.watch() as found:
            compiled(ONE)
            change()
            compiled(ONE)
    finally:
        Thing.act = own
    (line,) = (line for line in told if "changed: " in line)
    assert text in line
    ((_, recompile),) = found.recompiles
    assert recompile.by_sound and text in recompile.check
