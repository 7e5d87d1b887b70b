"""What an object stores: to be put back where it was changed, or to tell that it was."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

__all__ = ["AsItWas", "Held"]

_PLAIN = (bool, int, float, complex, str, bytes)
_GONE = object()
_CONTAINERS = frozenset({list, dict, set})


class Held:
    """The attributes that ``value`` stores now.

    What was not there, or None, may be filled: that is how a cache begins.

    Args:
        value: any object. No code of its class is run.
    """

    __slots__ = ("_before", "_stored")

    def __init__(self, value: Any) -> None:
        self._stored: dict[str, Any] = {}
        if type(value).__dictoffset__:
            stored = object.__getattribute__(value, "__dict__")
            if type(stored) is dict:
                self._stored = stored
        self._before = dict(self._stored)

    def put_back(self) -> str:
        """Give the value back what it stored.

        Returns:
            the name of an attribute that was another one, "" if none was.
        """
        changed = ""
        for name, before in self._before.items():
            now = self._stored.get(name, _GONE)
            if now is before or before is None or _is_equal(now, before):
                continue
            self._stored[name] = before
            changed = changed or name
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

    __slots__ = ("_shapes", "_stored", "copy", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self.copy = object.__new__(type(value))
        #: What it stores, and what the containers among that hold.
        self._stored = {name: (item, _copied(item)) for name, item in _stored(value)}
        self._shapes = {name: _shape(item) for name, item in _stored(value)}
        for name, (_, item) in self._stored.items():
            _store(self.copy, name, item)

    def stands(self) -> bool:
        """Whether the object still stores what it did; what came to it, as to a cache, aside."""
        now = dict(_stored(self.value))
        return all(
            now.get(name, _GONE) is item and _shape(item) == self._shapes[name]
            for name, (item, _) in self._stored.items()
        )


def _stored(value: Any) -> Iterator[tuple[str, Any]]:
    """The attributes in the ``__dict__`` and the slots of ``value``."""
    cls = type(value)
    if cls.__dictoffset__:
        yield from object.__getattribute__(value, "__dict__").items()
    for base in cls.__mro__:
        if "__slots__" not in vars(base):
            continue
        for name, slot in vars(base).items():
            if type(slot) is types.MemberDescriptorType:
                try:
                    yield name, slot.__get__(value)
                except AttributeError:
                    continue


def _store(value: Any, name: str, item: Any) -> None:
    """Put an attribute where it is stored, past all code of the class."""
    slot = next((vars(base)[name] for base in type(value).__mro__ if name in vars(base)), None)
    if type(slot) is types.MemberDescriptorType:
        slot.__set__(value, item)
    else:
        object.__getattribute__(value, "__dict__")[name] = item


def _copied(item: Any) -> Any:
    return item.copy() if type(item) in _CONTAINERS else item


def _shape(item: Any) -> Any:
    """Which objects a container holds; something else is known by itself."""
    if type(item) is dict:
        return [*map(id, item), *map(id, item.values())]
    return [*map(id, item)] if type(item) in _CONTAINERS else None
