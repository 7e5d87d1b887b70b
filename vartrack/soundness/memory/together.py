"""`Together`: what many objects say of themselves in memory, read at once at every call."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np

from vartrack.soundness.memory.words import Words, numbers_in

__all__ = ["InMemory", "Together", "moved"]


class InMemory(Protocol):
    """Something of which was relied on an object: it is so as long as some words are the same."""

    @property
    def ref(self) -> Callable[[], Any]:
        """Gives the object, None once it is gone."""

    def places(self, value: Any) -> Sequence[int]:
        """The addresses of the words of that object."""

    def renew(self, value: Any) -> None:
        """Have the object say something again, if it says nothing now."""

    def says(self, value: Any) -> bool:
        """Whether the words say something; if not, it is asked about at every call."""

    def is_so(self, value: Any) -> bool:
        """Whether it is still so."""


def moved(now: bytes, before: bytes) -> list[int]:
    """Which words are not what they were."""
    found: list[int] = np.flatnonzero(numbers_in(now) != numbers_in(before)).tolist()
    return found


class Together:
    """Whether all that was relied on is so, asked again only where words are not what they were.

    Args:
        entries: what was relied on. It is so of objects that are gone.
    """

    __slots__ = (
        "__weakref__",
        "_before",
        "_entries",
        "_living",
        "_owners",
        "_refs",
        "_silent",
        "_words",
        "places",
        "seen",
        "when_gone",
    )

    def __init__(self, entries: Iterable[InMemory]) -> None:
        self._entries = [*entries]
        self._words: Words | None = None
        #: What was read last, and which entries said nothing then.
        self._before, self._silent = b"", set[int]()
        #: By the number of a word that of its entry, of those whose objects are not gone.
        self._owners: list[int] = []
        self._living = 0
        self._refs: list[weakref.ref[Any]] = []
        #: The addresses of all words that are read.
        self.places: list[int] = []
        #: What is read where all is so; None if that does not say it.
        self.seen: bytes | None = None
        #: Called once an object is gone, whose words must not be read.
        self.when_gone: Callable[[], None] | None = None

    def __len__(self) -> int:
        return len(self._entries)

    def holds(self, _: Any = None) -> bool:
        """Whether all is so."""
        words = self._words
        return (words is not None and words.read() == self.seen) or self._look_again()

    def _look_again(self) -> bool:
        """Ask about the objects whose words are others now, and keep these if all is so."""
        living = [(one, value) for one in self._entries if (value := one.ref()) is not None]
        words = self._words
        if words is None or len(living) != self._living:
            self._begin(living)
            words = Words(self.places)
            asked = {*range(len(living))}
        else:
            others = moved(words.read(), self._before)
            asked = {self._owners[at] for at in others} | self._silent
        for one in asked:
            living[one][0].renew(living[one][1])
        now = words.read()  # before they are asked, as another thread may change them then
        if not all(living[one][0].is_so(living[one][1]) for one in asked):
            return False
        self._keep(now, asked, {one for one in asked if not living[one][0].says(living[one][1])})
        self._words = words
        return True

    def _begin(self, living: Sequence[tuple[InMemory, Any]]) -> None:
        gone = partial(_forget, weakref.ref(self))
        self._words = None
        self._living = len(living)
        self._refs = [weakref.ref(value, gone) for _, value in living]
        self.places, self._owners = [], []
        for number, (one, value) in enumerate(living):
            places = one.places(value)
            self.places += places
            self._owners += [number] * len(places)

    def _keep(self, now: bytes, asked: set[int], silent: set[int]) -> None:
        """Keep the words of those that were asked about; of others they may have changed since."""
        if self._words is not None:
            kept = numbers_in(self._before).copy()
            at = [place for place, owner in enumerate(self._owners) if owner in asked]
            kept[at] = numbers_in(now)[at]
            now = kept.tobytes()
        self._before, self._silent = now, silent
        self.seen = None if silent else now


def _forget(together: weakref.ref[Together], ref: weakref.ref[Any]) -> None:
    """One of the objects is gone."""
    held = together()
    if held is not None:
        held._words = None
        if held.when_gone is not None:
            held.when_gone()
