"""`Registry`: holds visitors and answers which one takes a value."""

from __future__ import annotations

import functools
import sys
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from vartrack import compat
from vartrack.dispatch import MroDispatcher, bounds_of
from vartrack.errors import RegistrationError
from vartrack.halves import Sourced, Sourceless
from vartrack.resolution import Candidate, Resolution
from vartrack.route import Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from vartrack.visitor import Visitor

__all__ = ["Entry", "Registry", "Snapshot", "Table"]

V = TypeVar("V", bound="type[Visitor]")

_HALVES = {"visit_sourced": Sourced, "visit_sourceless": Sourceless}


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
        return (
            bool(visitor.layer)
            or visitor.when is not None
            or visitor.when_type is not None
            or any(isinstance(bound, str) for bound in visitor.types)
        )


class Table(dict[type, Route]):
    """From a type to its route; a type that is met for the first time is resolved then."""

    def __init__(self, resolve: Callable[[type], Route]) -> None:
        super().__init__()
        self._resolve = resolve

    def __missing__(self, cls: type) -> Route:
        route = self[cls] = self._resolve(cls)
        return route


class Snapshot:
    """The visitors of a registry at one moment. A compile holds one and sees no later change."""

    def __init__(self, dispatcher: MroDispatcher, tested: tuple[Entry, ...]) -> None:
        self.dispatcher = MroDispatcher(dispatcher.name)
        self.dispatcher.funcs = dict(dispatcher.funcs)
        self.tested = tested
        # Weak, so that classes made at run time can go; a compile's own table is strong but short.
        self._memo: dict[str, weakref.WeakKeyDictionary[type, Route]] = {
            half: weakref.WeakKeyDictionary() for half in _HALVES
        }

    def is_of(self, dispatcher: MroDispatcher, tested: tuple[Entry, ...]) -> bool:
        """Whether nothing was registered in ``dispatcher`` or ``tested`` since."""
        return self.tested is tested and self.dispatcher.funcs == dispatcher.funcs

    def table(self, half: str) -> Table:
        """A new table of routes for ``half``."""
        return Table(functools.partial(self.route, half))

    def route(self, half: str, cls: type) -> Route:
        """The route of ``cls`` for ``half``."""
        memo = self._memo[half]
        route = memo.get(cls)
        if route is None:
            route = memo[cls] = self._route(half, cls)
        return route

    def _route(self, half: str, cls: type) -> Route:
        base = _HALVES[half]
        tests = []
        for candidate in self.candidates(cls):
            visitor = candidate.visitor
            if not isinstance(visitor, base) or not candidate.type_fits:
                continue
            if visitor.when is None:
                return Route(tuple(tests), visitor, half)
            tests.append(visitor)
        return Route(tuple(tests), None, half)

    def candidates(self, cls: type) -> Iterator[Candidate]:
        """Every visitor one of whose types ``cls`` falls under, in the order they are tried.

        Layers come in the order "first", "", "last", ``object``. In the middle one the nearest
        type goes first; of equally near visitors the tests go before the plain one, by priority,
        then the newest. In the others priority counts before nearness.
        """
        registered = [sig[0] for sig in self.dispatcher.funcs if len(sig) == 1]
        registered += [
            bound for entry in self.tested for bound in entry.visitor.types if type(bound) is not str
        ]
        bounds = bounds_of(cls, tuple(registered))
        places = {bound: place for place, bound in enumerate(bounds)}
        names = {f"{b.__module__}:{b.__qualname__}": place for place, b in enumerate(bounds)}

        order: list[tuple[tuple[int, ...], Candidate]] = []
        for entry in self.tested:
            visitor = entry.visitor
            place = min(
                (
                    found
                    for bound in visitor.types
                    if (found := (names if isinstance(bound, str) else places).get(bound))
                    is not None
                    and not (visitor.exact and found)
                ),
                default=None,
            )
            if place is None:
                continue
            newest = -entry.serial
            if visitor.layer:
                layer = -1 if visitor.layer == "first" else 1
                rank = (layer, -visitor.priority, place, 0, newest)
            else:
                rank = (0, place, 0, -visitor.priority, newest)
            fits = visitor.when_type is None or visitor.when_type(cls)
            order.append((rank, Candidate(visitor, bounds[place], fits)))
        for bound in bounds:
            visitor = self.dispatcher.funcs.get((bound,))
            if visitor is None or (visitor.exact and bound is not cls):
                continue
            place = places[bound]
            rank = (2 if bound is object else 0, place, 1, 0, 0)
            order.append((rank, Candidate(visitor, bound, True)))
        order.sort(key=lambda row: row[0])
        return (candidate for _, candidate in order)


class Registry:
    """Visitors, and the answer to which one takes a value.

    Args:
        name: what messages call it.

    .. versionadded:: 0.1
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.dispatcher = MroDispatcher(name)
        self._entries: dict[type[Visitor], Entry] = {}
        self._tested: tuple[Entry, ...] = ()
        self._snapshot: Snapshot | None = None
        self._serial = 0
        self._lock = threading.RLock()

    def __repr__(self) -> str:
        return f"<registry {self.name!r}, {len(self._entries)} visitors>"

    def __iter__(self) -> Iterator[Visitor]:
        return iter([entry.visitor for entry in self._entries.values()])

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, visitor: type[Visitor]) -> bool:
        return visitor in self._entries

    @overload
    def register(self, visitor: V, *, override: bool = False) -> V: ...

    @overload
    def register(self, visitor: None = None, *, override: bool = False) -> Callable[[V], V]: ...

    def register(self, visitor: V | None = None, *, override: bool = False) -> Any:
        """Add a visitor class; also a decorator, with or without arguments.

        It counts from the next compile on: one that is under way keeps the table it began with,
        and what is compiled already stays until ``torch._dynamo.reset()``.

        Args:
            visitor: the class. One whose ``torch`` does not fit the running torch is skipped.
            override: whether it may replace the visitor of a type that is taken.

        Returns:
            The class.

        Raises:
            RegistrationError: one of its types is taken, or the class is registered already.
        """
        where = _caller()
        if visitor is None:
            return lambda cls: self._add(cls, where, override)
        return self._add(visitor, where, override)

    def _add(self, cls: V, where: tuple[str, int], override: bool) -> V:
        if cls.abstract:
            raise RegistrationError(
                "VT201",
                f"{cls.__name__} is a base class and holds no category.",
                "subclass it and register the subclass.",
            )
        if not compat.runs_on(cls.torch):
            return cls
        with self._lock:
            if cls in self._entries:
                raise RegistrationError(
                    "VT202",
                    f"{cls.__name__} is in the registry {self.name!r} already, "
                    "from {}:{}.".format(*self._entries[cls].where),
                    "register it once, or unregister it first.",
                )
            self._serial += 1
            entry = Entry(cls(), self._serial, where)
            if not entry.tested:
                self._take_types(entry, override)
            self._entries[cls] = entry
            self._tested = tuple(e for e in self._entries.values() if e.tested)
        return cls

    def _take_types(self, entry: Entry, override: bool) -> None:
        visitor = entry.visitor
        for bound in visitor.types:
            holder = self.dispatcher.funcs.get((bound,))
            if holder is None:
                continue
            if not override:
                old = self._entries.get(type(holder))
                before = "{}:{}".format(*(old.where if old else holder.defined_at))
                after = "{}:{}".format(*entry.where)
                raise RegistrationError(
                    "VT204",
                    f"{bound.__qualname__} is taken by {holder.name} (registered at {before}); "
                    f"{visitor.name} (registered at {after}) wants it too.",
                    "register with override=True, or unregister the other one first.",
                )
        for bound in visitor.types:
            self.dispatcher.add((bound,), visitor)

    def unregister(self, visitor: type[Visitor]) -> None:
        """Take a visitor class out.

        Raises:
            RegistrationError: it is not in this registry.
        """
        with self._lock:
            entry = self._entries.pop(visitor, None)
            if entry is None:
                raise RegistrationError(
                    "VT205",
                    f"{visitor.__name__} is not in the registry {self.name!r}.",
                    "see `list(registry)` for what is.",
                )
            for signature, holder in list(self.dispatcher.funcs.items()):
                if holder is entry.visitor:
                    del self.dispatcher.funcs[signature]
            self._tested = tuple(e for e in self._entries.values() if e.tested)

    def derive(self, name: str | None = None) -> Registry:
        """A new registry with the same visitors, independent of this one from now on."""
        with self._lock:
            child = Registry(name or f"derived from {self.name}")
            child.dispatcher.funcs = dict(self.dispatcher.funcs)
            child._entries = dict(self._entries)
            child._tested = self._tested
            child._serial = self._serial
        return child

    def snapshot(self) -> Snapshot:
        """The visitors as they are now; the same object until something changes."""
        with self._lock:
            if self._snapshot is None or not self._snapshot.is_of(self.dispatcher, self._tested):
                self._snapshot = Snapshot(self.dispatcher, self._tested)
            return self._snapshot

    def resolve(self, value: Any, *, sourced: bool = True) -> Visitor | None:
        """The visitor that takes ``value``, or None.

        Args:
            value: the value itself, not its type.
            sourced: whether the value has a source; the two can differ.
        """
        half = "visit_sourced" if sourced else "visit_sourceless"
        return self.snapshot().route(half, type(value)).pick(value)

    def explain_resolution(self, value: Any, *, sourced: bool = True) -> Resolution:
        """Which visitors were asked about ``value``, in order, which one took it, and why.

        Print the result, or read its ``candidates``.
        """
        half = _HALVES["visit_sourced" if sourced else "visit_sourceless"]
        where = {entry.visitor: entry.where for entry in self._entries.values()}
        return Resolution.of(self, value, self.snapshot().candidates(type(value)), half, where)


def _caller() -> tuple[str, int]:
    here = str(Path(__file__).parent)
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(here + "/registry"):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno
