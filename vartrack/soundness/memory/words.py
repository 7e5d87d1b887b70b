"""`Words`: numbers that lie in the memory of the process, many of them read together."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["KNOWN", "WORD", "Words", "numbers_in", "word_at"]

#: How large tags and pointers are.
WORD: np.dtype[Any] = np.dtype(np.uint64)
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

    def __init__(self, start: int, count: int) -> None:
        self.__array_interface__ = {
            "version": 3,
            "typestr": WORD.str,
            "shape": (count,),
            "data": (start, True),
        }


class Words:
    """Numbers of 64 bits in memory, which must not be read once what they belong to is gone.

    Args:
        places: the addresses of the numbers, each a multiple of eight.
    """

    __slots__ = ("_at", "_memory", "_more")

    def __init__(self, places: Sequence[int]) -> None:
        start = min(places, default=0)
        at = np.array([(place - start) // WORD.itemsize for place in places], np.intp)
        self._memory = (
            np.asarray(_Memory(start, int(at.max()) + 1)) if places else np.empty(0, WORD)
        )
        self._at = at[:_AT_ONCE]
        self._more = [at[first : first + _AT_ONCE] for first in range(_AT_ONCE, len(at), _AT_ONCE)]

    def read(self) -> bytes:
        """All numbers as they are now, to be compared with what was read before."""
        read: bytes = self._memory[self._at].tobytes()
        if self._more:
            read += b"".join(self._memory[at].tobytes() for at in self._more)
        return read


def word_at(place: int) -> int:
    """The number of 64 bits at an address."""
    return ctypes.c_uint64.from_address(place).value


def numbers_in(read: bytes) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """The numbers in what `Words.read` gave."""
    return np.frombuffer(read, WORD)
