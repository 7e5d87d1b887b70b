"""`without_measuring`: compiles whose guards torch runs as ever, but does not time.

After each compile torch runs the guards six times, and empties the processor's caches for the last,
to say in a log how long they took. That is two thirds of a small compile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from torch._dynamo import guards

__all__ = ["without_measuring"]

_WARM_UP = 5  # the runs before those that torch times


def _run(root: Any, scope: dict[str, Any], times: int) -> float:
    for _ in range(_WARM_UP + times):
        root.check(scope)
    return 0.0


@contextmanager
def without_measuring() -> Iterator[None]:
    """Have compiles in this block leave out what torch measures."""
    with mock.patch.object(guards, "profile_guard_manager", _run):
        yield
