"""The version tag of a class: a number that CPython changes whenever a look-up may change."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np

from vartrack.soundness.memory.words import KNOWN, Words

__all__ = ["AVAILABLE", "Tags", "numbers", "place_of", "refresh", "tag_of"]

#: Where ``tp_version_tag`` lies in a class, the same in CPython 3.10 to 3.14 on 64 bits.
_OFFSET = 384
_TYPE: np.dtype[Any] = np.dtype(np.uint32)


class Tags(Words):
    """The tags of some classes, which are read together, however many there are.

    They are read from the memory of the classes, so they must not be read once a class is gone.

    Args:
        classes: the classes, at least one.
    """

    __slots__ = ()

    def __init__(self, classes: Sequence[type]) -> None:
        super().__init__([*map(place_of, classes)], _TYPE)


def place_of(cls: type) -> int:
    """The address of the tag of a class."""
    return id(cls) + _OFFSET


def numbers(read: bytes) -> list[int]:
    """Each tag in what `Tags.read` gave, in the order of the classes; 0 says nothing."""
    found: list[int] = np.frombuffer(read, _TYPE).tolist()
    return found


def tag_of(cls: type) -> int:
    """The tag of one class as it is now; 0 says nothing, and is what there is without tags."""
    return ctypes.c_uint32.from_address(place_of(cls)).value if AVAILABLE else 0


def refresh(cls: type) -> None:
    """Have CPython give ``cls`` a valid tag, if it gives out any.

    It does so when a name is looked up. No code of the user's runs: the name is one that every
    class has, and a metaclass is passed by.
    """
    type.__getattribute__(cls, "__init__")


def _works() -> bool:
    """Whether tags do here what is expected of them."""
    if not KNOWN:
        return False
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
