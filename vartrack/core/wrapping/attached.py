"""`Attached`: what registries in force have in place in torch, each thing once."""

from __future__ import annotations

import threading
from typing import Protocol

from vartrack.core.wrapping.handlers import forget_handlers, is_of_torch
from vartrack.core.wrapping.wrappers import Table

__all__ = ["IN_FORCE", "Attached"]


class _Holder(Protocol):
    """A registry, as far as this file goes."""

    @property
    def attached(self) -> tuple[Table, ...]: ...

    @property
    def beneath(self) -> tuple[Table, ...]: ...


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
        """Put in place what ``holder`` has; if that fails, nothing of it is."""
        with self._lock:
            self._holders.append(holder)
            try:
                self.settle()
            except BaseException:
                self.leave(holder)
                raise

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
            beneath = [table for holder in self._holders for table in holder.beneath]
            above = [table for holder in self._holders for table in holder.attached]
            wanted = list(dict.fromkeys(beneath + above))
            same = 0
            for one, other in zip(wanted, self._in_place, strict=False):
                if one is not other:
                    break
                same += 1
            while len(self._in_place) > same:
                self._in_place.pop().remove()
            for table in wanted[same:]:
                self._in_place.append(table)  # before, as one that fails may be in place in part
                table.add()
            if wanted[same:]:
                forget_handlers(is_of_torch)  # they may hold what was not wrapped yet


#: For the registries that are installed or used.
IN_FORCE = Attached()
