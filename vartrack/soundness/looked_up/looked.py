"""`Looked`: one class, and all that was looked up on it."""

from __future__ import annotations

import weakref
from typing import Any

from vartrack.soundness.looked_up.looks import Row
from vartrack.soundness.memory.class_tags import place_of, refresh, tag_of
from vartrack.soundness.memory.dict_tags import class_place
from vartrack.soundness.memory.untold import METACLASS_UNTOLD
from vartrack.soundness.reading.lookups import can_change

__all__ = ["Looked"]

#: What is no tag.
_NONE = 0


class Looked:
    """One class, and all that was looked up on it.

    Where its version tag is what it was, and tells of its metaclass or that is what it was, so is
    all of that.
    """

    __slots__ = ("asked", "looks", "metaclass", "ref", "tag", "text")

    def __init__(self, cls: type) -> None:
        self.ref = weakref.ref(cls)
        #: Its version before anything was looked up.
        self.tag = tag_of(cls)
        self.text = f"{cls.__module__}.{cls.__qualname__}"
        self.looks: dict[Any, tuple[Row, Any]] = {}
        #: What `Classes.look` was asked for.
        self.asked: set[Any] = set()
        #: Its metaclass, if it can be given another.
        self.metaclass = weakref.ref(type(cls)) if can_change(type(cls)) else None

    @property
    def has_untold(self) -> bool:
        """Whether its tag does not tell that it has another metaclass."""
        return METACLASS_UNTOLD and self.metaclass is not None

    def places(self, cls: type) -> list[int]:
        """As of `InMemory`, as are those that follow."""
        tag = place_of(cls)
        return [tag, class_place(cls)] if self.has_untold else [tag]

    def renew(self, cls: type) -> None:
        """Have CPython give it a tag."""
        refresh(cls)

    def says(self, cls: type) -> bool:
        """Whether it has one."""
        return tag_of(cls) != _NONE

    def is_so(self, cls: type) -> bool:
        """Whether all that was looked up is as it was; names are compared if the tag is another."""
        if not self.has_untold and tag_of(cls) == self.tag != _NONE:
            return True
        return all(look.holds(cls) for look, _ in self.looks.values())

    def holds(self) -> bool:
        """Whether it is so, which it is if the class is gone."""
        cls = self.ref()
        return cls is None or self.is_so(cls)
