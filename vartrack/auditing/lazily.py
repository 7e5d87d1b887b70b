"""What torch has not built yet is not built for the sake of a note."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

from vartrack.compat.names import LAZY
from vartrack.core.wrapping.replacing import replaced
from vartrack.soundness.hooks.around import NOTING

__all__ = ["nothing_built"]

#: The methods that build what is lazy, or guard its type, and what says that this was done.
_BUILDING = {
    "realize": lambda tracker: tracker.is_realized(),
    "_ensure_type_guard": lambda tracker: tracker._type_guard_installed,
}


class _NotBuiltYet(Exception):
    """A note needs what torch has not built."""


@contextlib.contextmanager
def nothing_built() -> Iterator[None]:
    """In the block a note that needs what is lazy still fails, and is made later."""
    with contextlib.ExitStack() as stack:
        for cls in LAZY:
            for name, is_done in _BUILDING.items():
                if name in vars(cls):
                    stack.enter_context(replaced(cls, name, _careful(vars(cls)[name], is_done)))
        yield


def _careful(build: Any, is_done: Callable[[Any], bool]) -> Any:
    @functools.wraps(build)
    def careful(tracker: Any) -> Any:
        if NOTING.now and not is_done(tracker):
            raise _NotBuiltYet
        return build(tracker)

    return careful
