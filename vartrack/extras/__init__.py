"""Ready-made sets of visitors, each loaded by name.

Every module here has ``register(registry)``, which adds its visitors to a registry. It is imported
when it is asked for: ``vartrack.extras.stdlib.register(registry)``.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

from vartrack.errors import InstallError
from vartrack.extras.tried import check

__all__ = ["NAMES", "load"]

#: The sets that exist.
NAMES: tuple[str, ...] = (
    "attrs",
    "mappings",
    "msgspec",
    "networkx",
    "numpy",
    "omegaconf",
    "packaging",
    "pandas",
    "protobuf",
    "pydantic",
    "stdlib",
    "sympy",
    "thrift",
)


def load(name: str) -> ModuleType:
    """The set called ``name``.

    Raises:
        InstallError: there is none, or the package it is for is not installed, or is older than
            what the set was tried on.

    .. versionadded:: 0.1
    """
    if name not in NAMES:
        raise InstallError(
            "VT305",
            f"There is no extra {name!r}.",
            f"use one of {', '.join(NAMES)}.",
        )
    module = f"vartrack.extras.{name}"
    if module not in sys.modules:
        check(name)
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise InstallError(
            "VT306",
            f"The extra {name!r} needs the package {error.name!r}.",
            f"pip install {error.name}",
        ) from error


def __getattr__(name: str) -> ModuleType:
    if name in NAMES:
        return load(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
