"""A multipledispatch `Dispatcher` that follows the method resolution order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from multipledispatch import Dispatcher

__all__ = ["MroDispatcher", "bounds_of", "name_of"]


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


class MroDispatcher(Dispatcher):
    """Dispatches on one argument, the nearest registered base of its type first.

    multipledispatch itself orders signatures by a partial order over all of them, and of two
    unrelated bases takes the one registered last. Only ``dispatch_iter`` is replaced, so
    ``dispatch``, ``funcs``, ``add`` and ``help`` mean what multipledispatch says they do.

    A function whose ``exact`` is true answers for its own type and not for subclasses.

    Attributes:
        named: functions for classes known by name only, as ``"package.module:Name"``. The
            function of the class itself, in ``funcs``, goes before.
    """

    def __init__(self, name: str, doc: str | None = None) -> None:
        super().__init__(name, doc)
        self.named: dict[str, Any] = {}

    @property
    def types(self) -> list[type]:
        """The types that have a function of their own, in the order they were first added."""
        return [signature[0] for signature in list(self.funcs) if len(signature) == 1]

    def get(self, bound: type | str) -> Any:
        """The function for ``bound`` itself, a class or the name of one; None if there is none."""
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
        """Forget the function for ``bound``."""
        if isinstance(bound, str):
            del self.named[bound]
        else:
            # added again first, so that what multipledispatch keeps beside `funcs` is renewed
            self.add((bound,), self.funcs[(bound,)])
            del self.funcs[(bound,)]

    def dispatch_iter(self, *types: type) -> Iterator[Any]:
        (cls,) = types
        for bound in bounds_of(cls, self.types):
            found = self.get(bound)
            if found is not None and (bound is cls or not getattr(found, "exact", False)):
                yield found

    def copy(self, name: str | None = None) -> MroDispatcher:
        """A dispatcher with the same functions, independent of this one from now on."""
        copy = type(self)(name or self.name, self.doc)
        copy.funcs = dict(self.funcs)
        copy.named = dict(self.named)
        return copy
