"""Code that deletes attributes: run once while tracing, it would do so before the program does."""

from __future__ import annotations

import dis
import inspect
import types
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

__all__ = ["deletes_attributes"]


def deletes_attributes(cls: type, name: str) -> bool:
    """Whether the method or property ``name`` of ``cls`` is written in Python and deletes some."""
    return any(map(_deletes, _codes(inspect.getattr_static(cls, name, None))))


def _codes(static: Any) -> Iterator[types.CodeType]:
    static = getattr(static, "fget", None) or getattr(static, "func", None) or static
    static = getattr(static, "__func__", static)
    if isinstance(static, types.FunctionType):
        yield static.__code__


@lru_cache(maxsize=1024)
def _deletes(code: types.CodeType) -> bool:
    if "delattr" in code.co_names or "__delattr__" in code.co_names:
        return True
    return any(each.opname == "DELETE_ATTR" for each in dis.get_instructions(code))
