"""Where the key or index that varies is found."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from torch._dynamo.variables.constant import ConstantVariable

from vartrack.bases.tracing.late.symbols import is_symbol, place_of_symbol
from vartrack.bases.tracing.late.waiting import waits

__all__ = ["place_of_varying", "place_or_literal"]


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
    """The same, or the literal that the key is; None if it is neither, or of another type."""
    place = place_of_varying(tracker, types)
    if place is not None:
        return place
    known = tracker.unwrap()
    if type(known) is ConstantVariable and type(known.value) in types:
        return known.value
    return None
