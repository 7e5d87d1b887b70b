"""What a function is made of: pointers in its memory to its code and defaults."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from types import FunctionType
from typing import Any

import numpy as np

from vartrack.soundness.memory.words import KNOWN, Words, word_at

__all__ = ["AVAILABLE", "Parts", "parts"]

_WORD: np.dtype[Any] = np.dtype(np.uint64)
#: Gives the code, the defaults and the keyword defaults of a function.
parts = attrgetter("__code__", "__defaults__", "__kwdefaults__")


class Parts(Words):
    """Where the parts of some functions are, all read together.

    They are read from the memory of the functions, so not once one of these is gone.

    Args:
        functions: the functions.
    """

    __slots__ = ()

    def __init__(self, functions: Sequence[Any]) -> None:
        places = [id(function) + offset for function in functions for offset in _OFFSETS]
        super().__init__(places, _WORD)


def _some(x: Any = (), *, y: Any = ()) -> None: ...


def _offsets() -> list[int]:
    """Where in a function the pointers to its parts are; nothing if that is not found."""
    if not KNOWN:
        return []
    words = range(0, FunctionType.__basicsize__, _WORD.itemsize)
    held = [word_at(id(_some) + at) for at in words]
    wanted = [*map(id, parts(_some))]
    return [words[held.index(each)] for each in wanted] if set(wanted) <= set(held) else []


_OFFSETS = _offsets()


def _works() -> bool:
    """Whether another part is seen."""

    def some(x: Any = (), *, y: Any = ()) -> None: ...

    if not _OFFSETS:
        return False
    read = Parts([some])
    seen = [read.read()]
    for name, part in (
        ("__defaults__", (1,)),
        ("__kwdefaults__", None),
        ("__code__", _some.__code__),
    ):
        if read.read() != seen[-1]:
            return False
        setattr(some, name, part)
        seen.append(read.read())
    return len(set(seen)) == len(seen)


#: Whether that can be read here. Where it cannot, the parts are compared at every call.
AVAILABLE: bool = _works()
