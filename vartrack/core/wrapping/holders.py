"""`Holders`: which names of which modules hold some objects, without looking through all again."""

from __future__ import annotations

import itertools
import operator
import sys
from collections.abc import Callable, Collection, Container
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary, ref

__all__ = ["Holders"]

#: The namespace of a module; a subclass may do something when asked for ``__dict__``.
_namespace: Callable[[ModuleType], dict[str, Any]] = vars(ModuleType)["__dict__"].__get__


class Holders:
    """The names under which modules hold some objects.

    A module is looked through when it is first seen, and again when it has more or fewer names
    than before. In between only the names that held one then, and the usual ones that it had, are
    looked at.

    Args:
        usual: names that may come to hold one, whatever they held when looked at.
        wanted: whether a module counts, by its name and itself.
    """

    def __init__(
        self,
        usual: Collection[str],
        wanted: Callable[[str, ModuleType], bool] = lambda name, module: True,
    ) -> None:
        self.usual = frozenset(usual)
        self.wanted = wanted
        self._modules: list[ref[ModuleType]] = []
        #: How many names each of them had.
        self._sizes: list[int] = []
        #: By a module that counts the names that may hold one; only some have any.
        self._names: WeakKeyDictionary[ModuleType, frozenset[str]] = WeakKeyDictionary()

    def of(self, objects: Container[int]) -> list[tuple[ModuleType, str]]:
        """Each module that holds one now, and the name there.

        Args:
            objects: the addresses of the objects, which the caller keeps alive.
        """
        modules = [each for each in list(sys.modules.values()) if isinstance(each, ModuleType)]
        self._line_up(modules)
        sizes = list(map(len, map(_namespace, modules)))
        if sizes != self._sizes:
            for module in itertools.compress(modules, map(operator.ne, sizes, self._sizes)):
                self._look_through(module, objects)
            self._sizes = sizes
        found = []
        for module, names in list(self._names.items()):
            namespace = _namespace(module)
            found += [(module, name) for name in names if id(namespace.get(name)) in objects]
        return found

    def _line_up(self, modules: list[ModuleType]) -> None:
        """Have the sizes in the order of ``modules``; that of one which is new is -1."""
        before = [one() for one in self._modules]
        if len(modules) != len(before) or not all(map(operator.is_, before, modules)):
            known = {id(one): size for one, size in zip(before, self._sizes, strict=True)}
            self._modules = list(map(ref, modules))
            self._sizes = [known.get(id(one), -1) for one in modules]
            there = set(map(id, modules))
            for module in [one for one in self._names if id(one) not in there]:
                del self._names[module]

    def _look_through(self, module: ModuleType, objects: Container[int]) -> None:
        namespace = _namespace(module)
        if not self.wanted(str(namespace.get("__name__")), module):
            return
        held = {name for name, value in list(namespace.items()) if id(value) in objects}
        names = self._names.get(module, frozenset()) | held | self.usual & namespace.keys()
        if names:
            self._names[module] = names
