"""Types that torch traces by itself, part by part, and that are no constants."""

from __future__ import annotations

import collections
import dataclasses

__all__ = ["why_no_record", "why_torch_copes"]

_HOLDING: tuple[type, ...] = (
    *(bool, int, float, complex, str, bytes),
    *(tuple, list, set, frozenset, dict, collections.deque),
)
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


def why_no_record(cls: type | str) -> tuple[str, str] | None:
    """Why values of ``cls`` hold more than fields, and what to do; None if they do not."""
    if isinstance(cls, str) or cls in _HOLDING or hasattr(cls, "_fields"):
        return None
    base = next((base for base in _HOLDING if issubclass(cls, base)), None)
    if base is None:
        return None
    name, what = cls.__qualname__, base.__name__
    return (
        f"what a {name} holds as a {what} is in none of its fields, and a RecordVisitor knows "
        "those alone, so that it is left to torch",
        f"register nothing for {name}, which torch traces as a {what}, or a SnapshotVisitor if "
        "torch does not cope with it",
    )


def _is_plain(cls: type) -> bool:
    """Whether a dataclass is nothing else as well."""
    return all(base is object or dataclasses.is_dataclass(base) for base in cls.__mro__)
