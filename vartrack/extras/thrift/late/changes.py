"""Which late numbers were seen to change, and what changes as it is worked out of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from vartrack import session
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.shapes import frame_history

if TYPE_CHECKING:
    from torch._guards import Source

    from vartrack.core.compile import Compile

__all__ = ["has_changed", "has_float_that_changes", "is_noted", "note_change"]


_NOTED = "thrift.changing"
_SEEN = "vartrack thrift, values"


def note_change(tx: Any, place: Source, value: Any) -> None:
    """Say that ``value`` varies if it is a number, as it is worked out of one that does."""
    compile = session.compile_of(tx)
    if compile is not None and type(value) in (int, float):
        compile.notes.setdefault(_NOTED, set()).add(place)


def is_noted(compile: Compile, place: Any) -> bool:
    """Whether the number at ``place`` is worked out of one that varies."""
    return place in compile.notes.get(_NOTED, ())


def has_float_that_changes(numbers: Iterable[Any]) -> bool:
    """Whether one of these trackers is of a late float that was seen to change."""
    return any(
        is_late(number)
        and type(number.example) is float
        and frame_history.turned_dynamic(frame_history.record_number(number.asked, number.example))
        for number in numbers
    )


def has_changed(tx: Any, place: Source, value: Any) -> bool:
    """Whether an earlier compile of the frame saw another value than ``value`` at ``place``."""
    kept = tx.output.frame_state  # none where what is compiled is stored
    if kept is None:
        return False
    seen: dict[str, set[Any]] = kept.setdefault(_SEEN, {})
    values = seen.setdefault(place.name, set())
    if len(values) < 2:
        values.add(value)
    return len(values) > 1
