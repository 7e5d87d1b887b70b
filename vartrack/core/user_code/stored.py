"""What an object stores: attributes, in its instance dict and slots, and the items of a container.

It is read and written where it lies: no code of the object's class is run.
"""

from __future__ import annotations

import collections
import operator
import types
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["Items", "attributes", "instance_dict", "put", "slots_of", "take_away"]

_SLOT = types.MemberDescriptorType


def attributes(value: Any, *, in_c: bool = False) -> dict[str, Any]:
    """The attributes that ``value`` holds itself, as opposed to computing them.

    Args:
        value: any object.
        in_c: whether fields count for which code in C has a place of its own.
    """
    found = dict(instance_dict(value))
    for name, slot in slots_of(type(value), in_c=in_c):
        try:
            found[name] = slot.__get__(value)
        except AttributeError:
            continue
    return found


def slots_of(cls: type, *, in_c: bool = False) -> Iterator[tuple[str, types.MemberDescriptorType]]:
    """The slots of ``cls`` by name, but for those that a class nearer to it hides.

    Args:
        cls: the class.
        in_c: whether fields in C count as slots.
    """
    met: set[str] = set()
    for base in cls.__mro__:
        held = vars(base)
        if in_c or "__slots__" in held:
            for name, static in held.items():
                if type(static) is _SLOT and name not in met:
                    yield name, static
        met.update(held)


def put(value: Any, name: str, item: Any) -> None:
    """Store an attribute of ``value``."""
    slot = _slot(type(value), name)
    if slot is not None:
        slot.__set__(value, item)
    else:
        instance_dict(value)[name] = item


def take_away(value: Any, name: str) -> None:
    """Store an attribute of ``value`` no longer."""
    slot = _slot(type(value), name)
    if slot is not None:
        slot.__delete__(value)
    else:
        del instance_dict(value)[name]


def _slot(cls: type, name: str) -> types.MemberDescriptorType | None:
    static = next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)
    return static if type(static) is _SLOT else None


def instance_dict(value: Any) -> dict[str, Any]:
    """The attributes that an object stores itself; none of one whose class does not show them.

    As some in C do not: futures of asyncio, and type variables from Python 3.12 on.
    """
    try:
        found = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return found if isinstance(found, dict) else {}  # that of a class can only be read


_Read = Callable[[Any], list[Any]]
_Fill = Callable[[Any, list[Any]], object]
_ORDERED, _DEQUE = collections.OrderedDict, collections.deque


def _keys_and_items(kind: Any) -> _Read:
    return lambda value: [
        each for key in kind.keys(value) for each in (key, dict.__getitem__(value, key))
    ]


def _fill_dict(kind: Any) -> _Fill:
    def fill(value: Any, items: list[Any]) -> None:
        kind.clear(value)
        for key, item in zip(items[::2], items[1::2], strict=True):
            kind.__setitem__(value, key, item)

    return fill


def _fill(clear: Callable[[Any], object], extend: Callable[[Any, Any], object]) -> _Fill:
    return lambda value, items: (clear(value), extend(value, items))


#: How the items are read and written of each kind of container, the nearest first.
_WAYS: dict[type, tuple[_Read, _Fill]] = {
    _ORDERED: (_keys_and_items(_ORDERED), _fill_dict(_ORDERED)),
    dict: (_keys_and_items(dict), _fill_dict(dict)),
    list: (lambda value: [*list.__iter__(value)], _fill(list.clear, list.extend)),
    set: (lambda value: [*set.__iter__(value)], _fill(set.clear, set.update)),
    _DEQUE: (lambda value: [*_DEQUE.__iter__(value)], _fill(_DEQUE.clear, _DEQUE.extend)),
    bytearray: (
        lambda value: [*bytearray.__iter__(value)],
        _fill(bytearray.clear, bytearray.extend),
    ),
    frozenset: (lambda value: [*frozenset.__iter__(value)], lambda *_: None),  # cannot change
}


class Items:
    """The items that a container holds now; something else has none.

    Args:
        value: any object. Containers are dicts, lists, sets, deques and bytearrays.

    Attributes:
        held: the items, whatever the methods of a class show of them; of a dict each key and then
            what is under it.
    """

    __slots__ = ("_fill", "_read", "_value", "held")

    def __init__(self, value: Any) -> None:
        self._value = value
        none: tuple[_Read, _Fill] = (lambda _: [], lambda *_: None)
        ways = (way for kind, way in _WAYS.items() if isinstance(value, kind))
        self._read, self._fill = next(ways, none)
        self.held = self._read(value)

    def stand(self) -> bool:
        """Whether the very same items are there, in the same order."""
        now = self._read(self._value)
        return len(now) == len(self.held) and all(map(operator.is_, now, self.held))

    def put_back(self) -> bool:
        """Give the container its items back; whether there were others."""
        if self.stand():
            return False
        self.fill(self.held)
        return True

    def fill(self, items: list[Any]) -> None:
        """Have the container hold other items."""
        self._fill(self._value, items)
