"""What a function is made of: pointers in its memory to its code and defaults."""

from __future__ import annotations

from operator import attrgetter
from types import FunctionType
from typing import Any

from vartrack.soundness.memory.words import KNOWN, WORD, Words, numbers_in, word_at

__all__ = ["AVAILABLE", "annotations_place", "cell_place", "parts", "places_of"]

#: Gives the code, the defaults and the keyword defaults of a function.
parts = attrgetter("__code__", "__defaults__", "__kwdefaults__")
#: Where in a cell the pointer to its content lies.
_CONTENT = 16


def places_of(function: Any) -> list[int]:
    """The addresses of what points from ``function`` to its parts."""
    return [id(function) + offset for offset in _OFFSETS]


def annotations_place(function: Any) -> int:
    """The address of what points from ``function`` to its annotations, once these were read."""
    return id(function) + _ANNOTATIONS


def cell_place(function: Any, number: int) -> int:
    """The address of what points from a cell of ``function`` to what it holds."""
    return id(function.__closure__[number]) + _CONTENT


def _some(x: Any = (), *, y: Any = ()) -> Any:
    return lambda: x


def _offsets(*held: Any) -> list[int]:
    """Where in a function the pointers to its parts are; nothing if that is not found."""
    if not KNOWN:
        return []
    words = range(0, FunctionType.__basicsize__, WORD.itemsize)
    there = [word_at(id(_some) + at) for at in words]
    wanted = [*map(id, held)]
    return [words[there.index(each)] for each in wanted] if {*wanted} <= {*there} else []


_OFFSETS = _offsets(*parts(_some))
_ANNOTATIONS: int = (*_offsets(_some.__annotations__), 0)[0]


def _works() -> bool:
    """Whether other parts are seen."""

    def some(x: Any = (), *, y: Any = ()) -> None: ...

    if not _OFFSETS or not _ANNOTATIONS:
        return False
    closing = _some([])
    some.__annotations__, cell = {}, closing.__closure__[0]
    places = [*places_of(some), annotations_place(some), cell_place(closing, 0)]
    read = Words(places)
    seen = [read.read()]
    if numbers_in(seen[0])[-1] != id(cell.cell_contents):
        return False
    for value, name, part in (
        (some, "__defaults__", (1,)),
        (some, "__kwdefaults__", None),
        (some, "__code__", _some.__code__),
        (some, "__annotations__", {}),
        (cell, "cell_contents", {}),
    ):
        if read.read() != seen[-1]:
            return False
        setattr(value, name, part)
        seen.append(read.read())
    return len(set(seen)) == len(seen)


#: Whether that can be read here. Where it cannot, the parts are compared at every call.
AVAILABLE: bool = _works()
