"""Comparisons of a standard container with itself, whose answers the class gives away."""

from __future__ import annotations

from collections import deque
from typing import Any

from vartrack.bases.tracing.classes.lookup import on_class

__all__ = ["answer_with_itself"]

#: An item is equal to itself to all of these, even NaN.
_CONTAINERS = (deque, dict, frozenset, list, set, tuple)
_TRUE_OF_ITSELF = frozenset({"__eq__", "__ge__", "__le__"})


def answer_with_itself(cls: type, op: str) -> bool | Any:
    """What the comparison ``op`` of an instance of ``cls`` with itself gives, whatever it holds.

    None if that is not one of the comparisons of a standard container.
    """
    method = on_class(cls, op)
    base = next((base for base in _CONTAINERS if issubclass(cls, base)), None)
    if base is None or method is not on_class(base, op):
        return None
    if base is dict and op not in ("__eq__", "__ne__"):
        return NotImplemented
    return op in _TRUE_OF_ITSELF
