"""What an object stored before: to be put back where it was changed, or to tell that it was."""

from __future__ import annotations

from typing import Any

from vartrack.core.stored import Items, attributes, put

__all__ = ["AsItWas", "Held"]

_PLAIN = (bool, int, float, complex, str, bytes)
_GONE = object()
_CONTAINERS = frozenset({list, dict, set})


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

    Such an object is equal to itself whatever has become of it, but not to what it was.

    Args:
        value: the object. No code of its class is run.

    Attributes:
        copy: another object that stores the same.

    Raises:
        TypeError: there is no such copy, as part of it is stored by code in C.
    """

    __slots__ = ("_containers", "_stored", "copy", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self.copy = object.__new__(type(value))
        self._stored = attributes(value)
        #: What the containers hold that it stores.
        self._containers = [Items(item) for item in self._stored.values() if _is_container(item)]
        for name, item in self._stored.items():
            put(self.copy, name, item.copy() if _is_container(item) else item)

    def stands(self) -> bool:
        """Whether the object still stores what it did; what came to it, as to a cache, aside."""
        now = attributes(self.value)
        if any(now.get(name, _GONE) is not item for name, item in self._stored.items()):
            return False
        return all(items.stand() for items in self._containers)


def _is_container(item: Any) -> bool:
    return type(item) in _CONTAINERS
