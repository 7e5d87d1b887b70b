"""What a class has for its instances, where what is decided depends on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["HEAP_TYPE", "can_change", "flags_of", "held_by"]

#: What CPython says of a class, whatever its metaclass does.
flags_of: Callable[[type], int] = type.__dict__["__flags__"].__get__
#: The flag of classes that were made while the program runs, as by a statement.
HEAP_TYPE = 1 << 9
_IMMUTABLE_TYPE = 1 << 8


def can_change(cls: type) -> bool:
    """Whether attributes of ``cls`` itself can be set: it is not one of C's."""
    flags = flags_of(cls)
    return bool(flags & HEAP_TYPE) and not flags & _IMMUTABLE_TYPE


def held_by(cls: type, name: str) -> Any:
    """What ``cls`` has under ``name`` for its instances; None if it has nothing.

    It is asked of this module, where `vartrack.sound` notes the look-up.
    """
    return next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)
