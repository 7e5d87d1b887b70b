"""Draws the program of a number, and shrinks one that fails.

hypothesis does both: it draws from bytes that the seed and the number give, so that any program is
found again by these two, in whatever order they are run; and it knows how to make less of it.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.database import InMemoryExampleDatabase
from hypothesis.strategies import SearchStrategy

__all__ = ["drawn", "shrunk"]

#: More than any program takes.
_BYTES = 16384


def _bytes(seed: int, number: int) -> bytes:
    return random.Random(f"{seed}:{number}").randbytes(_BYTES)


def drawn(strategy: SearchStrategy[Any], seed: int, number: int) -> Any:
    """The program of a number."""
    found = []

    @settings(database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def note(program: Any) -> None:
        found.append(program)

    note.hypothesis.fuzz_one_input(_bytes(seed, number))
    assert found, "there were too few bytes"
    return found[0]


def shrunk(
    strategy: SearchStrategy[Any], seed: int, number: int, fails: Callable[[Any], bool]
) -> Any:
    """A small program that fails as the one of the number does; None if that one does not fail."""
    last = []

    @settings(
        database=InMemoryExampleDatabase(),
        phases=(Phase.reuse, Phase.shrink),
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def check(program: Any) -> None:
        if fails(program):
            last[:] = [program]
            raise AssertionError(program)

    with contextlib.suppress(AssertionError):
        check.hypothesis.fuzz_one_input(_bytes(seed, number))
    if not last:
        return None
    with contextlib.suppress(AssertionError):
        check()
    return last[0]
