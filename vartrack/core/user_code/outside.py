"""Whether code looks at the world outside, or changes it: a file, a socket, the clock, chance."""

from __future__ import annotations

import _random
import contextlib
import datetime
from collections.abc import Iterator
from types import FrameType
from typing import Any

from vartrack.core.user_code.profiling import Profile, profiled

__all__ = ["LookedOutside", "Looks", "watching"]

#: The modules in C that do it, and what of them does not.
_OUTSIDE = frozenset({"posix", "nt", "_io", "io", "_socket", "select", "time"})
_INSIDE = frozenset(
    {
        *("fspath", "struct_time", "text_encoding"),
        # of paths as texts: `os.path` and `pathlib` call them on some Pythons, one after another
        *("_path_normpath", "_path_splitroot", "_path_splitroot_ex"),
    }
)
_BUILTINS = frozenset({"input", "open", "print"})
_OF_NOW = frozenset({"now", "today", "utcnow"})


class LookedOutside(BaseException):
    """Code was stopped before it looked outside. Not an `Exception`, so that it catches none.

    Args:
        name: the function that it was about to call.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Looks:
    """What was looked at.

    Args:
        stops: whether the first look is stopped before it happens, by a `LookedOutside`.
        also: is told as well what runs, as `sys.setprofile` tells it.

    Attributes:
        first: the name of the first function that did; "" if there was none.
    """

    def __init__(self, stops: bool = False, also: Profile | None = None) -> None:
        self.stops = stops
        self.also = also
        self.first = ""

    def __call__(self, frame: FrameType, event: str, arg: Any) -> None:
        if self.also is not None:
            self.also(frame, event, arg)
        if event == "c_call" and not self.first:
            self.first = _outside(arg)
            if self.first and self.stops:
                raise LookedOutside(self.first)


def _outside(function: Any) -> str:
    """The name of a function in C that looks outside; "" if it does not."""
    module, name = getattr(function, "__module__", None), getattr(function, "__name__", "")
    if module in _OUTSIDE:
        found = name not in _INSIDE
        return (name if module in ("_io", "io") else f"{module}.{name}") if found else ""
    if module == "builtins" and name in _BUILTINS:
        return str(name)
    owner = getattr(function, "__self__", None)
    if isinstance(owner, _random.Random):
        return f"random.{name}"
    if name in _OF_NOW and isinstance(owner, type) and issubclass(owner, datetime.date):
        return f"{owner.__name__}.{name}"
    return ""


@contextlib.contextmanager
def watching(stops: bool = False, also: Profile | None = None) -> Iterator[Looks]:
    """See what the block looks at. Not everything is seen: what C code does by itself is not.

    Args:
        stops: whether the first look is stopped before it happens.
        also: is told as well what runs.

    Raises:
        LookedOutside: the block was stopped.
    """
    looks = Looks(stops, also)
    with profiled(looks):
        yield looks
