"""What is read of a container that traced code has changed at its ends: its length, items, truth.

What was added is known. What was there before is asked as of a container that was not changed.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import ListVariable, TupleVariable

from vartrack.bases.tracing.late.symbols import is_symbol
from vartrack.bases.tracing.late.waiting import waits
from vartrack.bases.tracing.late.working_out import example_of, place_of
from vartrack.compat.making import lazy
from vartrack.core.guarding.exporting import is_stored
from vartrack.core.sources.worked_out import worked_out
from vartrack.extras.thrift.late.asked import Question
from vartrack.extras.thrift.late.held import is_as_long
from vartrack.extras.thrift.of_all.dicts import CopiedDict
from vartrack.extras.thrift.of_all.sets import CopiedSet
from vartrack.extras.thrift.unread.by_key import count_of_new
from vartrack.extras.thrift.unread.copied import COPIED, has_bounds_that_vary, part_between, part_of
from vartrack.extras.thrift.unread.filled import FilledDict, FilledSet
from vartrack.extras.thrift.unread.grown import GrownDeque, GrownList, length_after
from vartrack.extras.thrift.unread.replaced import item_beside
from vartrack.extras.thrift.unread.tables import FilledTable
from vartrack.extras.thrift.worked_out.results import put_off

__all__ = ["is_added_to", "item_of", "length_of", "truth_of"]


def is_added_to(tracker: VariableTracker) -> bool:
    """Whether ``tracker`` is of a list or deque of which only the ends are known."""
    return type(tracker.unwrap()) in _ENDS


_ENDS = COPIED | {GrownList, GrownDeque}


def truth_of(grown: VariableTracker) -> bool | None:
    """Whether the container is true; None if it is to be read."""
    known: Any = grown.unwrap()
    if type(known) in _ENDS:
        return _is_any_left(known)
    if type(known) not in _COUNTED:
        return None
    if known.written and known.written[-1][1] is not None:
        return True
    answer = None
    if known.is_at_place():
        more = _COUNTED[type(known)](InstructionTranslator.current_tx(), known)
        answer = _has_more(known, more)
    if answer is None and type(known) in _COUNTED:
        known.become_ordinary()  # torch takes it for true
    return answer


def _is_any_left(known: Any) -> bool | None:
    """Whether there is an item, which is guarded unless it is certain."""
    if getattr(known, "replaced", ()):
        return True
    if type(known) is GrownDeque and known.is_only_added_to:
        return known.has_room_for(1)
    if not _is_counted(known):
        return None
    if known.more > 0 or known.is_emptied:
        return bool(known.more)
    return _has_more(known, known.more)


def _has_more(known: Any, more: int | None) -> bool | None:
    """Whether there is one where there are so many more than before, which is guarded."""
    if more is None:
        return None
    least = 1 - more
    answer = known.asked.put(Question(f"len(_) >= {least}", functools.partial(is_as_long, least)))
    return answer if isinstance(answer, bool) else None


def _is_counted(known: Any) -> bool:
    """Whether it is certain how many more items there are: of a list, or if nothing falls out."""
    return type(known) is not GrownDeque or known.has_certain_ends()


def length_of(grown: VariableTracker) -> VariableTracker | None:
    """How many items it has, as a number that varies; None if they are to be counted."""
    known: Any = grown.unwrap()
    tx: Any = InstructionTranslator.current_tx()
    if type(known) in _ENDS:
        if type(known) is GrownDeque and known.is_only_added_to:
            return _length_of_limited(tx, known)
        if not _is_counted(known):
            return None
        if known.is_emptied:
            return ConstantVariable.create(known.more)
        more: int | None = known.more
    elif type(known) in _COUNTED and known.is_at_place():
        more = _COUNTED[type(known)](tx, known)
    else:
        return None
    before = _length_before(known)
    if before is None or more is None:
        return None
    both = [before, ConstantVariable.create(more)]
    number = put_off(operator.add, both)
    if number is None:  # how many there were is known by now, or a symbol
        number = BuiltinVariable(operator.add).call_function(tx, both, {})
    return number  # type: ignore[no-any-return]


def _length_of_limited(tx: Any, known: Any) -> VariableTracker | None:
    """How many items a deque has that was only added to: it may have a limit."""
    if is_stored(tx):
        return None
    name = f"{length_after.__module__}.{length_after.__name__}"
    place = worked_out(f"{name}({{}}, {{}})", name, (known.source, known.more))
    return lazy(length_after(known.before, known.more), place, tx=tx)


#: From the tracker of a dict or set to how many keys it has more than before.
_COUNTED: dict[type, Callable[[Any, Any], int | None]] = dict.fromkeys(
    (FilledDict, FilledTable, FilledSet, CopiedDict, CopiedSet), count_of_new
)


def _length_before(known: Any) -> VariableTracker | None:
    """How many items there were before."""
    tx: Any = InstructionTranslator.current_tx()
    if is_stored(tx):
        return None
    return lazy(len(known.before), worked_out("len({})", "builtins.len", [known.place]), tx=tx)


def item_of(tx: Any, grown: VariableTracker, index: Any) -> VariableTracker | None:
    """One item, or some of the last ones; None if the list is to be read whole."""
    known: Any = grown.unwrap()
    if getattr(known, "replaced", ()):
        return item_beside(tx, known, index)
    if waits(index) or is_symbol(index):
        return _added_at(known, index)
    if has_bounds_that_vary(index):
        bounds = index.unwrap().items
        return None if type(known) is GrownDeque else part_between(tx, known, bounds)
    if not index.is_python_constant():
        return None
    number = index.as_python_constant()
    if type(number) is int:
        return known.item(tx, number)  # type: ignore[no-any-return]
    if type(number) is not slice or type(known) is GrownDeque:
        return None
    return _last_items(tx, known, number) or part_of(tx, known, number)


def _last_items(tx: Any, known: Any, part: slice) -> VariableTracker | None:
    """The last few items, if all of them were added."""
    count = -part.start if type(part.start) is int and part.start < 0 else 0
    if part.stop is not None or part.step not in (None, 1) or not 0 < count <= len(known.back):
        return None
    if not known.has_certain_ends():
        return None
    items = known.back[-count:]
    if known.python_type() is tuple:
        return TupleVariable(items)
    return ListVariable(items, mutation_type=ValueMutationNew())


def _added_at(known: Any, index: Any) -> VariableTracker | None:
    """The item at an index that varies, if it is one that was added: `items[len(items) - 1]`."""
    before = _length_before(known) if type(known) is GrownList and known.is_whole else None
    place = None if before is None else place_of(operator.sub, [index, before])
    if place is None:
        return None
    number = example_of(index) - len(known.before)
    if not 0 <= number < len(known.back):
        return None
    install_guard(place.make_guard(GuardBuilder.CONSTANT_MATCH))
    return known.back[number]  # type: ignore[no-any-return]
