"""Which functions are the user's own code: what they read is guarded by tracing them."""

from __future__ import annotations

import functools
import sysconfig
import types
from pathlib import Path
from typing import Any

__all__ = ["is_own_code", "written_in_python"]

_INSTALLED = tuple(
    f"{Path(folder).resolve()}/"
    for name, folder in sysconfig.get_paths().items()
    if name in ("stdlib", "platstdlib", "purelib", "platlib")
)


@functools.lru_cache(maxsize=4096)
def _is_own(code: types.CodeType) -> bool:
    name = code.co_filename
    return not name.startswith(("<frozen ", *_INSTALLED))


def is_own_code(function: Any) -> bool:
    """Whether ``function`` is a Python function that came with no installed package.

    What a package's own functions depend on besides their operands does not change while a
    program runs, as a rule, and torch cannot trace many of them; so they are evaluated.
    """
    return type(function) is types.FunctionType and _is_own(function.__code__)


def written_in_python(static: Any) -> types.FunctionType | None:
    """The function behind what a class has under a name: a method or property; None if in C."""
    for part in ("fget", "func", "__func__"):
        static = getattr(static, part, None) or static
    return static if type(static) is types.FunctionType else None
