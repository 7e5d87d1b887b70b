"""What torch has not built yet is not built for the sake of a note."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

from vartrack.compat.names import LAZY
from vartrack.core.replacing import replaced
from vartrack.soundness.hooking import NOTING

__all__ = ["nothing_built"]


class _NotBuiltYet(Exception):
    """A note needs what torch has not built."""


@contextlib.contextmanager
def nothing_built() -> Iterator[None]:
    """In the block a note that needs what is lazy still fails, and is made later."""
    with contextlib.ExitStack() as stack:
        for cls in LAZY:
            if "realize" in vars(cls):
                stack.enter_context(replaced(cls, "realize", _careful(vars(cls)["realize"])))
        yield


def _careful(realize: Any) -> Any:
    @functools.wraps(realize)
    def careful(tracker: Any) -> Any:
        if NOTING.now and not tracker.is_realized():
            raise _NotBuiltYet
        return realize(tracker)

    return careful
