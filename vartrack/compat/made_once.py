"""`MadeOnce`: what stands around a function is made once, however often it is put in place."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from types import MethodType
from typing import Any

__all__ = ["MadeOnce"]


class MadeOnce:
    """Wrappers by their place, each made anew only around another function than before.

    Another's wrapper may be a new one each time; so only the last of a place is kept.
    """

    def __init__(self) -> None:
        self._made: dict[Hashable, tuple[Any, Any]] = {}

    def around(self, own: Any, place: Hashable, make: Callable[[Any], Any]) -> Any:
        """What ``make`` makes of ``own``, or made of it when it last stood at ``place``."""
        known, made = self._made.get(place, (self, None))
        if known is not own and not (type(own) is MethodType and known == own):
            made = make(own)
            self._made[place] = own, made
        return made
