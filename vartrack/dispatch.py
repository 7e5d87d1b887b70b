"""A multipledispatch `Dispatcher` that follows the method resolution order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from multipledispatch import Dispatcher

__all__ = ["MroDispatcher", "bounds_of"]


def bounds_of(cls: type, registered: Iterator[type] | tuple[type, ...]) -> list[type]:
    """The types that a value of ``cls`` may be dispatched by, the nearest first.

    Real bases come in method resolution order, then those of ``registered`` that accept ``cls``
    as a virtual subclass (the most derived first, among unrelated ones the last registered
    first), then ``object``.
    """
    real = cls.__mro__
    known = set(real)
    virtual: list[type] = []
    for candidate in registered:
        if candidate not in known and _accepts(candidate, cls):
            place = next((i for i, seen in enumerate(virtual) if issubclass(candidate, seen)), None)
            if place is None:
                # unrelated to, or a base of, what is there: before the first unrelated one
                place = next(
                    (i for i, seen in enumerate(virtual) if not issubclass(seen, candidate)),
                    len(virtual),
                )
            virtual.insert(place, candidate)
    return [*real[:-1], *virtual, object]


def _accepts(candidate: type, cls: type) -> bool:
    try:
        return issubclass(cls, candidate)
    except TypeError:  # a protocol with data members, a metaclass that objects
        return False


class MroDispatcher(Dispatcher):
    """Dispatches on one argument, the nearest registered base of its type first.

    multipledispatch itself orders signatures by a partial order over all of them, and of two
    unrelated bases takes the one registered last. Only ``dispatch_iter`` is replaced, so
    ``dispatch``, ``funcs``, ``add`` and ``help`` mean what multipledispatch says they do.

    A function whose ``exact`` is true answers for its own type and not for subclasses.
    """

    def dispatch_iter(self, *types: type) -> Iterator[Any]:
        (cls,) = types
        for bound in bounds_of(cls, tuple(sig[0] for sig in self.funcs if len(sig) == 1)):
            found = self.funcs.get((bound,))
            if found is not None and (bound is cls or not getattr(found, "exact", False)):
                yield found
