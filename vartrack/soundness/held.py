"""`Held`: an object to compare with later, without keeping it alive where that can be helped."""

from __future__ import annotations

import weakref
from typing import Any

__all__ = ["Held"]


class Held:
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
