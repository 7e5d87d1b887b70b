"""`Unchanged`: the one check over all classes that were looked into, by their version tags."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from vartrack.soundness.facts.fact import Scope
from vartrack.soundness.memory.class_tags import AVAILABLE, Tags, numbers, refresh
from vartrack.soundness.memory.metaclasses import UNTOLD, Metaclasses
from vartrack.soundness.memory.words import NEVER

if TYPE_CHECKING:
    from vartrack.soundness.looked_up.classes import Looked

__all__ = ["Unchanged"]

#: What no tag is that says something.
_UNKNOWN = 0


class _State(NamedTuple):
    """Classes, and their tags when all that was looked up on them was the same.

    Attributes:
        entries: the classes.
        tags: what reads their tags; None where there are none.
        numbers: the tag of each class; 0 if its names are to be compared whatever it is.
        seen: the same as `Tags.read` gives it.
    """

    entries: list[Looked]
    tags: Tags | None
    numbers: list[int]
    seen: bytes


class Unchanged:
    """Whether all look-ups still give what they gave.

    The tags are read at every call; names are compared only where a tag changed, or says nothing.
    Then the class is given a valid tag again, and that is kept.

    Args:
        entries: the classes.
    """

    def __init__(self, entries: Sequence[Looked]) -> None:
        living = _living(entries)
        for _, cls in living:
            # memory of a class that is gone must not be read
            weakref.finalize(cls, _drop, weakref.ref(self)).atexit = False
            refresh(cls)
        tags = _tags_of(living)
        read = NEVER if tags is None else tags.read()
        known = [
            number if number == entry.tag or not entry.has_changed() else _UNKNOWN
            for (entry, _), number in zip(living, numbers(read), strict=tags is not None)
        ]
        self._state = _State([entry for entry, _ in living], tags, known, _as_seen(read, known))
        self._metaclasses = _metaclasses_of(living)

    def holds(self, scope: Scope) -> bool:
        """Whether they do."""
        state, metaclasses = self._state, self._metaclasses
        if metaclasses is not None and not metaclasses.are_same():
            return False
        if state.tags is None:
            return not any(entry.has_changed() for entry in state.entries)
        return state.tags.read() == state.seen or self._look_again(state, state.tags)

    def _look_again(self, state: _State, tags: Tags) -> bool:
        """Compare the names of classes that have another tag, and keep that tag if they are so."""
        now = numbers(tags.read())
        moved = [
            entry
            for entry, tag, known in zip(state.entries, now, state.numbers, strict=True)
            if tag != known or tag == _UNKNOWN
        ]
        for entry in moved:
            if (cls := entry.ref()) is not None:
                refresh(cls)
        read = tags.read()  # before the names are compared, as another thread may change them then
        if any(entry.has_changed() for entry in moved):
            return False
        known = numbers(read)
        self._state = _State(state.entries, tags, known, _as_seen(read, known))
        return True

    def drop_dead(self) -> None:
        """Look no more at classes that are gone."""
        entries, tags, known, _ = self._state
        living = _living(entries)
        if tags is not None:
            known = [
                number
                for entry, number in zip(entries, known, strict=True)
                if any(entry is one for one, _ in living)
            ]
        self._state = _State([entry for entry, _ in living], _tags_of(living), known, NEVER)
        self._metaclasses = _metaclasses_of(living)


def _living(entries: Sequence[Looked]) -> list[tuple[Looked, type]]:
    """Those whose class is not gone, each with it."""
    return [(entry, cls) for entry in entries if (cls := entry.ref()) is not None]


def _tags_of(living: list[tuple[Looked, type]]) -> Tags | None:
    return Tags([cls for _, cls in living]) if AVAILABLE and living else None


def _metaclasses_of(living: list[tuple[Looked, type]]) -> Metaclasses | None:
    """What reads their metaclasses where tags say nothing of them; None if none can change."""
    of_own = [(cls, entry.metaclass()) for entry, cls in living if entry.metaclass is not None]
    return Metaclasses(of_own) if UNTOLD and of_own else None


def _as_seen(read: bytes, known: list[int]) -> bytes:
    return NEVER if _UNKNOWN in known else read


def _drop(check: weakref.ref[Unchanged]) -> None:
    held = check()
    if held is not None:
        held.drop_dead()
