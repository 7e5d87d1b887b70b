"""A function for `sys.setprofile` in the place of what is there, which comes back afterwards."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

__all__ = ["Profile", "instead", "profiled", "put_back", "unseen"]

#: What `sys.setprofile` takes.
Profile = Callable[[FrameType, str, Any], object]


def instead(profile: Profile | None) -> Any:
    """Put ``profile`` in place.

    Returns:
        what was there, for `put_back`.
    """
    before = sys.getprofile()
    sys.setprofile(profile)
    return before


def put_back(before: Any) -> None:
    """Put in place what `instead` gave.

    A profiler in C, such as that of `cProfile` up to Python 3.11, is no function and is enabled.
    """
    if before is None or callable(before):
        sys.setprofile(before)
    else:
        sys.setprofile(None)
        before.enable()


@contextlib.contextmanager
def profiled(profile: Profile) -> Iterator[None]:
    """What runs in the block is told to ``profile``.

    Nothing is collected meanwhile: what a finalizer or a weak reference calls then, whoever's it
    is, would be taken for the block's. torch's callbacks read the clock, for one.
    """
    collects = gc.isenabled()
    try:  # a time limit may end it at any line
        gc.disable()
        before = instead(profile)
        try:
            yield
        finally:
            put_back(before)
    finally:
        if collects:
            gc.enable()


@contextlib.contextmanager
def unseen() -> Iterator[None]:
    """What runs in the block is not told to the profile that is there."""
    before = instead(None)
    try:
        yield
    finally:
        put_back(before)
