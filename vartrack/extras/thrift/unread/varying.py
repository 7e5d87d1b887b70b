"""Where the key or index that varies is found."""

from __future__ import annotations

import enum
from collections.abc import Container
from typing import Any

import torch
from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import SizeVariable, TupleVariable
from torch._guards import Source

from vartrack.bases.tracing.late.symbols import is_symbol, place_of_symbol
from vartrack.bases.tracing.late.waiting import waits
from vartrack.bases.tracing.late.working_out import example_of
from vartrack.core.sources.fixed import is_writable
from vartrack.core.sources.worked_out import worked_out
from vartrack.extras.thrift.asking.operands import is_found_in_c

__all__ = [
    "KEYS",
    "are_parts",
    "guard_contained",
    "place_of_varying",
    "place_or_literal",
    "together",
    "value_of_key",
    "varies",
]


class _TypesOfKeys:
    """The types of keys that are the same if they are equal, and are found by no user's code."""

    _literals = frozenset({str, bytes, int, bool})

    def __contains__(self, cls: Any) -> bool:
        return cls in self._literals or (issubclass(cls, enum.Enum) and is_found_in_c(cls))


#: Those types: of literals, and of members of an enum.
KEYS: Container[type] = _TypesOfKeys()
#: What else a key, or a part of one, may be that does not vary.
_FIXED: frozenset[type] = frozenset({float, torch.dtype, torch.device})


def place_of_varying(tracker: Any, types: Container[type]) -> Any:
    """The source of a late value or of a symbol, of which only the type is relied on.

    Args:
        tracker: the key or index.
        types: of which one of these it is.

    Returns:
        None if it does not vary, or is of another type.
    """
    if waits(tracker):
        if tracker.type_at_hand not in types:
            return None
        tracker.rely_on_type()
        return tracker.place()
    varies = is_symbol(tracker) and tracker.python_type() is int and int in types
    return place_of_symbol(tracker) if varies else None


def place_or_literal(tracker: Any, types: Container[type]) -> Any:
    """The same, or the literal that the key is; None if it is neither, or of another type.

    A tuple that the traced code has made of such, or a shape, is worked out of them.
    """
    place = place_of_varying(tracker, types)
    if place is not None:
        return place
    known = tracker.unwrap()
    if type(known) is ConstantVariable:
        return known.value if type(known.value) in types or _is_fixed(known.value) else None
    if not are_parts(known):
        return None
    parts: list[Any] = []
    for part in known.items:
        place = place_or_literal(part, types)
        if place is None and not _is_none(part):
            return None
        parts.append(place)
    if not any(isinstance(part, Source) for part in parts):
        return tuple(parts)
    text = f"({''.join(['{}, '] * len(parts))})"
    return worked_out(text, f"{__name__}.together", parts)


def are_parts(known: VariableTracker) -> bool:
    """Whether ``known`` is a tuple that the traced code has made, or the shape of a tensor."""
    return type(known) is SizeVariable or (type(known) is TupleVariable and known.source is None)


def _is_fixed(value: Any) -> bool:
    return type(value) in _FIXED and (type(value) is not float or is_writable(value))


def _is_none(part: Any) -> bool:
    return type(known := part.unwrap()) is ConstantVariable and known.value is None


def guard_contained(source: Source, place: Any) -> None:
    """Have guarded whether a dict or set has a key, which is a literal or at a place."""
    contained = worked_out("({1} in {0})", "operator.contains", (source, place))
    install_guard(contained.make_guard(GuardBuilder.CONSTANT_MATCH))


def together(*parts: Any) -> tuple[Any, ...]:
    """``parts`` in a tuple."""
    return parts


def varies(key: Any) -> bool:
    """Whether a key is late or a symbol, or a tuple that the traced code has made of such."""
    if waits(key) or is_symbol(key):
        return True
    known = key.unwrap()
    return are_parts(known) and any(map(varies, known.items))


def value_of_key(key: Any) -> Any:
    """The value at hand of a key that has a place, or is a literal."""
    known: Any = None if waits(key) else key.unwrap()
    if known is not None and are_parts(known):
        return tuple(map(value_of_key, known.items))
    return example_of(key)
