"""`KNOWN_MODULES`: modules by the names that texts of our places have for them."""

from __future__ import annotations

import importlib
from types import ModuleType

import torch
from torch._dynamo.guards import _get_closure_vars

__all__ = ["KNOWN_MODULES", "KnownModules"]


class KnownModules:
    """The modules that torch finds by name where it evaluates the text of a place.

    Guards keep a copy of what torch knew when they were built. So they say why something was
    compiled again after torch has its own back, too.

    Attributes:
        modules: each by its name.
    """

    def __init__(self) -> None:
        self.modules: dict[str, ModuleType] = {"torch": torch}
        self._added: list[str] = []

    def make_known(self, function: str) -> None:
        """Have torch find the first part of ``module.name``."""
        package, dot, _ = function.partition(".")
        if package and dot and package not in self.modules:
            self.modules[package] = importlib.import_module(package)
            self.add()

    def add(self) -> None:
        """Put them into torch's table of names."""
        names = _get_closure_vars()
        for package in self.modules.keys() - names.keys():
            names[package] = self.modules[package]
            self._added.append(package)

    def remove(self) -> None:
        """Leave the table as it was."""
        while self._added:
            del _get_closure_vars()[self._added.pop()]


#: The one there is.
KNOWN_MODULES = KnownModules()
