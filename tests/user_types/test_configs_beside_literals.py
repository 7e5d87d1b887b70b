"""A configuration of OmegaConf that is held against a literal takes no graph for each value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from beside_torch import outcome, registry_with
from omegaconf import OmegaConf

CONFIGS = registry_with("omegaconf")
USES: dict[str, Callable[[Any], Any]] = {
    "none": lambda config: config == None,  # noqa: E711
    "not none": lambda config: config != None,  # noqa: E711
    "text": lambda config: config == "text",
    "the other way round": lambda config: config == 3,
    "in": lambda config: config in [None, 3],
    "itself": lambda config: config == config,
}
MADE: dict[str, Callable[[int], Any]] = {
    "dict": lambda number: OmegaConf.create({"a": number, "b": {"c": 1}}),
    "list": lambda number: OmegaConf.create([number, 2]),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("kind", MADE)
def test_it_takes_as_many_graphs_as_torch_alone(kind: str, use: str) -> None:
    values = lambda: [MADE[kind](number) for number in (1, 2, 3, 5, 6)]  # noqa: E731
    program = lambda x, config: USES[use](config)  # noqa: E731
    ours, alone = outcome(CONFIGS, program, values), outcome(None, program, values)
    assert ours.status == "right", ours
    assert alone.status != "right" or ours.graphs <= alone.graphs, (ours, alone)
