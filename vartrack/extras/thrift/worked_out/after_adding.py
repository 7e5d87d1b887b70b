"""What is read of a container that traced code has added to: its length, last item and truth.

What was added is known. What was there before is asked as of a container that was not changed.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import ListVariable

from vartrack.bases.tracing.late.symbols import is_symbol
from vartrack.bases.tracing.late.waiting import waits
from vartrack.bases.tracing.late.working_out import example_of, place_of
from vartrack.compat.making import lazy
from vartrack.core.exporting import is_stored
from vartrack.core.worked_out import worked_out
from vartrack.extras.thrift.late.held import item_before
from vartrack.extras.thrift.unread.by_key import count_of_new
from vartrack.extras.thrift.unread.filled import FilledDict, FilledSet
from vartrack.extras.thrift.unread.grown import GrownList
from vartrack.extras.thrift.unread.replaced import replaced_at
from vartrack.extras.thrift.unread.tables import FilledTable
from vartrack.extras.thrift.worked_out.results import put_off

__all__ = ["is_added_to", "item_of", "length_of", "truth_of"]


def is_added_to(tracker: VariableTracker) -> bool:
    """Whether ``tracker`` is of a list that was added to, and nothing else was done with it."""
    return type(tracker.unwrap()) is GrownList


def truth_of(grown: VariableTracker) -> bool | None:
    """Whether the container is true; None if it is to be read."""
    known: Any = grown.unwrap()
    if type(known) not in _COUNTED:
        return None
    return True if known.written or getattr(known, "replaced", ()) else None


def length_of(grown: VariableTracker) -> VariableTracker | None:
    """How many items it has, as a number that varies; None if they are to be counted."""
    known: Any = grown.unwrap()
    count = _COUNTED.get(type(known))
    if count is None:
        return None
    tx: Any = InstructionTranslator.current_tx()
    before, more = _length_before(known), count(tx, known)
    if before is None or more is None:
        return None
    both = [before, ConstantVariable.create(more)]
    number = put_off(operator.add, both)
    if number is None:  # how many there were is known by now, or a symbol
        number = BuiltinVariable(operator.add).call_function(tx, both, {})
    return number  # type: ignore[no-any-return]


#: From the tracker of a container to how many items it has more than before.
_COUNTED: dict[type, Callable[[Any, Any], int | None]] = {
    GrownList: lambda tx, known: len(known.written),
    **dict.fromkeys((FilledDict, FilledTable, FilledSet), count_of_new),
}


def _length_before(known: Any) -> VariableTracker | None:
    """How many items there were before."""
    tx: Any = InstructionTranslator.current_tx()
    if is_stored(tx):
        return None
    return lazy(len(known.before), worked_out("len({})", "builtins.len", [known.source]), tx=tx)


def item_of(tx: Any, grown: VariableTracker, index: Any) -> VariableTracker | None:
    """One item, or some of the last ones; None if the list is to be read whole."""
    known: Any = grown.unwrap()
    if known.replaced:
        return replaced_at(known, index)
    if waits(index) or is_symbol(index):
        return _added_at(known, index)
    if not index.is_python_constant():
        return None
    number = index.as_python_constant()
    if type(number) is int:
        return _item(tx, known, number) if _has(known, number) else None
    if type(number) is not slice or number.stop is not None or number.step not in (None, 1):
        return None
    first = number.start
    if type(first) is not int or first >= 0 or not _has(known, first):
        return None
    items = [_item(tx, known, each) for each in range(first, 0)]
    return ListVariable(items, mutation_type=ValueMutationNew())


def _has(known: Any, number: int) -> bool:
    """Whether it is certain which item is meant: of those at the end all, else what was there."""
    before = len(known.before)
    return -before - len(known.written) <= number < before


def _item(tx: Any, known: Any, number: int) -> VariableTracker:
    added = known.written
    if -len(added) <= number < 0:
        return added[number][1]  # type: ignore[no-any-return]
    if number < 0:
        number += len(added)
    return item_before(tx, known.source, known.asked, number)


def _added_at(known: Any, index: Any) -> VariableTracker | None:
    """The item at an index that varies, if it is one that was added: `items[len(items) - 1]`."""
    before = _length_before(known)
    place = None if before is None else place_of(operator.sub, [index, before])
    if place is None:
        return None
    number = example_of(index) - len(known.before)
    if not 0 <= number < len(known.written):
        return None
    install_guard(place.make_guard(GuardBuilder.CONSTANT_MATCH))
    return known.written[number][1]  # type: ignore[no-any-return]
