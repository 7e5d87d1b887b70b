"""Types that torch traces by itself, part by part, and that are no constants."""

from __future__ import annotations

import collections
import dataclasses

__all__ = ["why_torch_copes"]

_CHANGEABLE = (dict, list, set, collections.deque, bytearray)


def why_torch_copes(cls: type | str) -> tuple[str, str] | None:
    """Why the values of ``cls`` are no constants, and what to do; None if they may be."""
    if isinstance(cls, str):
        return None
    name = cls.__qualname__
    if issubclass(cls, _CHANGEABLE):
        base = next(base for base in _CHANGEABLE if issubclass(cls, base))
        return (
            f"a {name} is a {base.__name__}: it can change, and torch reads it item by item",
            f"register nothing for {name}, or a SnapshotVisitor if torch does not cope with it",
        )
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return (
            f"a {name} is a named tuple, which torch reads field by field, with a guard on each",
            f"register nothing for {name}",
        )
    if dataclasses.is_dataclass(cls) and _is_plain(cls):
        return (
            f"a {name} is a dataclass, which torch reads field by field, with a guard on each",
            f"register nothing for {name}, or a SnapshotVisitor if torch does not cope with it",
        )
    return None


def _is_plain(cls: type) -> bool:
    """Whether a dataclass is nothing else as well."""
    return all(base is object or dataclasses.is_dataclass(base) for base in cls.__mro__)
