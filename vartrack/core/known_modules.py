"""`make_known`: modules by the names that texts of our places have for them, `math.exp(L['n'])`."""

from __future__ import annotations

import importlib
from types import ModuleType

from torch._dynamo.guards import _get_closure_vars

__all__ = ["MODULES", "make_known"]

#: By name the modules that texts may name.
MODULES: dict[str, ModuleType] = {}


def make_known(function: str) -> None:
    """Have torch find the first part of ``module.name`` wherever it evaluates the text of a place.

    It stays known, as torch evaluates texts whenever it says why something was compiled again.
    """
    package, dot, _ = function.partition(".")
    if package and dot and package not in MODULES:
        MODULES[package] = importlib.import_module(package)
        _get_closure_vars().setdefault(package, MODULES[package])
