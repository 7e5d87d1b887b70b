"""Which functions are the user's own code: what they read is guarded by tracing them."""

from __future__ import annotations

import functools
import sys
import types
from pathlib import Path
from typing import Any

from vartrack.bases.tracing.classes.lookup import on_class
from vartrack.core.user_code.installed import is_installed_file

__all__ = [
    "has_findable_globals",
    "has_own_code",
    "is_mixin",
    "is_own",
    "is_own_code",
    "is_own_file",
    "is_own_module",
    "own_getter",
    "written_in_python",
]

_GONE = object()
_OURS = f"{Path(__file__).parents[3]}/"
#: Modules of Python itself of which classes take methods that are about their own.
_MIXINS = frozenset({"_collections_abc", "collections.abc", "functools", "numbers"})


@functools.lru_cache(maxsize=4096)
def is_own(code: types.CodeType) -> bool:
    """Whether ``code`` came with no installed package, and is not of this one."""
    return is_own_file(code.co_filename)


def is_own_module(module: types.ModuleType) -> bool:
    """Whether ``module`` came with no installed package."""
    file = vars(module).get("__file__")
    return isinstance(file, str) and is_own_file(file)


def is_own_file(file: str) -> bool:
    """Whether ``file`` came with no installed package, and is not of this one."""
    return not file.startswith(("<frozen ", _OURS)) and not is_installed_file(file)


def is_own_code(function: Any) -> bool:
    """Whether ``function`` is a Python function that came with no installed package.

    What a package's own functions depend on besides their operands does not change while a
    program runs, as a rule, and torch cannot trace many of them; so they are evaluated.
    """
    return type(function) is types.FunctionType and is_own(function.__code__)


def has_findable_globals(function: types.FunctionType) -> bool:
    """Whether torch finds the globals that ``function`` reads: it imports their module by name.

    What a package such as attrs makes by `exec` has globals of its own, and the name of a module.
    Those of `collections.abc` are in another module, which that one has them from.
    """
    names = function.__globals__
    module = sys.modules.get(names.get("__name__", ""))
    if module is None:
        return True
    found = vars(module)
    read = [each for each in function.__code__.co_names if each in names]
    return all(found.get(each, _GONE) is names[each] for each in read)


def is_mixin(cls: type, function: types.FunctionType) -> bool:
    """Whether ``function`` is one that Python offers to classes for their own to be called by.

    `collections.abc.Mapping.get` is, and what `functools.total_ordering` adds.
    """
    return function.__module__ in _MIXINS and has_own_code(cls)


def has_own_code(cls: type) -> bool:
    """Whether some method of ``cls`` is the user's own code."""
    return any(
        is_own_code(written_in_python(static))
        for base in cls.__mro__
        for static in vars(base).values()
    )


def own_getter(static: Any) -> types.FunctionType | None:
    """The ``__get__`` that the user wrote for the descriptor ``static``; None if there is none."""
    getter = on_class(type(static), "__get__")
    return getter if is_own_code(getter) else None


def written_in_python(static: Any) -> types.FunctionType | None:
    """The function behind what a class has under a name: a method or property; None if in C."""
    for part in ("fget", "func", "__func__"):
        static = getattr(static, part, None) or static
    return static if type(static) is types.FunctionType else None
