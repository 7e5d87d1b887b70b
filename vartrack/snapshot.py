"""`Snapshot`: the visitors of a registry at one moment, and the route of each type."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from vartrack.dispatch import MroDispatcher, bounds_of, name_of
from vartrack.halves import Sourced, Sourceless, Traced
from vartrack.ordering import Standing, in_order
from vartrack.resolution import Candidate
from vartrack.route import Route
from vartrack.visitor import Visitor

__all__ = ["HALVES", "Entry", "Snapshot", "Table"]

#: From the method of a half to its class.
HALVES = {"visit_sourced": Sourced, "visit_sourceless": Sourceless, "visit_traced": Traced}


@dataclass(frozen=True)
class Entry:
    """One visitor in a registry.

    Attributes:
        visitor: the visitor.
        serial: grows with each registration, so that the newest can be told.
        where: the file and line that registered it.
    """

    visitor: Visitor
    serial: int
    where: tuple[str, int]

    @property
    def tested(self) -> bool:
        """Whether the order of the dispatcher alone does not say when the visitor is asked."""
        visitor = self.visitor
        if not isinstance(visitor, (Sourced, Sourceless)):
            return True  # of results, whose types are also the types of values
        return bool(visitor.layer) or visitor.when is not None or visitor.when_type is not None


class Table(dict[type, Route]):
    """From a type to its route; a type that is met for the first time is resolved then."""

    def __init__(
        self, resolve: Callable[[type], Route], types: Callable[[], list[type | str]] = list
    ) -> None:
        super().__init__()
        self._resolve = resolve
        #: Lists the types that have visitors, or their names.
        self.types = types

    def __missing__(self, cls: type) -> Route:
        route = self[cls] = self._resolve(cls)
        return route


class _Failing(Route):
    """The route of a type that a ``when_type`` raised on: it raises again, for each value."""

    __slots__ = ()

    def __init__(self, tests: tuple[Visitor, ...], failing: Visitor, half: str) -> None:
        super().__init__(tests, None, half)
        again = cast("Callable[[type], bool]", failing.when_type)
        self._steps += ((lambda value: again(type(value)), getattr(failing, half), failing),)


class Snapshot:
    """The visitors of a registry at one moment. A compile holds one and sees no later change."""

    def __init__(self, dispatcher: MroDispatcher, tested: tuple[Entry, ...]) -> None:
        self.dispatcher = dispatcher.copy()
        self.tested = tested
        self._tested_types = tuple(
            dict.fromkeys(b for e in tested for b in e.visitor.types if not isinstance(b, str))
        )
        # Weak, so that classes made at run time can go; a compile's own table is strong but short.
        self._memo: dict[str, weakref.WeakKeyDictionary[type, Route]] = {
            half: weakref.WeakKeyDictionary() for half in HALVES
        }

    def is_of(self, dispatcher: MroDispatcher, tested: tuple[Entry, ...]) -> bool:
        """Whether nothing was registered in ``dispatcher`` or ``tested`` since."""
        mine = self.dispatcher
        same = mine.funcs == dispatcher.funcs and mine.named == dispatcher.named
        return same and self.tested is tested

    def types(self, half: str) -> list[type | str]:
        """The types, or the names of types, that visitors with ``half`` take."""
        base = HALVES[half]
        plain = (bound for bound in self.dispatcher.types if self._has(bound, base))
        named = (bound for bound in self.dispatcher.named if self._has(bound, base))
        tested = (t for e in self.tested if isinstance(e.visitor, base) for t in e.visitor.types)
        return list(dict.fromkeys((*plain, *named, *tested)))

    def _has(self, bound: type | str, half: type) -> bool:
        return isinstance(self.dispatcher.get(bound), half)

    def table(self, half: str) -> Table:
        """A new table of routes for ``half``."""
        return Table(functools.partial(self.route, half), functools.partial(self.types, half))

    def route(self, half: str, cls: type) -> Route:
        """The route of ``cls`` for ``half``."""
        memo = self._memo[half]
        route = memo.get(cls)
        if route is None:
            route = memo[cls] = self._route(half, cls)
        return route

    def _route(self, half: str, cls: type) -> Route:
        base = HALVES[half]
        tests: list[Visitor] = []
        for candidate in self.candidates(half, cls):
            visitor = candidate.visitor
            if not isinstance(visitor, base):
                continue
            if candidate.error is not None:
                return _Failing(tuple(tests), visitor, half)
            if not candidate.type_fits:
                continue
            if visitor.when is None:
                return Route(tuple(tests), visitor, half)
            tests.append(visitor)
        return Route(tuple(tests), None, half)

    def candidates(self, half: str, cls: type) -> Iterator[Candidate]:
        """Every visitor one of whose types ``cls`` falls under, in the order they are asked.

        Those of results are asked about results only, and the others about values only.
        """
        bounds = bounds_of(cls, [*self.dispatcher.types, *self._tested_types])
        places: dict[type | str, int] = {}
        for place, bound in enumerate(bounds):
            places[bound] = place
            places.setdefault(name_of(bound), place)

        kinds: tuple[type[Any], ...] = (
            (Traced,) if half == "visit_traced" else (Sourced, Sourceless)
        )
        standings = []
        for entry in self.tested:
            visitor = entry.visitor
            if not isinstance(visitor, kinds):
                continue
            place = min((places[bound] for bound in visitor.types if bound in places), default=-1)
            if place >= 0 and not (visitor.exact and place):
                standings.append(Standing(visitor, bounds[place], place, False, entry.serial))
        for place, bound in enumerate(bounds):
            plain = self.dispatcher.get(bound)
            if isinstance(plain, kinds) and not (plain.exact and place):
                standings.append(Standing(plain, bound, place, True))
        return in_order(standings, cls, HALVES[half])
