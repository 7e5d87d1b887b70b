"""Every value category: what torch's own builder makes of its example, vartrack makes too."""

from __future__ import annotations

from typing import Any

import pytest
from rows import ROWS, Built, Example, build

import vartrack
from vartrack import compat

RUNNING = f"{compat.RUNNING.major}.{compat.RUNNING.minor}"


def rows(half: str) -> list[Any]:
    return [
        pytest.param(row["example"], id=row["id"])
        for row in ROWS[half]
        if row["example"] and RUNNING not in row["absent_in"]
    ]


def same(ours: Built, theirs: Built) -> None:
    assert ours.reached and theirs.reached
    assert bool(theirs.tracker) != bool(theirs.refusal), "the example was not built"
    if theirs.crashed:
        # where torch's own builder dies, vartrack breaks the graph and says where
        assert ours.refusal == "vartrack: a visitor raised"
    else:
        assert ours == theirs


@pytest.mark.parametrize("realize", [False, True], ids=["", "realizing"])
@pytest.mark.parametrize("text", rows("sourced"))
def test_a_value_with_a_source_is_built_as_torch_builds_it(text: str, realize: bool) -> None:
    example = Example.read(text)
    same(build(example, vartrack.stock, realize=realize), build(example, None, realize=realize))


@pytest.mark.parametrize("text", rows("sourceless") + rows("sourced"))
def test_a_value_made_while_tracing_is_built_as_torch_builds_it(text: str) -> None:
    example = Example.read(text)
    same(build(example, vartrack.stock, sourceless=True), build(example, None, sourceless=True))
