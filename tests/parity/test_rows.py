"""Every value category: what torch's own builder makes of its example, vartrack makes too."""

from __future__ import annotations

import functools
import time
from typing import Any

import pytest
from differences import ROWS_THAT_KILL
from rows import Example, assert_same, build, rows
from torch._dynamo.exc import ObservedException

import vartrack
from vartrack.proof.building import HAS_LAZY_CONSTANTS

#: The row of each example.
ROWS = {text: row for half in ("sourced", "sourceless") for row, text in rows(half).items()}


def params(half: str) -> list[Any]:
    return [pytest.param(text, id=row) for row, text in rows(half).items()]


@pytest.fixture(autouse=True)
def one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both sides make their example in the same second."""
    monkeypatch.setattr(time, "localtime", functools.partial(time.localtime, 1e9))


#: Whether lazy constants are off; torch 2.10 has none.
REALIZING = [
    pytest.param(False, id=""),
    *([pytest.param(True, id="realizing")] * HAS_LAZY_CONSTANTS),
]


@pytest.mark.parametrize("realize", REALIZING)
@pytest.mark.parametrize("text", params("sourced"))
def test_a_value_with_a_source_is_built_as_torch_builds_it(text: str, realize: bool) -> None:
    assert_alike(text, realize=realize)


@pytest.mark.parametrize("text", params("sourceless") + params("sourced"))
def test_a_value_made_while_tracing_is_built_as_torch_builds_it(text: str) -> None:
    assert_alike(text, sourceless=True)


def assert_alike(text: str, **options: bool) -> None:
    """Both build the example alike; where torch dies of it, that is known."""
    example = Example.read(text)
    theirs = build(example, None, **options)
    assert_same(build(example, vartrack.stock, **options), theirs)
    if theirs.crashed and not isinstance(theirs.error, ObservedException):
        assert ROWS[text] in ROWS_THAT_KILL
