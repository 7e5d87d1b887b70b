"""`Lying`: where in memory that lies which an answer depends on."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from vartrack.soundness.memory import class_tags
from vartrack.soundness.memory.dict_tags import AVAILABLE, class_place, tag_place
from vartrack.soundness.memory.untold import NAMES_UNTOLD

__all__ = ["Lying", "class_and_dict", "class_of", "names_of"]


class Lying:
    """Words in memory that are the same as long as an answer is.

    Args:
        value: the object that has them, which is held weakly.
        places: their addresses.
        held: what has some of them and must not be gone before `value` is.
    """

    __slots__ = ("_places", "ask", "held", "ref")

    def __init__(self, value: object, places: list[int], held: object = None) -> None:
        self.ref = weakref.ref(value)
        self._places = places
        self.held = held
        #: Asks for the answer once the words are others; whoever notes it gives it.
        self.ask: Callable[[], bool]

    def places(self, _: Any) -> list[int]:
        """As of `InMemory`, as are those that follow."""
        return self._places

    def renew(self, value: Any) -> None:
        """Have a class say something again."""
        if issubclass(type(value), type):
            class_tags.refresh(value)

    def says(self, value: Any) -> bool:
        """Whether it does."""
        return not issubclass(type(value), type) or class_tags.tag_of(value) != 0

    def is_so(self, _: Any) -> bool:
        """Whether the answer is the same."""
        return self.ask()


def class_of(value: object) -> Lying | None:
    """Where it lies which class ``value`` is of; None if that cannot be read here."""
    return Lying(value, [class_place(value)]) if AVAILABLE else None


def class_and_dict(cls: type, held: dict[Any, Any]) -> Lying | None:
    """What changes with ``cls`` and ``held``, a dict of its; None if that cannot be read here."""
    if not AVAILABLE:
        return None
    class_tags.refresh(cls)
    return Lying(cls, [class_tags.place_of(cls), tag_place(held)], held)


def names_of(cls: type) -> Lying | None:
    """Where the names of ``cls`` lie; None if that cannot be read here."""
    if NAMES_UNTOLD:
        return None
    class_tags.refresh(cls)
    return Lying(cls, [class_tags.place_of(cls)])
