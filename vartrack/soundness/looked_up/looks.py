"""What can be looked up on a class, each sort with what is compared later."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from vartrack.soundness.facts.fact import NOTHING
from vartrack.soundness.facts.remembered import Remembered, referred, resolved
from vartrack.soundness.reading.lookups import dict_of, find, is_data, mro_of

__all__ = ["Look", "Metaclass", "Names", "Row", "Slots", "Subclass"]


class Look:
    """One name that was looked up on one class, and what was found.

    Of plain data only the place is compared: the value has a guard of torch's at that place.

    Args:
        name: the name.
        after: where ``super()`` began.
        guarded: whether torch guards plain data that was found.
        found: what `find` gives of these.
    """

    __slots__ = ("after", "guarded", "name", "owner", "value")

    def __init__(
        self, name: str, after: type | None, guarded: bool, found: tuple[type, Any] | None
    ) -> None:
        self.name = name
        self.after = None if after is None else weakref.ref(after)
        self.owner = self.value = None
        self.guarded = False
        if found is not None:
            owner, value = found
            self.owner = weakref.ref(owner)
            self.guarded = guarded and is_data(value)
            self.value = None if self.guarded else Remembered(value)

    def holds(self, cls: type) -> bool:
        """Whether ``cls`` gives the same for the name."""
        after = None
        if self.after is not None and (after := self.after()) is None:
            return False
        found = find(cls, self.name, after)
        if found is None or self.owner is None:
            return found is None and self.owner is None
        owner, value = found
        if self.value is not None:
            return self.value.is_(value)
        return self.owner() is owner and is_data(value)

    def shows(self, cls: type) -> Any:
        """What ``cls`` gives for the name."""
        after = None if self.after is None else self.after()
        found = find(cls, self.name, after)
        return NOTHING if found is None else found[1]


class Slots:
    """Which special methods a class had that torch's protocols ask for.

    Args:
        cls: the class.
        read: torch's own function that reads them.
    """

    __slots__ = ("bits", "read")

    name = "its special methods"

    def __init__(self, cls: type, read: Callable[[type], Any]) -> None:
        self.read = read
        self.bits = read(cls)

    def holds(self, cls: type) -> bool:
        """Whether it has the same."""
        return bool(self.read(cls) == self.bits)

    def shows(self, cls: type) -> Any:
        """Which it has."""
        return self.read(cls)


class Names:
    """Which names a class had, as ``dir`` and ``vars`` list them.

    Args:
        cls: the class.
    """

    __slots__ = ("found",)

    name = "the names"

    def __init__(self, cls: type) -> None:
        self.found = self._read(cls)

    @staticmethod
    def _read(cls: type) -> list[tuple[str, ...]]:
        mro = mro_of(cls)
        return [tuple(dict_of(base)) for base in mro]

    def holds(self, cls: type) -> bool:
        """Whether it has the same."""
        return self._read(cls) == self.found

    def shows(self, cls: type) -> Any:
        """The names."""
        return [name for names in self._read(cls) for name in names]


class Subclass:
    """Whether a class was a subclass of another, or of one of several.

    Args:
        cls: the class.
        target: what it is compared with.
    """

    __slots__ = ("answer", "name", "target")

    def __init__(self, cls: type, target: Any) -> None:
        self.target = referred(target)
        self.name = f"being a subclass of {target}"
        self.answer = issubclass(cls, target)

    def holds(self, cls: type) -> bool:
        """Whether it still is, or still is not."""
        return self.shows(cls) is self.answer

    def shows(self, cls: type) -> Any:
        """Whether it is one now."""
        try:
            return issubclass(cls, resolved(self.target))
        except ReferenceError:  # nobody can ask for it any more
            return self.answer


class Metaclass:
    """Which metaclass a class had, where Python finds what it does not find on the class.

    Args:
        found: what refers to it.
    """

    __slots__ = ("found",)

    name = "the metaclass"

    def __init__(self, found: weakref.ref[type]) -> None:
        self.found = found

    def holds(self, cls: type) -> bool:
        """Whether it has the same."""
        return type(cls) is self.found()

    def shows(self, cls: type) -> Any:
        """Which it has."""
        return type(cls)


#: What is compared when the tag of a class changed.
Row = Look | Metaclass | Slots | Names | Subclass
