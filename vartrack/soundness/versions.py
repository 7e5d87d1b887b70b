"""The version tag of a class: a number that CPython changes whenever a look-up may change."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

__all__ = ["AVAILABLE", "Tag", "refresh"]

#: Where ``tp_version_tag`` lies in a class, the same in CPython 3.10 to 3.14 on 64 bits.
_OFFSET = 384


def Tag(cls: type) -> Any:
    """The tag of ``cls``, to be read as often as wanted by its ``value``; 0 says nothing.

    It reads memory of the class, so it must not be read once the class is gone.
    """
    return ctypes.c_uint32.from_address(id(cls) + _OFFSET)


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
    tags = Tag(base), Tag(derived)

    def read() -> tuple[int, int]:
        refresh(base)
        refresh(derived)
        return tags[0].value, tags[1].value

    first = read()
    if 0 in first or first[0] == first[1] or read() != first:
        return False
    base.x = 2  # type: ignore[attr-defined]
    if tags[0].value == first[0] or tags[1].value == first[1]:
        return False
    second = read()
    if 0 in second or set(first) & set(second):
        return False
    derived.y = 3  # type: ignore[attr-defined]
    return tags[0].value == second[0] and tags[1].value != second[1]


#: Whether tags can be read here. Where they cannot, names are compared at every call.
AVAILABLE: bool = _works()
