"""Which code is installed, and so taken to stay as it is while a process runs."""

from __future__ import annotations

from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import torch

from vartrack.core.user_code.installed import is_installed_file

__all__ = ["is_installed", "is_of_package", "is_of_torch", "is_of_user", "is_stand_in"]

_TORCH = str(Path(torch.__file__).parent)
_STAND_INS = str(Path(torch.__file__).parent / "_dynamo" / "polyfills")


def is_of_torch(code: CodeType) -> bool:
    """Whether ``code`` is torch's own."""
    return code.co_filename.startswith(_TORCH)


def is_of_package(code: CodeType) -> bool:
    """Whether ``code`` came with a package, or with Python."""
    return code.co_filename.startswith("<frozen ") or is_installed_file(code.co_filename)


def is_stand_in(code: CodeType) -> bool:
    """Whether ``code`` is what torch traces for a function of C."""
    return code.co_filename.startswith(_STAND_INS)


def is_installed(namespace: dict[str, Any]) -> bool:
    """Whether ``namespace``, the globals of a function, is that of an installed module.

    A class of such a module is watched like any other. What is not watched are the bodies of its
    functions, and whether a name comes to hide a builtin there.
    """
    file = namespace.get("__file__")
    return isinstance(file, str) and is_installed_file(file)


def is_of_user(function: Any) -> bool:
    """Whether ``function`` is written in Python, and in no installed module."""
    return type(function) is FunctionType and not is_installed(function.__globals__)
