"""What was looked up on classes while a compile ran."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from vartrack.soundness.facts.fact import NOTHING, Fact, Scope
from vartrack.soundness.facts.remembered import referred
from vartrack.soundness.looked_up.looked import Looked
from vartrack.soundness.looked_up.looks import Look, Metaclass, Names, Row, Slots, Subclass
from vartrack.soundness.memory.class_tags import AVAILABLE
from vartrack.soundness.reading.lookups import can_change, find

if TYPE_CHECKING:
    from vartrack.soundness.memory.together import InMemory
    from vartrack.soundness.noting.ledger import Ledger

__all__ = ["Classes"]

_DESCRIPTORS = ("__get__", "__set__", "__delete__")


class Classes:
    """Notes what is looked up on classes while a compile runs.

    Args:
        ledger: the ledger of the compile.
    """

    kind = "classes"

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._looked: dict[int, Looked] = {}

    def _of(self, cls: type) -> Looked | None:
        """What was looked up on ``cls``; None if it cannot change."""
        entry = self._looked.get(id(cls))
        if entry is None or entry.ref() is not cls:
            if not can_change(cls):
                return None
            entry = self._looked[id(cls)] = Looked(cls)
            if entry.metaclass is not None:
                entry.looks["metaclass"] = Metaclass(entry.metaclass), self.ledger.note()
        return entry

    def look(self, cls: type, *names: str, after: type | None = None, guarded: bool = True) -> None:
        """Note that ``names`` were looked up on ``cls``."""
        entry = self._looked.get(id(cls))
        if entry is None or entry.ref() is not cls:
            entry = self._of(cls)
            if entry is None:
                return
        behind = None if after is None else id(after)
        if (names, behind, guarded) not in entry.asked:
            entry.asked.add((names, behind, guarded))
            for name in names:
                self._look_for(entry, cls, name, after, guarded)
        self.ledger.touch()

    def _look_for(
        self, entry: Looked, cls: type, name: str, after: type | None, guarded: bool
    ) -> None:
        key = (name, None if after is None else id(after))
        known = entry.looks.get(key)
        if known is not None and (guarded or not known[0].guarded):  # type: ignore[union-attr]
            return
        found = find(cls, name, after)
        entry.looks[key] = Look(name, after, guarded, found), self.ledger.note()
        if found is not None and name not in _DESCRIPTORS:
            self.look(type(found[1]), *_DESCRIPTORS)

    def slots(self, cls: type, read: Callable[[type], Any]) -> None:
        """Note that a protocol asked which special methods ``cls`` has."""
        self._once(cls, "special methods", lambda: Slots(cls, read))

    def names(self, cls: type) -> None:
        """Note that all names of ``cls`` were listed."""
        self._once(cls, "all names", lambda: Names(cls))

    def subclass(self, cls: type, target: Any) -> None:
        """Note that it was asked whether ``cls`` is a subclass of ``target``."""
        self._once(cls, ("subclass", referred(target)), lambda: Subclass(cls, target))

    def _once(self, cls: type, key: Any, make: Callable[[], Row]) -> None:
        entry = self._of(cls)
        if entry is None:
            return
        if key in entry.looks:
            self.ledger.touch()
        else:
            entry.looks[key] = make(), self.ledger.note()

    def in_memory(self) -> Iterable[InMemory]:
        """The classes, if their tags can be read."""
        return self._looked.values() if AVAILABLE else ()

    def terms(self, names: dict[str, Any]) -> Iterator[str]:
        """What is asked about them at every call if not.

        Args:
            names: gets what the text calls.
        """
        if self._looked and not AVAILABLE:
            names["__looked"] = [*self._looked.values()]
            yield "all(one.holds() for one in __looked)"

    def facts(self) -> Iterator[Fact]:
        """Each look-up as a fact of its own."""
        for entry in self._looked.values():
            for look, where in entry.looks.values():
                text = f"{look.name} of {entry.text}"
                holds, shows = (functools.partial(ask, entry, look) for ask in (_is_so, _shown))
                yield Fact(self.kind, text, entry.text, holds, shows, *where)


def _is_so(entry: Looked, look: Row, scope: Scope) -> bool:
    cls = entry.ref()
    return cls is None or look.holds(cls)


def _shown(entry: Looked, look: Row, scope: Scope) -> Any:
    cls = entry.ref()
    return NOTHING if cls is None else look.shows(cls)
