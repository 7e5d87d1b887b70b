"""The random generators, left as they were."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from vartrack.comparison.state import RandomState

__all__ = ["keep_random_state"]


@contextlib.contextmanager
def keep_random_state() -> Iterator[None]:
    """Leave the random generators of Python, numpy and torch as they were before the block."""
    before = RandomState()
    try:
        yield
    finally:
        before.restore()
