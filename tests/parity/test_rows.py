"""Every value category: what torch's own builder makes of its example, vartrack makes too."""

from __future__ import annotations

import functools
import time
from typing import Any

import pytest
from rows import ROWS, Example, assert_same, build

import vartrack
from vartrack import compat
from vartrack.compat.names import LAZY

HAS_LAZY = len(LAZY) > 1
RUNNING = f"{compat.RUNNING.major}.{compat.RUNNING.minor}"


def rows(half: str) -> list[Any]:
    return [
        pytest.param(row["example"], id=row["id"])
        for row in ROWS[half]
        if row["example"] and RUNNING not in row["absent_in"]
    ]


@pytest.fixture(autouse=True)
def one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both sides make their example in the same second."""
    monkeypatch.setattr(time, "localtime", functools.partial(time.localtime, 1e9))


#: Whether lazy constants are off; torch 2.10 has none.
REALIZING = [pytest.param(False, id=""), *([pytest.param(True, id="realizing")] * HAS_LAZY)]


@pytest.mark.parametrize("realize", REALIZING)
@pytest.mark.parametrize("text", rows("sourced"))
def test_a_value_with_a_source_is_built_as_torch_builds_it(text: str, realize: bool) -> None:
    example = Example.read(text)
    assert_same(
        build(example, vartrack.stock, realize=realize), build(example, None, realize=realize)
    )


@pytest.mark.parametrize("text", rows("sourceless") + rows("sourced"))
def test_a_value_made_while_tracing_is_built_as_torch_builds_it(text: str) -> None:
    example = Example.read(text)
    assert_same(
        build(example, vartrack.stock, sourceless=True), build(example, None, sourceless=True)
    )
