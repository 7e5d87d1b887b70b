"""Types that torch traces by itself, part by part, and that are no constants."""

from __future__ import annotations

import collections
import dataclasses
import types

from vartrack.bases.tracing.classes.lookup import has_on_class
from vartrack.compat.behaviour import ASKS_OWN_CONTAINERS, TRACES_LITERALS
from vartrack.core.texts.articles import with_article

__all__ = [
    "is_left_to_torch",
    "is_literal_record",
    "why_no_mapping",
    "why_no_record",
    "why_torch_copes",
]

_HOLDING: tuple[type, ...] = (
    *(bool, int, float, complex, str, bytes),
    *(tuple, list, set, frozenset, dict, collections.deque),
)
#: What a class may have of its own and still do what its kind does.
_HARMLESS = frozenset(
    {
        *("__init__", "__new__", "__getnewargs__", "__repr__", "__str__", "__missing__"),
        *("__getattr__", "__setattr__", "__delattr__"),
    }
)
_TEXTS = frozenset({"__repr__", "__str__"})
_LITERALS = (float, int, str)
#: Special methods that torch passes by where a tuple has them of its own, up to 2.12.
_PASSED_BY = frozenset(
    {"__copy__", "__deepcopy__", "__format__", "__getstate__", "__iter__", "__reduce__"}
    | {"__reduce_ex__", "__getattribute__"}
    | {"__bool__", "__len__", "__getitem__", "__contains__"}
)
#: What it gets wrong of a container, or dies of, where that has it of its own since then.
_READ = frozenset({"__getattribute__", "__getitem__"})
#: The containers of which torch asks the class's own special methods, and those it does not.
_ASKED_BUT: dict[type, frozenset[str]] = (
    {tuple: _READ, frozenset: _READ | {"__bool__"}} if ASKS_OWN_CONTAINERS else {tuple: _PASSED_BY}
)
#: What is not traced of numbers and texts up to 2.12, where copies are made otherwise as well.
_UNTRACED = _PASSED_BY - {"__bool__", "__len__", "__getitem__", "__contains__"}
_UNTRACED_OF = {float: "__index__", int: "__int__", str: "__str__"}
#: Where the classes are whose methods torch knows, and named tuples have theirs from.
_OF_PYTHON = frozenset({"builtins", "collections", "typing"})
_CHANGEABLE = (dict, list, set, collections.deque, bytearray)


def why_torch_copes(cls: type | str) -> tuple[str, str] | None:
    """Why the values of ``cls`` are no constants, and what to do; None if they may be."""
    if isinstance(cls, str):
        return None
    name, it = cls.__qualname__, with_article(cls)
    if issubclass(cls, _CHANGEABLE):
        base = next(base for base in _CHANGEABLE if issubclass(cls, base))
        return (
            f"{it} is {with_article(base)}: it can change, and torch reads it item by item",
            f"register nothing for {name}, or a SnapshotVisitor if torch does not cope with it",
        )
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return (
            f"{it} is a named tuple, which torch reads field by field, with a guard on each",
            f"register nothing for {name}",
        )
    if dataclasses.is_dataclass(cls) and _is_plain(cls):
        return (
            f"{it} is a dataclass, which torch reads field by field, with a guard on each",
            f"register nothing for {name}, or a SnapshotVisitor if torch does not cope with it",
        )
    return None


def is_left_to_torch(cls: type) -> bool:
    """Whether values of ``cls`` hold more than fields, and do what their kind does.

    torch does not ask each special method that such a class has of its own.
    """
    if _held_as(cls) is None:
        return False
    harmless = _HARMLESS - _TEXTS if issubclass(cls, (float, int)) else _HARMLESS
    own = _own_methods(cls) - harmless
    return not own or any(
        issubclass(cls, kind) and own.isdisjoint(passed_by)
        for kind, passed_by in _ASKED_BUT.items()
    )


def is_literal_record(cls: type) -> bool:
    """Whether values of ``cls`` are numbers or texts, and torch asks their own special methods."""
    if not issubclass(cls, _LITERALS) or _held_as(cls) is None or is_left_to_torch(cls):
        return False
    return TRACES_LITERALS or _own_methods(cls).isdisjoint(_UNTRACED | _untraced_of(cls))


def _untraced_of(cls: type) -> frozenset[str]:
    base = next(base for base in _LITERALS if issubclass(cls, base))
    return frozenset({_UNTRACED_OF[base]})


def _own_methods(cls: type) -> set[str]:
    """The special methods that ``cls`` has in Python."""
    return {
        name
        for base in cls.__mro__
        if base.__module__ not in _OF_PYTHON
        for name, static in vars(base).items()
        if isinstance(static, types.FunctionType) and name.startswith("__")
    }


def _held_as(cls: type) -> str | None:
    """The kind of which the values of ``cls`` hold something besides fields."""
    if cls in _HOLDING or not issubclass(cls, _HOLDING):
        return None
    if hasattr(cls, "_fields"):
        return "named tuple"
    return next(base.__name__ for base in _HOLDING if issubclass(cls, base))


def why_no_record(cls: type | str) -> tuple[str, str] | None:
    """Why values of ``cls`` hold more than fields, and what to do; None if they do not."""
    what = None if isinstance(cls, str) else _held_as(cls)
    if isinstance(cls, str) or what is None or is_literal_record(cls):
        return None
    name, kind = cls.__qualname__, with_article(what)
    left = is_left_to_torch(cls)
    so = "it is left to torch" if left else "what it does as one breaks the graph"
    return (
        f"{with_article(cls)} holds more than fields, as it is {kind}, so that {so}",
        f"register nothing for {name}, which torch traces as {kind}, or a SnapshotVisitor if "
        "torch does not cope with it",
    )


def why_no_mapping(cls: type | str) -> tuple[str, str] | None:
    """Why values of ``cls`` are no mappings, and what to do; None if they may be."""
    if isinstance(cls, str) or cls is object:
        return None
    lacking = [name for name in ("keys", "__getitem__") if not has_on_class(cls, name)]
    if not lacking:
        return None
    name = cls.__qualname__
    return (
        f"{with_article(cls)} is no mapping, as it has no `{lacking[0]}`, so that it is left "
        "to torch",
        f"take the base for {name} that `vartrack.suggest(value)` tells",
    )


def _is_plain(cls: type) -> bool:
    """Whether a dataclass is nothing else as well."""
    return all(base is object or dataclasses.is_dataclass(base) for base in cls.__mro__)
