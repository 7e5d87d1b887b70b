"""What a class has for its instances, where what is decided depends on it."""

from __future__ import annotations

from typing import Any

__all__ = ["held_by"]


def held_by(cls: type, name: str) -> Any:
    """What ``cls`` has under ``name`` for its instances; None if it has nothing.

    It is asked of this module, where `vartrack.sound` notes the look-up.
    """
    return next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)
