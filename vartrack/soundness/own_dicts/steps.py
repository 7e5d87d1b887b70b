"""Steps from one object to another, none of which runs code of the user's.

There is one of each, so that they are told apart by what they are.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from vartrack.core.sources.stored_items import key_at

__all__ = [
    "ANNOTATIONS",
    "CLASS",
    "NAMES",
    "Step",
    "Watched",
    "base",
    "cell",
    "dict_of",
    "entry",
    "item",
    "item_at",
]

_BASES = type.__dict__["__mro__"].__get__


class Watched:
    """What of an object has to be watched, so that a step from it leads where it led."""

    #: Its ``__dict__``, and for a class what it derives from.
    NAMES = "names"
    #: What it holds as a dict.
    ITEMS = "items"
    #: Which class it is of.
    CLASS = "class"
    #: What the cells of a function hold, of which there are always the same.
    CELLS = "cells"
    #: Which annotations a function has.
    ANNOTATIONS = "annotations"


@dataclass(frozen=True, eq=False)
class Entry:
    """To what the ``__dict__`` of an object or a class holds."""

    name: str
    watched: ClassVar[str] = Watched.NAMES

    def of(self, value: Any) -> Any:
        """Where it leads from ``value``."""
        return dict_of(value)[self.name]


@dataclass(frozen=True, eq=False)
class Item:
    """To what a dict holds under a key."""

    key: Any
    watched: ClassVar[str] = Watched.ITEMS

    def of(self, value: Any) -> Any:
        """Where it leads from ``value``."""
        return dict.__getitem__(value, self.key)


@dataclass(frozen=True, eq=False)
class ItemAt:
    """To what a dict holds under the key that has a place in it."""

    number: int
    watched: ClassVar[str] = Watched.ITEMS

    def of(self, value: Any) -> Any:
        """Where it leads from ``value``."""
        return dict.__getitem__(value, key_at(value, self.number))


@dataclass(frozen=True, eq=False)
class Class:
    """To the class of an object."""

    watched: ClassVar[str] = Watched.CLASS

    def of(self, value: Any) -> Any:
        """Where it leads from ``value``."""
        return type(value)


@dataclass(frozen=True, eq=False)
class Names:
    """To the ``__dict__`` of an object itself."""

    watched: ClassVar[str] = Watched.NAMES

    def of(self, value: Any) -> Any:
        """Where it leads from ``value``."""
        return dict_of(value)


@dataclass(frozen=True, eq=False)
class Base:
    """To what a class derives from."""

    number: int
    watched: ClassVar[str] = Watched.NAMES

    def of(self, value: Any) -> Any:
        """Where it leads from ``value``."""
        return _BASES(value)[self.number]


@dataclass(frozen=True, eq=False)
class Cell:
    """To what a function closes over."""

    number: int
    watched: ClassVar[str] = Watched.CELLS

    def of(self, value: Any) -> Any:
        """Where it leads from ``value``."""
        return value.__closure__[self.number].cell_contents


@dataclass(frozen=True, eq=False)
class Annotations:
    """To the annotations of a function."""

    watched: ClassVar[str] = Watched.ANNOTATIONS

    def of(self, value: Any) -> Any:
        """Where it leads from ``value``."""
        return value.__annotations__


Step: TypeAlias = Annotations | Cell | Entry | Names | Item | ItemAt | Class | Base


entry = functools.cache(Entry)
item = functools.cache(Item)
item_at = functools.cache(ItemAt)
base = functools.cache(Base)
cell = functools.cache(Cell)
ANNOTATIONS, CLASS, NAMES = Annotations(), Class(), Names()


def dict_of(one: Any) -> Any:
    """The dict that holds the attributes of ``one``; None if there is none."""
    try:
        return object.__getattribute__(one, "__dict__")
    except AttributeError:
        return None
