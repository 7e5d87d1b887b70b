"""Which late numbers were seen to change, and what changes as it is worked out of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.shapes import frame_history

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["has_float_that_changes", "note_change"]


class _At(NamedTuple):
    """A place, as the history of numbers takes it."""

    tx: Any
    source: Source


def note_change(tx: Any, place: Source, value: Any) -> None:
    """Say that ``value`` varies if it is a number, as it is worked out of one that does."""
    if type(value) in (int, float):
        frame_history.mark_changed(_At(tx, place))


def has_float_that_changes(numbers: Iterable[Any]) -> bool:
    """Whether one of these trackers is of a late float that was seen to change."""
    return any(
        is_late(number)
        and type(number.example) is float
        and frame_history.turned_dynamic(
            frame_history.record_number(number.asked, number.example)
        )
        for number in numbers
    )
