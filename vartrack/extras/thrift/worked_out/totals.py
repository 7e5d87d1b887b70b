"""The sum, the largest and the smallest of numbers in a list that changes: `sum(self.losses)`.

torch reads each of the numbers, and compiles for each length. Here Python adds them up at each
call, before the graph runs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.bases.tracing.late.symbols import is_symbol, place_of_symbol
from vartrack.bases.tracing.late.waiting import waits
from vartrack.bases.tracing.late.working_out import example_of
from vartrack.compat.making import lazy
from vartrack.core.guarding.exporting import is_stored
from vartrack.core.sources.fixed import is_writable
from vartrack.core.sources.worked_out import worked_out
from vartrack.extras.thrift.late.changes import has_changed, note_change
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.late.views import is_view
from vartrack.extras.thrift.of_all import whole
from vartrack.extras.thrift.unread.copied import Copied, copy_of
from vartrack.extras.thrift.unread.ends import Ends
from vartrack.extras.thrift.unread.grown import GrownDeque
from vartrack.extras.thrift.worked_out import lengths
from vartrack.shapes import frame_history

__all__ = ["OF", "max_of", "min_of", "sum_of", "total"]

_NUMBERS = frozenset({int, float})
_SEQUENCES = (list, tuple, deque)
#: Of how many numbers that were added it is worked out at most.
_MOST = 16


def _numbers(part: Any, first: int, last: int, before: int, *known: Any) -> list[Any]:
    """``part`` without its first and last items, between what is known; all of them numbers.

    Raises:
        TypeError: one is none.
    """
    numbers = [*known[:before], *[*part][first : len(part) - last], *known[before:]]
    if not _NUMBERS.issuperset(map(type, numbers)):  # a generator would be compiled on torch 2.10
        raise TypeError("What is no number is not added up, as code of a user's could run.")
    if isinstance(part, deque) and part.maxlen is not None:
        del numbers[: max(0, len(numbers) - part.maxlen)]
    return numbers


def sum_of(*parts: Any) -> Any:
    """The sum of what `_numbers` gives."""
    return sum(_numbers(*parts))


def max_of(*parts: Any) -> Any:
    """The largest of what `_numbers` gives."""
    return max(_numbers(*parts))


def min_of(*parts: Any) -> Any:
    """The smallest of what `_numbers` gives."""
    return min(_numbers(*parts))


#: From what a program calls to what gives the same of parts.
OF: Mapping[Any, Callable[..., Any]] = {sum: sum_of, max: max_of, min: min_of}


def total(tx: Any, op: Callable[..., Any], container: Any) -> VariableTracker | None:
    """``op(container)`` of numbers in a list, tuple or deque; None if they are to be read."""
    if is_stored(tx):
        return None
    known: Any = _as_it_is(tx, container)
    if known is None or len(known.front) + len(known.back) > _MOST:
        return None
    added = [*known.front, *known.back]
    places = [_place_of(each) for each in added]
    if None in places:
        return None
    count = len(known.front)
    ends = (known.gone_first, known.gone_last, count)
    work_out = OF[op]
    try:
        result = work_out(known.before, *ends, *map(example_of, added))
    except Exception:
        return None  # torch raises it in the program
    name = f"{work_out.__module__}.{work_out.__name__}"
    operands = (known.place, *ends, *places)
    place = worked_out(f"{name}({', '.join(['{}'] * len(operands))})", name, operands)
    note_change(tx, place, result)
    number: Any = lazy(result, place, tx=tx)
    if waits(number):
        number.rely_on_presence()
    return number  # type: ignore[no-any-return]


def _as_it_is(tx: Any, container: Any) -> Ends | None:
    """What is known of a container that changes; None if it does not, or that is not certain."""
    if is_late(container) and type(container.example) in _SEQUENCES:
        return copy_of(tx, container, list) if _varies(tx, container, container.example) else None
    if is_view(container) and container.name == "values":
        found = whole.values_in(tx, container)
        if found is None or not _varies(tx, container.of, found[2]):
            return None
        return whole.list_of(tx, VariableTracker.build(tx, list), container)  # type: ignore[return-value]
    if waits(container):
        return None
    known = container.unwrap()
    if not isinstance(known, Ends) or known.is_emptied:
        return None
    if isinstance(known, Copied) and known.is_read_by_torch:
        numbers = known.before
        if not _NUMBERS.issuperset(map(type, numbers)):
            return None
        if not has_changed(tx, known.place, tuple(numbers)):
            return None  # torch has them as constants
    if isinstance(known, GrownDeque) and known.is_only_added_to and not known.front:
        return known
    return known if known.has_certain_ends() else None


def _varies(tx: Any, container: Any, numbers: Any) -> bool:
    """Whether a late container of numbers was seen with more or less of them, or other floats."""
    types = set(map(type, numbers))
    if not types or not types <= _NUMBERS:
        return False
    is_of_floats = types == {float} or isinstance(container.example, dict)  # no sizes
    if is_of_floats and has_changed(tx, container.original_source(), tuple(numbers)):
        return True
    length: Any = lengths.length_of(container)
    if not is_late(length):
        return False
    return frame_history.turned_dynamic(frame_history.record_number(length.asked, length.example))


def _place_of(number: Any) -> Any:
    """Where a number is found, or itself; None if it is only known in the graph, or is none."""
    if waits(number):
        if number.type_at_hand not in _NUMBERS:
            return None
        number.rely_on_type()
        return number.place()
    if is_symbol(number):
        return place_of_symbol(number)
    known = number.unwrap()
    if type(known) is not ConstantVariable or type(known.value) not in _NUMBERS:
        return None
    return known.value if is_writable(known.value) else None
