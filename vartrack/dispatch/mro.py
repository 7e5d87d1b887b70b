"""A multipledispatch `Dispatcher` that follows the method resolution order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from multipledispatch import Dispatcher

__all__ = ["MroDispatcher", "Near", "bounds_of", "name_of"]


def name_of(cls: type) -> str:
    """``cls`` as ``"package.module:Name"``."""
    return f"{getattr(cls, '__module__', '')}:{cls.__qualname__}"


def bounds_of(cls: type, registered: Iterable[type]) -> list[type]:
    """The types that a value of ``cls`` may be dispatched by, the nearest first.

    Real bases come in method resolution order, then those of ``registered`` that accept ``cls``
    as a virtual subclass (each before its own bases; apart from that, the last registered first),
    then ``object``.
    """
    real = [base for base in cls.__mro__ if base is not object]
    known = {*real, object}
    left = [new for new in dict.fromkeys(registered) if new not in known and _accepts(new, cls)]
    virtual: list[type] = []
    while left:
        free = [one for one in left if not any(_accepts(one, o) for o in left if o is not one)]
        virtual.append((free or left)[-1])
        left.remove(virtual[-1])
    return [*real, *virtual, object]


def _accepts(candidate: type, cls: type) -> bool:
    try:
        return issubclass(cls, candidate)
    except Exception:  # a protocol with data members, a metaclass that objects
        return False


@dataclass(frozen=True)
class Near:
    """A function that answers for a type, and how near the type is that it was given for.

    Attributes:
        func: the function.
        bound: which of its types covers the one that is asked about, the nearest if several do.
        own: whether it has ``bound`` to itself: what ``funcs`` holds, not what shares the type.
    """

    func: Any
    bound: type
    own: bool


class MroDispatcher(Dispatcher):
    """Dispatches on one argument, the nearest registered base of its type first.

    multipledispatch itself orders signatures by a partial order over all of them, and of two
    unrelated bases takes the one registered last. Here ``dispatch_iter`` follows the method
    resolution order, and a type can have several functions: besides the one in ``funcs``, which
    answers for all values, those that *share* the type, which answer for some. ``funcs``, ``add``
    and ``help`` mean what multipledispatch says they do; ``dispatch`` gives the nearest function
    that answers for all values, and ``dispatch_iter`` all functions, as one that declines hands
    on to the next.

    A function whose ``exact`` is true answers for its own type and not for subclasses. Of those
    that share a type the one with the higher ``priority`` comes first, then the newest.

    Attributes:
        named: functions for classes known by name only, as ``"package.module:Name"``. The
            function of the class itself, in ``funcs``, goes before.
        shared: the functions that share a type, a class or the name of one, each with a number
            that grows.
    """

    def __init__(self, name: str, doc: str | None = None) -> None:
        super().__init__(name, doc)
        self.named: dict[str, Any] = {}
        self.shared: dict[type | str, dict[Any, int]] = {}
        self._last_number = 0

    @property
    def types(self) -> list[type]:
        """The types that have functions; first those with one to themselves, as they came."""
        own = [signature[0] for signature in list(self.funcs) if len(signature) == 1]
        shared = [bound for bound in list(self.shared) if not isinstance(bound, str)]
        return list(dict.fromkeys((*own, *shared)))

    @property
    def bounds(self) -> list[type | str]:
        """The types, and the names of types, that have a function to themselves."""
        return [*self.named, *(signature[0] for signature in list(self.funcs))]

    def get(self, bound: type | str) -> Any:
        """The function that has ``bound``, a class or the name of one, to itself; or None."""
        if isinstance(bound, str):
            return self.named.get(bound)
        found = self.funcs.get((bound,))
        return self.named.get(name_of(bound)) if found is None and self.named else found

    def put(self, bound: type | str, func: Any) -> None:
        """Have ``func`` answer for ``bound``; for a class the same as ``add``."""
        if isinstance(bound, str):
            self.named[bound] = func
        else:
            self.add((bound,), func)

    def remove(self, bound: type | str) -> None:
        """Forget the function that has ``bound`` to itself."""
        if isinstance(bound, str):
            del self.named[bound]
        else:
            # added again first, so that what multipledispatch keeps beside `funcs` is renewed
            self.add((bound,), self.funcs[(bound,)])
            del self.funcs[(bound,)]

    def share(self, func: Any, bounds: Iterable[type | str]) -> None:
        """Have ``func`` answer for some values of ``bounds``, beside whoever else does."""
        self._last_number += 1
        for bound in bounds:
            # made anew and not changed, as copies hold it too
            self.shared[bound] = {**self.shared.get(bound, {}), func: self._last_number}

    def unshare(self, func: Any) -> None:
        """Forget a function that shares its types."""
        left = (
            (bound, {one: number for one, number in sharing.items() if one is not func})
            for bound, sharing in self.shared.items()
        )
        self.shared = {bound: sharing for bound, sharing in left if sharing}

    def near(self, cls: type) -> Iterator[Near]:
        """The functions that answer for values of ``cls``, each once, the nearest first.

        At one type those that share it come before the one that has it to itself.
        """
        seen: set[int] = set()
        for bound in bounds_of(cls, self.types):
            sharing = self.shared.get(bound, {})
            if self.shared and (by_name := self.shared.get(name_of(bound))):
                sharing = {**sharing, **by_name}
            ranked = sorted(sharing, key=lambda one: (-one.priority, -sharing[one]))
            for func, own in (*((one, False) for one in ranked), (self.get(bound), True)):
                if func is None or id(func) in seen:
                    continue
                if bound is cls or not getattr(func, "exact", False):
                    seen.add(id(func))
                    yield Near(func, bound, own)

    def dispatch(self, *types: type) -> Any:
        """The nearest function that answers for all values of the type; None if there is none."""
        (cls,) = types
        return next((one.func for one in self.near(cls) if one.own), None)

    def dispatch_iter(self, *types: type) -> Iterator[Any]:
        """All functions that answer for values of the type, the nearest first."""
        (cls,) = types
        return (one.func for one in self.near(cls))

    def copy(self, name: str | None = None) -> MroDispatcher:
        """A dispatcher with the same functions, independent of this one from now on."""
        copy = type(self)(name or self.name, self.doc)
        copy.become(self)
        return copy

    def become(self, other: MroDispatcher) -> None:
        """Have the functions that ``other`` has, for the same types, and no others."""
        for bound in self.bounds:
            self.remove(bound)
        for bound in other.bounds:
            self.put(bound, other.get(bound))
        self.shared = dict(other.shared)
        self._last_number = other._last_number

    def is_as(self, other: MroDispatcher) -> bool:
        """Whether both have the same functions for the same types."""
        return (self.funcs, self.named, self.shared) == (other.funcs, other.named, other.shared)
