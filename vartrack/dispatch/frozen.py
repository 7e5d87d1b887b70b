"""`FrozenRegistry`: the visitors of a registry at one moment, and the route of each type."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from vartrack.core.halves import Sourced, Sourceless, Traced
from vartrack.core.visitor import Visitor
from vartrack.dispatch.mro import MroDispatcher
from vartrack.dispatch.order import Order
from vartrack.dispatch.ranking import ranked
from vartrack.dispatch.resolution import Candidate
from vartrack.dispatch.route import Route

__all__ = ["HALVES", "Entry", "FrozenRegistry", "Table"]

#: From the method of a half to its class.
HALVES = {"visit_sourced": Sourced, "visit_sourceless": Sourceless, "visit_traced": Traced}


def _answers(visitor: Visitor | None, half: type) -> bool:
    return visitor is not None and visitor.has_half(half)


@dataclass(frozen=True)
class Entry:
    """One visitor in a registry.

    Attributes:
        visitor: the visitor.
        serial: grows with each registration, so that the newest can be told.
        where: the file and line that registered it.
        placed: whether it was given its place when it was registered.
    """

    visitor: Visitor
    serial: int
    where: tuple[str, int]
    placed: bool = False


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

    def beyond(self) -> Callable[[type], Route]:
        """What looks routes up after the compile, and keeps no type alive."""
        return self._resolve


class _Failing(Route):
    """The route of a type that a ``when_type`` raised on: it raises again, for each value."""

    __slots__ = ()

    def __init__(self, tests: tuple[Visitor, ...], failing: Visitor, half: str) -> None:
        super().__init__(tests, None, half)
        again = cast("Callable[[type], bool]", failing.when_type)
        self._tests += ((lambda value: again(type(value)), getattr(failing, half), failing),)


class FrozenRegistry:
    """The visitors of a registry at one moment. A compile holds one and sees no later change."""

    def __init__(self, dispatcher: MroDispatcher, order: Order) -> None:
        self.dispatcher = dispatcher.copy()
        self.order = order
        # Weak, so that classes made at run time can go; a compile's own table is strong but short.
        self._memo: dict[str, weakref.WeakKeyDictionary[type, Route]] = {
            half: weakref.WeakKeyDictionary() for half in HALVES
        }

    def is_of(self, dispatcher: MroDispatcher, order: Order) -> bool:
        """Whether nothing was registered in ``dispatcher``, or moved in ``order``, since."""
        return self.order is order and self.dispatcher.is_as(dispatcher)

    def types(self, half: str) -> list[type | str]:
        """The types, or the names of types, that visitors with ``half`` take."""
        base, dispatcher = HALVES[half], self.dispatcher
        own = [bound for bound in dispatcher.bounds if _answers(dispatcher.get(bound), base)]
        shared = [
            bound
            for bound, sharing in dispatcher.shared.items()
            if any(visitor.has_half(base) for visitor in sharing)
        ]
        return list(dict.fromkeys((*own, *shared)))

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
            if not visitor.has_half(base):
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
        kinds: tuple[type[Any], ...] = (
            (Traced,) if half == "visit_traced" else (Sourced, Sourceless)
        )
        near = (one for one in self.dispatcher.near(cls) if isinstance(one.func, kinds))
        base = HALVES[half]
        return ranked(near, cls, base, self.order.chain(base))
