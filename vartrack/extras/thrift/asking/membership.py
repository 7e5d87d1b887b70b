"""Whether a value that changes is in a container that is read from elsewhere: `mode in self.modes`.

torch fixes the value. But the graph depends only on whether it is found. So that is looked up
again at each call, in the container as it is then, and the answer is guarded.
"""

from __future__ import annotations

import collections
import operator
from typing import TYPE_CHECKING, Any

from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.source import is_constant_source
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.dicts import DictKeysVariable

from vartrack import session
from vartrack.bases.tracing.late.symbols import is_symbol, place_of_symbol
from vartrack.bases.tracing.late.waiting import waits
from vartrack.bases.tracing.late.working_out import example_of, place_of
from vartrack.compat.making import lazy
from vartrack.core.guarding.exporting import is_stored
from vartrack.core.sources.at_source import value_at
from vartrack.core.sources.worked_out import worked_out
from vartrack.extras.thrift.asking.operands import is_found_in_c
from vartrack.extras.thrift.late import held
from vartrack.extras.thrift.late.changes import note_change
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.late.views import is_view

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker

    from vartrack.extras.thrift.late.late_variable import LateVariable
    from vartrack.extras.thrift.late.pieces import Pieces

__all__ = [
    "at_its_place",
    "is_member",
    "is_piece",
    "number_at_its_place",
    "text_at_its_place",
    "without_view",
]

_CONTAINERS = frozenset({dict, set, list, frozenset, tuple})
#: Those whose trackers do not say whether they were changed.
_UNTOLD = frozenset({collections.OrderedDict, collections.defaultdict, collections.deque})


def without_view(container: Any) -> Any:
    """The dict of which ``container`` is ``d.keys()``; else itself."""
    if is_view(container) and container.name == "keys":
        return container.of
    keys: Any = None if is_late(container) else container.realize()
    return keys.dv_dict if type(keys) is DictKeysVariable else container


def is_member(container: Any, item: LateVariable) -> bool | None:
    """Whether a late value is in a container from elsewhere; None if torch is to look it up."""
    tx: Any = InstructionTranslator.current_tx()
    if is_constant_source(container.source) or session.compile_of(tx) is None or is_stored(tx):
        return None
    values = _as_it_was(tx, container)
    kinds = {type(item.example), *map(type, values or ())}
    if values is None or not all(map(is_found_in_c, kinds)):
        return None
    try:
        answer = item.example in values
    except Exception:
        return None  # torch raises it in the program
    item.rely_on_type()
    if is_late(container):
        container.rely_on_type()
        held.note_read(tx, container)
    place = worked_out("({1} in {0})", "operator.contains", (container.source, item.place()))
    install_guard(place.make_guard(GuardBuilder.CONSTANT_MATCH))
    return answer


def at_its_place(item: Any) -> Any:
    """What is worked out of late values, as a late value of its own; anything else as it is."""
    if not waits(item) or is_late(item):
        return item
    place = item.place()
    if place is None:
        return item
    return lazy(item.example, place, tx=InstructionTranslator.current_tx())


def text_at_its_place(item: Any) -> Any:
    """A text made of late values, as a late value of its own; anything else as it is."""
    is_text = waits(item) and not is_late(item) and item.type_at_hand is str
    return at_its_place(item) if is_text else item


def number_at_its_place(tx: Any, number: Any) -> Any:
    """A number that is worked out, or a symbol, as a late value; anything else as it is."""
    if not is_symbol(number):
        return at_its_place(number)
    place = place_of_symbol(number)
    if place is None:
        return number
    example = example_of(number)
    note_change(tx, place, example)
    return lazy(example, place, tx=tx)


def is_piece(pieces: Pieces, item: VariableTracker) -> bool | None:
    """Whether a text is one of the pieces of another, or a number one of a range that varies.

    Returns:
        None if torch is to look for it.
    """
    place = place_of(operator.contains, [pieces, item])
    example = example_of(item)
    if place is None or not is_found_in_c(type(example)):
        return None
    install_guard(place.make_guard(GuardBuilder.CONSTANT_MATCH))
    return example in pieces.example


def _as_it_was(tx: Any, container: Any) -> Any:
    """The container at hand; None if the traced code may have changed it, or it is none."""
    if is_late(container):
        values, known = container.example, _CONTAINERS | _UNTOLD
        if held.is_built(container):
            return None
    else:
        tracker, known = container.realize(), _CONTAINERS
        if tx.output.side_effects.is_modified(tracker):
            return None
        values = value_at(tx, tracker.source)
    return values if type(values) in known else None
