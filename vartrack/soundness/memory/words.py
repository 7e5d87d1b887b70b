"""`Words`: numbers that lie in the memory of the process, many of them read together."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["KNOWN", "NEVER", "Words", "word_at"]

#: What is never read.
NEVER = b""
#: How many numbers are read before another thread may run, which could free what is read.
_AT_ONCE = 500
#: Whether it is known how CPython lays out its objects here: the same from 3.10 to 3.14 for
#: classes; free-threaded ones are laid out otherwise.
KNOWN: bool = (
    sys.implementation.name == "cpython"
    and sys.maxsize > 2**32
    and (3, 10) <= sys.version_info[:2] <= (3, 14)
    and getattr(sys, "_is_gil_enabled", lambda: True)()
)


class _Memory:
    """Memory of this process as NumPy asks for it; nothing of it is read or kept by that."""

    def __init__(self, start: int, count: int, kind: np.dtype[Any]) -> None:
        self.__array_interface__ = {
            "version": 3,
            "typestr": kind.str,
            "shape": (count,),
            "data": (start, True),
        }


class Words:
    """Numbers in memory, which must not be read once what they belong to is gone.

    Args:
        places: the addresses of the numbers, each a multiple of their size.
        kind: how large they are.
    """

    __slots__ = ("_at", "_memory")

    def __init__(self, places: Sequence[int], kind: np.dtype[Any]) -> None:
        if not places:
            self._memory, self._at = np.empty(0, kind), []
            return
        start = min(places)
        at = np.array([(place - start) // kind.itemsize for place in places])
        self._memory = np.asarray(_Memory(start, int(at.max()) + 1, kind))
        self._at = [at[first : first + _AT_ONCE] for first in range(0, len(at), _AT_ONCE)]

    def read(self) -> bytes:
        """All numbers as they are now, to be compared with what was read before."""
        if len(self._at) == 1:
            read: bytes = self._memory[self._at[0]].tobytes()
            return read
        return b"".join(self._memory[at].tobytes() for at in self._at)


def word_at(place: int) -> int:
    """The number of 64 bits at an address."""
    return ctypes.c_uint64.from_address(place).value
