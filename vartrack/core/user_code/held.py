"""What an object stored before: to be put back where it was changed, or to tell that it was."""

from __future__ import annotations

import collections
import operator
from typing import Any

from vartrack.core.texts.articles import with_article
from vartrack.core.user_code.stored import Items, attributes, put

__all__ = ["AsItWas", "Held"]

_PLAIN = (bool, int, float, complex, str, bytes)
_GONE = object()
_BY_KEY = frozenset({dict, collections.OrderedDict, collections.defaultdict})
_CONTAINERS = frozenset({list, set, collections.deque, *_BY_KEY})
_MADE_IN_PYTHON = 1 << 9  # `Py_TPFLAGS_HEAPTYPE`


class Held:
    """What ``value`` stores now: attributes, and its items if it is a container.

    What was not there, or None, may be filled: that is how a cache begins.

    Args:
        value: any object. No code of its class is run.
    """

    __slots__ = ("_attributes", "_items", "_value")

    def __init__(self, value: Any) -> None:
        self._value = value
        self._attributes = attributes(value)
        self._items = Items(value)

    def put_back(self) -> str:
        """Give the value back what it stored.

        Returns:
            what of it was another, in words, "" if nothing was.
        """
        changed = "items" if self._items.put_back() else ""
        now = attributes(self._value)
        for name, before in self._attributes.items():
            item = now.get(name, _GONE)
            if item is before or before is None or _is_equal(item, before):
                continue
            put(self._value, name, before)
            changed = changed or f"attribute {name!r}"
        return changed


def _is_equal(now: Any, before: Any) -> bool:
    return type(now) is type(before) and type(now) in _PLAIN and bool(now == before)


class AsItWas:
    """An object of a class in Python as it is now, which may be changed in place later.

    Such an object is equal to itself whatever has become of it, but not to what it was. So is one
    that holds what was changed: containers in containers, and objects that are told by ``==``.

    Args:
        value: the object. No code of its class is run.

    Attributes:
        copy: another object that stores the same.

    Raises:
        TypeError: there is no such copy, as part of it is stored by code in C.
    """

    __slots__ = ("_containers", "_copies", "_objects", "copy", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        #: The copies so far, and what each is of, by the id of that.
        self._copies: dict[int, tuple[Any, Any]] = {}
        #: What each object stores, and what each container holds.
        self._objects: list[tuple[Any, dict[str, Any]]] = []
        self._containers: list[Items] = []
        self.copy = self._copied_object(value)

    def stands(self) -> bool:
        """Whether all of it stores what it did; what came to it, as to a cache, aside."""
        return all(map(_stores, self._objects)) and all(items.stand() for items in self._containers)

    def _copied(self, item: Any) -> Any:
        """A copy of what may be changed in place; what is known by itself is its own."""
        known = self._copies.get(id(item))
        if known is not None:
            return known[1]
        cls = type(item)
        if cls is tuple:
            items = tuple(map(self._copied, item))
            return item if all(map(operator.is_, items, item)) else items
        if cls in _CONTAINERS:
            return self._copied_container(item)
        if not _is_told_by_eq(cls):
            return item
        try:
            return self._copied_object(item)
        except TypeError:
            return item

    def _copied_container(self, item: Any) -> Any:
        copy = item.copy()
        self._copies[id(item)] = item, copy
        self._containers.append(Items(item))
        if type(item) in _BY_KEY:
            copy.update({key: self._copied(held) for key, held in item.items()})
        elif type(item) is not set:  # what is in one has a hash, and does not change
            for index, held in enumerate(item):
                copy[index] = self._copied(held)
        return copy

    def _copied_object(self, item: Any) -> Any:
        cls = type(item)
        if any("__del__" in vars(base) for base in cls.__mro__):
            raise TypeError(f"{with_article(cls)} does something as it goes")
        copy = object.__new__(cls)
        self._copies[id(item)] = item, copy
        stored = attributes(item)
        self._objects.append((item, stored))
        for name, held in stored.items():
            put(copy, name, self._copied(held))
        return copy


def _stores(known: tuple[Any, dict[str, Any]]) -> bool:
    """Whether an object stores what it did."""
    value, before = known
    now = attributes(value)
    return all(now.get(name, _GONE) is item for name, item in before.items())


def _is_told_by_eq(cls: Any) -> bool:
    """Whether it is a class in Python whose objects are compared by what they hold."""
    return bool(cls.__flags__ & _MADE_IN_PYTHON) and cls.__eq__ is not object.__eq__
