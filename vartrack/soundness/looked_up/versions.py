"""The version tag of a class: a number that CPython changes whenever a look-up may change."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence

import numpy as np

__all__ = ["AVAILABLE", "Tags", "numbers", "refresh", "tag_of"]

#: Where ``tp_version_tag`` lies in a class, the same in CPython 3.10 to 3.14 on 64 bits.
_OFFSET = 384
_TYPE = np.dtype(np.uint32)


class _Memory:
    """Memory of this process as NumPy asks for it; nothing of it is read or kept by that."""

    def __init__(self, start: int, count: int) -> None:
        self.__array_interface__ = {
            "version": 3,
            "typestr": _TYPE.str,
            "shape": (count,),
            "data": (start, True),
        }


class Tags:
    """The tags of some classes, which are read together, however many there are.

    They are read from the memory of the classes, so they must not be read once a class is gone.

    Args:
        classes: the classes, at least one.
    """

    __slots__ = ("_at", "_memory")

    def __init__(self, classes: Sequence[type]) -> None:
        places = [id(cls) + _OFFSET for cls in classes]
        start = min(places)
        at = [(place - start) // _TYPE.itemsize for place in places]
        self._at = np.array(at)
        self._memory = np.asarray(_Memory(start, max(at) + 1))

    def read(self) -> bytes:
        """All tags as they are now, to be compared with what was read before."""
        return self._memory[self._at].tobytes()


def numbers(read: bytes) -> list[int]:
    """Each tag in what `Tags.read` gave, in the order of the classes; 0 says nothing."""
    found: list[int] = np.frombuffer(read, _TYPE).tolist()
    return found


def tag_of(cls: type) -> int:
    """The tag of one class as it is now; 0 says nothing, and is what there is without tags."""
    return ctypes.c_uint32.from_address(id(cls) + _OFFSET).value if AVAILABLE else 0


def refresh(cls: type) -> None:
    """Have CPython give ``cls`` a valid tag, if it gives out any.

    It does so when a name is looked up. No code of the user's runs: the name is one that every
    class has, and a metaclass is passed by.
    """
    type.__getattribute__(cls, "__init__")


def _works() -> bool:
    """Whether tags do here what is expected of them."""
    if sys.implementation.name != "cpython" or sys.maxsize < 2**32:
        return False
    if not (3, 10) <= sys.version_info[:2] <= (3, 14):
        return False
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        return False  # free-threaded classes are laid out otherwise
    base = type("Base", (), {"__init__": lambda self: None, "x": 1})
    derived = type("Derived", (base,), {})
    tags = Tags([base, derived])

    def now() -> list[int]:
        return numbers(tags.read())

    def refreshed() -> list[int]:
        refresh(base)
        refresh(derived)
        return now()

    first = refreshed()
    if 0 in first or first[0] == first[1] or refreshed() != first:
        return False
    base.x = 2  # type: ignore[attr-defined]
    if any(one == other for one, other in zip(now(), first, strict=True)):
        return False
    second = refreshed()
    if 0 in second or set(first) & set(second):
        return False
    derived.y = 3  # type: ignore[attr-defined]
    third = now()
    return third[0] == second[0] and third[1] != second[1]


#: Whether tags can be read here. Where they cannot, names are compared at every call.
AVAILABLE: bool = _works()
