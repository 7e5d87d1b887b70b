"""Objects to compare with later, without keeping them alive where that can be helped."""

from __future__ import annotations

import weakref
from typing import Any

__all__ = ["Remembered", "referred", "resolved"]


class Remembered:
    """Remembers one object.

    A guard that kept a method alive would keep its class, and all that the class leads to. So the
    object is held weakly; one that cannot be, such as a number or a tuple, is kept.

    Args:
        value: the object.
    """

    __slots__ = ("_strong", "_weak")

    def __init__(self, value: Any) -> None:
        self._weak: weakref.ref[Any] | None = None
        self._strong: Any = None
        try:
            self._weak = weakref.ref(value)
        except TypeError:
            self._strong = value

    def is_(self, value: Any) -> bool:
        """Whether ``value`` is that object."""
        if self._weak is None:
            return self._strong is value
        return value is not None and self._weak() is value


def referred(target: Any) -> Any:
    """What `isinstance` was asked for, without keeping a class of it alive; it can be a key.

    Args:
        target: a class, a tuple of such, or what is kept as it is.
    """
    if isinstance(target, tuple):
        return tuple(map(referred, target))
    return weakref.ref(target) if isinstance(target, type) else target


def resolved(reference: Any) -> Any:
    """What `referred` took.

    Raises:
        ReferenceError: a class of it is gone.
    """
    if isinstance(reference, tuple):
        return tuple(map(resolved, reference))
    if not isinstance(reference, weakref.ref):
        return reference
    cls = reference()
    if cls is None:
        raise ReferenceError("the class is gone")
    return cls
