"""`Wrappers`: functions of torch's that are wrapped while a registry needs them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from vartrack.core.handlers import forget_handlers

__all__ = ["Table", "Wrappers"]

_INHERITED: Any = object()


class Table(Protocol):
    """Something in torch's tables or classes that can be put in and taken out again."""

    def add(self) -> None: ...

    def remove(self) -> None: ...


class Wrappers:
    """Functions with something of vartrack's around them, put in and taken out together.

    Args:
        places: for each a class or module, the name there, and what makes the wrapper of it.
    """

    def __init__(self, *places: tuple[Any, str, Callable[[Any], Any]]) -> None:
        self.places = places
        self._own: list[Any] = []

    def add(self) -> None:
        """Put the wrappers in place, unless they are there already."""
        if self._own:
            return
        for cls, name, wrap in self.places:
            wrapped = wrap(getattr(cls, name))
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
