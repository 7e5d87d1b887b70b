"""`Wrappers`: functions of torch's that are wrapped while a registry needs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeAlias

from vartrack.compat.made_once import MadeOnce
from vartrack.core.wrapping.handlers import forget_handlers

__all__ = ["Place", "Table", "Wrappers", "in_this_release"]

#: A class or module, the name of a function there, and what makes the wrapper of it.
Place: TypeAlias = tuple[Any, str, Callable[[Any], Any]]

_INHERITED: Any = object()


class Table(Protocol):
    """Something in torch's tables or classes that can be put in and taken out again."""

    def add(self) -> None: ...

    def remove(self) -> None: ...


def in_this_release(*places: Place) -> Iterator[Place]:
    """Those of ``places`` that the installed torch has, where some releases have other ones."""
    return (place for place in places if hasattr(place[0], place[1]))


class Wrappers:
    """Functions with something of vartrack's around them, put in and taken out together.

    Args:
        places: the functions; torch must have them all.
    """

    def __init__(self, *places: Place) -> None:
        self.places = places
        self._own: list[Any] = []
        self._made = MadeOnce()

    def add(self) -> None:
        """Put the wrappers in place, unless they are there already."""
        if self._own:
            return
        for at, (cls, name, wrap) in enumerate(self.places):
            wrapped = self._made.around(getattr(cls, name), at, wrap)
            self._own.append(vars(cls).get(name, _INHERITED))
            setattr(cls, name, wrapped)

    def remove(self) -> None:
        """Give torch its own back."""
        # the last first, as one function may be wrapped twice
        for (cls, name, _), own in reversed(list(zip(self.places, self._own, strict=False))):
            if own is _INHERITED:
                delattr(cls, name)
            else:
                setattr(cls, name, own)
        self._own.clear()
        forget_handlers()  # they may hold what was wrapped
