"""Lists as long as a number that varies: `[0] * n`, `list(range(n))`.

torch fixes the number. Here such a list is made again when the graph has run, until it is read.
"""

from __future__ import annotations

import functools
import operator
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.lists import ListVariable, TupleVariable

from vartrack.bases.tracing.late.symbols import is_symbol, place_of_symbol
from vartrack.bases.tracing.late.waiting import waits
from vartrack.bases.tracing.late.working_out import example_of
from vartrack.core.guarding.exporting import is_stored
from vartrack.core.sources.worked_out import worked_out
from vartrack.extras.thrift.late.asked import Asked
from vartrack.extras.thrift.of_all.literals import SEQUENCES, in_made
from vartrack.extras.thrift.unread.copied import copy_of_made

__all__ = ["numbers_of", "repeated"]

#: How many literals are repeated at most.
_MOST = 16


def made_of(kind: str, items: Any) -> Any:
    """A list or tuple of ``items``."""
    return SEQUENCES[kind](items)


def times(kind: str, items: tuple[Any, ...], count: int) -> Any:
    """A list or tuple of literals, so many times."""
    return SEQUENCES[kind](items * count)


def repeated(tx: Any, left: Any, right: Any) -> VariableTracker | None:
    """``[0] * n`` of literals, ``n`` being a number that varies; None if torch is to make it."""
    made, count = (right, left) if waits(left) or is_symbol(left) else (left, right)
    if is_stored(tx) or not (waits(count) or is_symbol(count)) or waits(made):
        return None
    found = in_made(made)
    if found is None or found[0] not in SEQUENCES or len(found[1]) > _MOST:
        return None
    at = _place_of(count)
    if at is None:
        return None
    cls = SEQUENCES[found[0]]
    again = VariableTracker.build(tx, cls(found[1]))  # the one at hand may be changed
    by_torch = functools.partial(_by_torch, tx, BuiltinVariable(operator.mul), again, count)
    example = times(*found, example_of(count))
    return _made(tx, example, times, (*found, at), by_torch)


def _place_of(count: Any) -> Any:
    if waits(count):
        if count.type_at_hand is not int:
            return None
        count.rely_on_type()
        return count.place()
    return place_of_symbol(count) if count.python_type() is int else None


def numbers_of(tx: Any, cls: type, numbers: Any) -> VariableTracker:
    """``list(numbers)`` or ``tuple(numbers)`` of a range that varies."""
    by_torch = functools.partial(_by_torch, tx, VariableTracker.build(tx, cls), numbers)
    return _made(tx, cls(numbers.example), made_of, (cls.__name__, numbers.place()), by_torch)


def _made(tx: Any, example: Any, make: Any, operands: Any, by_torch: Any) -> Any:
    name = f"{__name__}.{make.__name__}"
    place = worked_out(f"{name}({', '.join(['{}'] * len(operands))})", name, operands)
    return copy_of_made(type(example), example, Asked(tx, place, example), by_torch)


def _by_torch(tx: Any, function: Any, *args: Any) -> Any:
    made = function.call_function(tx, [arg.realize() for arg in args], {}).realize()
    return made if isinstance(made, (ListVariable, TupleVariable)) else None
