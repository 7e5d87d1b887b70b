"""`Attached`: what registries in force have in place in torch, each thing once."""

from __future__ import annotations

import threading
from typing import Protocol

from vartrack.core.wrappers import Table

__all__ = ["IN_FORCE", "Attached"]


class _Holder(Protocol):
    """A registry, as far as this file goes."""

    @property
    def attached(self) -> tuple[Table, ...]: ...


class Attached:
    """Tables that are in place as long as a registry in force has them.

    They lie on top of each other, as two may wrap the same function. So one that goes takes those
    above it out as well, and they are put in again.
    """

    def __init__(self) -> None:
        self._holders: list[_Holder] = []
        self._in_place: list[Table] = []
        self._lock = threading.RLock()

    def enter(self, holder: _Holder) -> None:
        """Put in place what ``holder`` has."""
        with self._lock:
            self._holders.append(holder)
            self.settle()

    def leave(self, holder: _Holder) -> None:
        """Take out what ``holder`` has, and nobody else."""
        with self._lock:
            self._holders.reverse()
            self._holders.remove(holder)
            self._holders.reverse()
            self.settle()

    def settle(self) -> None:
        """Have in place what those in force have now, and nothing else."""
        with self._lock:
            tables = (table for holder in self._holders for table in holder.attached)
            wanted = list(dict.fromkeys(tables))
            same = 0
            for one, other in zip(wanted, self._in_place, strict=False):
                if one is not other:
                    break
                same += 1
            while len(self._in_place) > same:
                self._in_place.pop().remove()
            for table in wanted[same:]:
                table.add()
                self._in_place.append(table)


#: For the registries that are installed or used.
IN_FORCE = Attached()
