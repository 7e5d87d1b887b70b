"""Whether code looks at the world outside: a file, a socket, the clock."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

__all__ = ["Looks", "watching"]

#: The modules in C that do it, and what of them does not.
_OUTSIDE = frozenset({"posix", "nt", "_io", "io", "_socket", "select", "time"})
_INSIDE = frozenset({"fspath", "struct_time", "text_encoding"})


class Looks:
    """What was looked at.

    Attributes:
        first: the name of the first function that did; "" if there was none.
    """

    def __init__(self) -> None:
        self.first = ""

    def __call__(self, frame: FrameType, event: str, arg: Any) -> None:
        if event == "c_call" and not self.first:
            module, name = getattr(arg, "__module__", None), getattr(arg, "__name__", "")
            if module in _OUTSIDE and name not in _INSIDE:
                self.first = name if module in ("_io", "io") else f"{module}.{name}"


@contextlib.contextmanager
def watching() -> Iterator[Looks]:
    """See what the block looks at. Not everything is seen: what C code does by itself is not."""
    looks, before = Looks(), sys.getprofile()
    sys.setprofile(looks)
    try:
        yield looks
    finally:
        sys.setprofile(before)
