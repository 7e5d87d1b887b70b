"""The version tag of a dict: a number that CPython 3.10 to 3.12 changes with every change of it."""

from __future__ import annotations

import sys
from typing import Any

from vartrack.soundness.memory.words import KNOWN, Words, word_at

__all__ = ["AVAILABLE", "class_place", "pointer_place", "tag_place"]

#: Where ``ma_version_tag`` lies in a dict.
_OFFSET = 24
#: Where the pointer to its class lies in an object.
_CLASS = 8
#: Where the pointer to its dict lies before an object that has it there, since CPython 3.11.
_BEFORE = -24


def tag_place(held: dict[Any, Any]) -> int:
    """The address of the tag of ``held``, which may be of a class derived from `dict`."""
    return id(held) + _OFFSET


def class_place(value: object) -> int:
    """The address of what points from ``value`` to its class."""
    return id(value) + _CLASS


def pointer_place(value: object, namespace: dict[str, Any]) -> int | None:
    """The address of what points from ``value`` to its ``__dict__``; None if it is not known.

    Args:
        value: the object.
        namespace: its ``__dict__``.
    """
    offset = type.__dict__["__dictoffset__"].__get__(type(value))
    place = id(value) + (_BEFORE if offset < 0 else offset)
    return place if offset and word_at(place) == id(namespace) else None


def _works() -> bool:
    """Whether tags do here what is expected of them."""
    if not KNOWN or sys.version_info >= (3, 13):
        return False  # since 3.13 it stays when an attribute is set
    value = type("Some", (), {})()
    held: dict[str, Any] = {}
    value.x = held
    namespace = value.__dict__
    place = pointer_place(value, namespace)
    if place is None or word_at(class_place(value)) != id(type(value)):
        return False
    tags = Words([tag_place(namespace), tag_place(held)])
    pointer, seen = Words([place]), [tags.read()]
    for change in (
        lambda: setattr(value, "x", 1),
        lambda: setattr(value, "y", 1),
        lambda: delattr(value, "y"),
        lambda: namespace.update(x=2),
        lambda: held.update(x=2),
        held.clear,
    ):
        before = tags.read()
        if before != seen[-1]:
            return False  # it changed by itself
        change()
        seen.append(tags.read())
    first = pointer.read()
    value.__dict__ = {}
    return len(set(seen)) == len(seen) and pointer.read() != first


#: Whether tags can be read here. Where they cannot, torch's own guards look at each dict.
AVAILABLE: bool = _works()
