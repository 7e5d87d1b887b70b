"""`Registry`: holds visitors and answers which one takes a value."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar, overload

from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.texts.warn_at import warn_at
from vartrack.core.texts.wording import worded
from vartrack.core.visitor import Visitor
from vartrack.core.wrapping.attached import IN_FORCE
from vartrack.dispatch.attaching import Attaching
from vartrack.dispatch.frozen import HALVES, Entry, FrozenRegistry
from vartrack.dispatch.mro import MroDispatcher, name_of
from vartrack.dispatch.order import Order
from vartrack.dispatch.resolution import Resolution
from vartrack.dispatch.staleness import StaleCode
from vartrack.errors import RegistrationError, ResetNeededWarning, VisitorWarning

if TYPE_CHECKING:
    from collections.abc import Callable


__all__ = ["Registry"]

V = TypeVar("V", bound="type[Visitor]")


class VisitorDispatcher(MroDispatcher):
    """A dispatcher that takes visitors only."""

    def add(self, signature: Any, func: Visitor) -> None:
        """Have ``func``, an instance of a visitor class, take the one type in ``signature``.

        Raises:
            RegistrationError: ``func`` is not a visitor, or the signature has not one type.
        """
        if not isinstance(func, Visitor) or len(signature) != 1:
            raise RegistrationError(
                "VT206",
                f"{self.name!r} cannot dispatch {worded(signature)} to {worded(func)}.",
                "add an instance of a visitor class for one type, or call registry.register.",
            )
        super().add(signature, func)


class Registry(Attaching):
    """Visitors, and the answer to which one takes a value.

    Args:
        name: what messages call it.
        order: which visitors have a place of their own. None if not given: then the nearest type
            decides.

    .. versionadded:: 0.1
    """

    def __init__(self, name: str, order: Order | None = None) -> None:
        super().__init__()
        self.name = name
        self.dispatcher: MroDispatcher = VisitorDispatcher(name)
        self._entries: dict[type[Visitor], Entry] = {}
        self._order = order or Order()
        #: For each type, the visitors that had it and lost it to an override, the last one last.
        self._overridden: dict[type | str, list[Visitor]] = {}
        self._frozen: FrozenRegistry | None = None
        #: Types that no visitor takes as a whole unless it says ``override=True``.
        self._kept: tuple[type, ...] = ()
        #: What was compiled with this registry.
        self.stale_code = StaleCode()
        self._lock = threading.RLock()

    def __repr__(self) -> str:
        return f"<registry {self.name!r}, {len(self._entries)} visitors>"

    @property
    def order(self) -> Order:
        """Which visitors have a place of their own, whatever their types, and where it is.

        ``register(visitor, before=...)`` gives a visitor a place.
        """
        return self._order

    def __iter__(self) -> Iterator[Visitor]:
        return iter([entry.visitor for entry in list(self._entries.values())])

    def __len__(self) -> int:
        return len(self._entries)

    def entries(self) -> tuple[Entry, ...]:
        """What is registered, in the order it was, each with the line that registered it.

        .. versionadded:: 0.2
        """
        return tuple(self._entries.values())

    def __contains__(self, visitor: type[Visitor]) -> bool:
        return visitor in self._entries

    @overload
    def register(
        self,
        visitor: V,
        *,
        override: bool = False,
        before: type[Visitor] | None = None,
        after: type[Visitor] | None = None,
    ) -> V: ...

    @overload
    def register(
        self,
        visitor: None = None,
        *,
        override: bool = False,
        before: type[Visitor] | None = None,
        after: type[Visitor] | None = None,
    ) -> Callable[[V], V]: ...

    def register(
        self,
        visitor: V | None = None,
        *,
        override: bool = False,
        before: type[Visitor] | None = None,
        after: type[Visitor] | None = None,
    ) -> Any:
        """Add a visitor class; also a decorator, with or without arguments.

        It counts from the next compile on: one that is under way keeps the table it began with,
        and what is compiled already stays until ``torch._dynamo.reset()``; a `ResetNeededWarning`
        says so if there is any.

        Args:
            visitor: the class. One whose ``on_torch`` does not fit the running torch is skipped.
            override: whether it may replace the visitor of a type that is taken. That one keeps
                its other types, and gets this one back when the new visitor is unregistered. Also
                whether it may take all values of a type that torch itself needs.
            before: a visitor of `order` that it is asked before, however near the types of both
                are. Hardly any visitor needs this: without, the nearest type decides.
            after: a visitor of `order` that it is asked after, likewise.

        Returns:
            The class.

        Raises:
            RegistrationError: one of its types is taken or is needed by torch, the class is
                registered already, it is not a visitor class that can be registered, or the
                visitor that it is to stand next to has no place.
        """
        where = _caller()
        place = {"before": before, "after": after}
        if visitor is None:
            return lambda cls: self._add(cls, where, override, place)
        return self._add(visitor, where, override, place)

    def _add(
        self,
        cls: V,
        where: tuple[str, int],
        override: bool,
        place: dict[str, type[Visitor] | None],
    ) -> V:
        _check_class(cls)
        if not cls.is_on_torch():
            return cls
        with self._lock:
            if cls in self._entries:
                raise RegistrationError(
                    "VT202",
                    f"{cls.__name__} is in the registry {self.name!r} already "
                    "(registered at {}:{}).".format(*self._entries[cls].where),
                    "register it once, or unregister it first.",
                )
            entry = Entry(cls(), self._serial + 1, where, any(place.values()))
            if not override:
                self._check_kept(entry)
            order = self._order
            if entry.placed:
                order = order.move(cls, **place)
            if _shares_types(entry.visitor, order):
                self.dispatcher.share(entry.visitor, entry.visitor.types)
            else:
                self._take_types(entry, override)
            self._order = order
            self._serial += 1
            self._entries[cls] = entry
        IN_FORCE.settle()
        self._warn_of_stale_code(f"{cls.__name__} was registered", where)
        _warn_of_doubts(cls, where)
        return cls

    def keep(self, types: Iterable[type]) -> None:
        """Refuse visitors that take all values of one of ``types``, unless they override."""
        self._kept = tuple(dict.fromkeys((*self._kept, *types)))

    def _check_kept(self, entry: Entry) -> None:
        visitor = entry.visitor
        if visitor.when is not None or visitor.when_type is not None:
            return
        for cls in self._kept:
            if cls not in visitor.types and name_of(cls) not in visitor.types:
                continue
            name = cls.__qualname__
            own = f"My{name}" if cls is not object else "MyType"
            raise RegistrationError(
                "VT207",
                f"{visitor.name} (registered at {{}}:{{}}) would take every {name} there is, and "
                "torch itself needs those in what it compiles.".format(*entry.where),
                f"write `types = ({own},)` for a class of your own (subclasses of {name} are "
                "fine), narrow it with `when` or `when_type`, or register with override=True if "
                f"it is to stand in for torch's own {name}.",
            )

    def _warn_of_stale_code(self, change: str, where: tuple[str, int]) -> None:
        names = self.stale_code.take()
        if not names:
            return
        listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if names[3:] else "")
        warning = ResetNeededWarning(
            "VT208",
            f"{change} in the registry {self.name!r} after it was compiled with: {listed}. "
            "What is compiled already stays as it is.",
            "call torch._dynamo.reset() to have it compiled again, or change the registry before "
            "anything is compiled.",
        )
        warn_at(warning, *where)

    def _take_types(self, entry: Entry, override: bool) -> None:
        visitor, dispatcher = entry.visitor, self.dispatcher
        # A name stands for the class of that name too, where that one is taken already.
        of_names = [
            bound
            for bound in dispatcher.bounds
            if not isinstance(bound, str) and name_of(bound) in visitor.types
        ]
        bounds: tuple[type | str, ...] = (*visitor.types, *of_names)
        held = {bound: dispatcher.get(bound) for bound in bounds}
        for bound, holder in held.items():
            if holder is not None and not override:
                raise self._taken(bound, holder, entry)
        for bound, holder in held.items():
            if holder is not None:
                self._overridden.setdefault(bound, []).append(holder)
            dispatcher.put(bound, visitor)

    def _taken(self, bound: type | str, holder: Visitor, entry: Entry) -> RegistrationError:
        old = self._entries.get(type(holder))
        before = "{}:{}".format(*(old.where if old else holder.defined_at))
        after = "{}:{}".format(*entry.where)
        return RegistrationError(
            "VT204",
            f"{bound if isinstance(bound, str) else bound.__qualname__} is taken by "
            f"{holder.name} (registered at {before}); {entry.visitor.name} (registered at {after}) "
            "wants it too.",
            "register with override=True, or unregister the other one first.",
        )

    def unregister(self, visitor: type[Visitor]) -> None:
        """Take a visitor class out. What it overrode has its types again.

        Raises:
            RegistrationError: it is not in this registry.
        """
        with self._lock:
            entry = self._entries.pop(visitor, None)
            if entry is None:
                is_class = isinstance(visitor, type)
                raise RegistrationError(
                    "VT205",
                    f"{visitor.__name__ if is_class else worded(visitor)} is not in the registry "
                    f"{self.name!r}.",
                    "see `list(registry)` for what is"
                    + ("." if is_class else ", and give the class of one."),
                )
            dispatcher = self.dispatcher
            dispatcher.unshare(entry.visitor)
            for bound in dispatcher.bounds:
                before = self._overridden.get(bound, [])
                if entry.visitor in before:
                    before.remove(entry.visitor)
                elif dispatcher.get(bound) is not entry.visitor:
                    continue
                elif before:
                    dispatcher.put(bound, before.pop())
                else:
                    dispatcher.remove(bound)
            if entry.placed:
                self._order = self._order.without(visitor)
        self._warn_of_stale_code(f"{visitor.__name__} was unregistered", _caller())

    @contextlib.contextmanager
    def preserved(self) -> Iterator[Registry]:
        """After the block the registry has the visitors again that it had before.

        For tests, and for a notebook that tries something.

        .. versionadded:: 0.2
        """
        before = self.derive()
        try:
            yield self
        finally:
            with self._lock:
                self._copy(before)

    @contextlib.contextmanager
    def unchanged_if_it_fails(self) -> Iterator[None]:
        """If the block raises, the registry has the visitors again that it had before."""
        before = self.derive()
        try:
            yield
        except BaseException:
            with self._lock:
                self._copy(before)
            raise

    def _copy(self, other: Registry) -> None:
        """Have the visitors that ``other`` has, for the same types."""
        self.dispatcher.become(other.dispatcher)
        self._overridden = {bound: list(held) for bound, held in other._overridden.items()}
        self._entries = dict(other._entries)
        self._order = other._order
        self._kept = other._kept
        self._attach_as(other)

    def derive(self, name: str | None = None) -> Registry:
        """A new registry with the same visitors, independent of this one from now on."""
        with self._lock:
            child = self._empty(name or f"derived from {self.name}")
            child._copy(self)
        return child

    def _empty(self, name: str) -> Registry:
        """A registry of this kind without visitors."""
        return Registry(name)

    def ledger(self) -> Any:
        """What notes the facts that a compile which begins now relies on; None if nothing does."""
        return None

    def frozen(self) -> FrozenRegistry:
        """The visitors as they are now; the same object until something changes."""
        with self._lock:
            if self._frozen is None or not self._frozen.is_of(self.dispatcher, self._order):
                self._frozen = FrozenRegistry(self.dispatcher, self._order)
            return self._frozen

    def resolve(self, value: Any, *, sourced: bool = True) -> Visitor | None:
        """The visitor that takes ``value``, or None.

        Args:
            value: the value itself, not its type.
            sourced: whether the value has a source; the two can differ.
        """
        half = "visit_sourced" if sourced else "visit_sourceless"
        return self.frozen().route(half, type(value)).pick(value)

    def explain_resolution(self, value: Any, *, sourced: bool = True) -> Resolution:
        """Which visitors were asked about ``value``, in order, which one took it, and why.

        Print the result, or read its ``candidates``.
        """
        half = "visit_sourced" if sourced else "visit_sourceless"
        with self._lock:
            frozen, entries = self.frozen(), list(self._entries.values())
        where = {entry.visitor: "{}:{}".format(*entry.where) for entry in entries}
        asked = frozen.candidates(half, type(value))
        return Resolution.of(self.name, value, asked, HALVES[half], where)


def _check_class(cls: Any) -> None:
    """Refuse what is no visitor class, or one that holds no category."""
    if not (isinstance(cls, type) and issubclass(cls, Visitor)):
        raise RegistrationError(
            "VT203",
            f"{worded(cls)} is not a visitor class.",
            "register a class that inherits vartrack.Visitor.",
        )
    if cls.abstract:
        raise RegistrationError(
            "VT201",
            f"{cls.__name__} is a base class and holds no category.",
            "subclass it and register the subclass.",
        )


def _warn_of_doubts(cls: type[Visitor], where: tuple[str, int]) -> None:
    for what, fix in cls.doubts():
        text = f"{cls.__name__} serves no better than torch alone: {what}."
        warn_at(VisitorWarning("VT210", text, f"{fix}."), *where)


def _shares_types(visitor: Visitor, order: Order) -> bool:
    """Whether others may have the same types: ``visitor`` does not take all of their values.

    One that is asked before or after all others leaves what is in between to them.
    """
    if not isinstance(visitor, (Sourced, Sourceless)):
        return True  # of results, whose types are also the types of values
    if visitor.when is not None or visitor.when_type is not None:
        return True
    return any(
        visitor.has_half(half)
        and (place := order.chain(half).place(type(visitor))) is not None
        and place.section != "checks"
        for half in (Sourced, Sourceless)
    )


def _caller() -> tuple[str, int]:
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_globals.get("__name__") == "vartrack.defaults":
        frame = frame.f_back  # `vartrack.register`
    return frame.f_code.co_filename, frame.f_lineno
