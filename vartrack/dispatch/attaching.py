"""`Attaching`: what a registry has in place in torch while it is in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from vartrack.core.wrapping.attached import IN_FORCE

if TYPE_CHECKING:
    from vartrack.core.wrapping.wrappers import Table

__all__ = ["Attaching"]


class Attaching:
    """The half of a registry that says what is in place in torch while it is in force."""

    #: What every registry of this kind has in place.
    always_attached: ClassVar[tuple[Table, ...]] = ()

    def __init__(self) -> None:
        self._attached: tuple[Table, ...] = ()
        self._for_more: tuple[Table, ...] = ()
        #: How many registrations there were when ``_for_more`` was given.
        self._complete_at = 0
        #: How many there were by now.
        self._serial = 0

    @property
    def attached(self) -> tuple[Table, ...]:
        """What is in place in torch while this registry is in force.

        .. versionadded:: 0.2
        """
        return (*self.always_attached, *self._attached)

    def attach(self, *tables: Table) -> None:
        """Have ``tables`` in place in torch while this registry, or a derived one, is in force.

        Args:
            tables: each puts something into torch with ``add``, and takes it out with ``remove``.

        .. versionadded:: 0.2
        """
        self._attached = tuple(dict.fromkeys((*self._attached, *tables)))
        IN_FORCE.settle()

    @property
    def beneath(self) -> tuple[Table, ...]:
        """What is in place beneath all that is attached, whichever registry came first."""
        return self._for_more if self._serial > self._complete_at else ()

    def attach_for_more(self, *tables: Table) -> None:
        """Have ``tables`` in place, beneath others, once there is a visitor that is not here yet.

        The trackers of those that are here are torch's own, and need none.
        """
        self._for_more, self._complete_at = tables, self._serial

    def _attach_as(self, other: Attaching) -> None:
        """Have in place what ``other`` has, beside what every registry of this kind has."""
        self._attached = other._attached
        self._for_more = other._for_more
        self._complete_at = other._complete_at
        self._serial = other._serial
        IN_FORCE.settle()
