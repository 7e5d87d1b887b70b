"""`Declarations`: what was declared, of which classes and objects."""

from __future__ import annotations

import weakref
from typing import Any, ClassVar

__all__ = ["EVERYWHERE", "Declarations"]


class Declarations:
    """Which attributes change, and which objects never do.

    Objects are known by identity, and forgotten when they are gone.

    Attributes:
        of_any_frozen: whether anything was ever declared to be frozen, anywhere.
    """

    of_any_frozen: ClassVar[bool] = False

    def __init__(self) -> None:
        self._dynamic: weakref.WeakKeyDictionary[type, frozenset[str]] = weakref.WeakKeyDictionary()
        self._frozen: weakref.WeakSet[type] = weakref.WeakSet()
        self._dynamic_objects: dict[int, frozenset[str]] = {}
        self._frozen_objects: set[int] = set()
        self._alive: dict[int, weakref.ref[Any]] = {}
        #: Whether anything was ever declared; what is asked of each value is asked only then.
        self.is_used = False

    def add_dynamic(self, target: Any, names: frozenset[str]) -> None:
        """Attributes called ``names`` of ``target``, a class or an object, change."""
        self.is_used = True
        if isinstance(target, type):
            self._dynamic[target] = self._dynamic.get(target, frozenset()) | names
        else:
            known = self._dynamic_objects.get(self._id(target), frozenset())
            self._dynamic_objects[id(target)] = known | names

    def add_frozen(self, target: Any) -> None:
        """``target``, or the instances of exactly that class, never change."""
        Declarations.of_any_frozen = self.is_used = True
        if isinstance(target, type):
            self._frozen.add(target)
        else:
            self._frozen_objects.add(self._id(target))

    def dynamic(self, value: Any) -> frozenset[str]:
        """The names of the attributes of ``value`` that change, which may be a class itself."""
        names = self._dynamic_objects.get(id(value), frozenset())
        if not self._dynamic:
            return names
        classes = type(value).__mro__
        if isinstance(value, type):
            classes += value.__mro__
        return names.union(*(self._dynamic.get(cls, frozenset()) for cls in classes))

    def is_frozen(self, value: Any) -> bool:
        """Whether ``value`` never changes."""
        return id(value) in self._frozen_objects or type(value) in self._frozen

    def is_named(self, value: Any) -> bool:
        """Whether anything is declared of ``value``."""
        return self.is_frozen(value) or bool(self.dynamic(value))

    def _id(self, target: Any) -> int:
        key = id(target)
        if key not in self._alive:
            self._alive[key] = weakref.ref(target, lambda _: self._forget(key))
        return key

    def _forget(self, key: int) -> None:
        self._alive.pop(key, None)
        self._dynamic_objects.pop(key, None)
        self._frozen_objects.discard(key)


#: What was declared without naming a registry.
EVERYWHERE = Declarations()
