"""Objects to compare with later, without keeping them alive where that can be helped."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["Remembered", "referred", "resolved"]


class Remembered:
    """Remembers one object.

    A guard that kept a method alive would keep its class, and all that the class leads to. So the
    object is held weakly; one that cannot be, such as a number or a tuple, is kept.

    Args:
        value: the object.
    """

    __slots__ = ("get",)

    def __init__(self, value: Any) -> None:
        #: Gives the object; None once it is gone.
        self.get: Callable[[], Any]
        try:
            self.get = weakref.ref(value)
        except TypeError:
            self.get = functools.partial(_given, value)

    def is_(self, value: Any) -> bool:
        """Whether ``value`` is that object."""
        return self.get() is value and (value is not None or not self.is_weak)

    def in_text(self, name: str, names: dict[str, Any], operands: Sequence[str]) -> str:
        """`is_` as text; ``names`` gets, as ``name``, what it needs."""
        if self.is_weak:
            names[name] = self.get
            return f"{name}() is ({operands[0]}) is not None"
        names[name] = self.get()
        return f"({operands[0]}) is {name}"

    @property
    def is_weak(self) -> bool:
        """Whether the object may be gone."""
        return type(self.get) is weakref.ref


def _given(value: Any) -> Any:
    return value


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
