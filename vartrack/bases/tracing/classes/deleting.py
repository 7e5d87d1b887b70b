"""Code that deletes attributes: run once while tracing, it would do so before the program does."""

from __future__ import annotations

import dis
import inspect
import types
from functools import lru_cache

from vartrack.bases.tracing.classes.own_code import written_in_python

__all__ = ["deletes_attributes"]


def deletes_attributes(cls: type, name: str) -> bool:
    """Whether the method or property ``name`` of ``cls`` is written in Python and deletes some."""
    function = written_in_python(inspect.getattr_static(cls, name, None))
    return function is not None and _deletes(function.__code__)


@lru_cache(maxsize=1024)
def _deletes(code: types.CodeType) -> bool:
    if "delattr" in code.co_names or "__delattr__" in code.co_names:
        return True
    return any(each.opname == "DELETE_ATTR" for each in dis.get_instructions(code))
