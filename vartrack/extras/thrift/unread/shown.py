"""Texts of containers that were changed: what was in those before is read first.

torch makes a text of what is no constant when the graph has run, and then of what the container was
before the call.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable
from typing import Any

from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import ListVariable, TupleVariable
from torch._dynamo.variables.misc import StringFormatVariable

from vartrack.bases.tracing.known.changed_values import has_changed
from vartrack.bases.tracing.late.container_texts import filled_in, with_texts
from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.making import by_name
from vartrack.core.wrapping.wrappers import Table, Wrappers
from vartrack.extras.thrift.unread.only_written import Unread

__all__ = ["HOOKS", "SHOWING", "read_whole"]

#: The functions that give a text of their operands.
SHOWING = frozenset({str, repr, ascii, format, operator.mod, operator.imod})
_CONTAINERS = (ListVariable, TupleVariable, ConstDictVariable)


def read_whole(trackers: Iterable[VariableTracker], seen: frozenset[int] = frozenset()) -> None:
    """Read what was in the containers of which only changes are known, here or in others.

    One of which nothing is known may hold another that was changed.

    Args:
        trackers: of the containers, and of anything else.
        seen: the ids of the trackers of those that hold them.
    """
    for tracker in trackers:
        if waits(tracker) and tracker.kind.holds and has_changed(_tracer()):  # type: ignore[attr-defined]
            tracker = tracker.realize()
        known: Any = tracker.unwrap()
        if issubclass(type(known), Unread):
            known.become_ordinary()
            if issubclass(type(known), ConstDictVariable) and known.source is not None:
                _tracer().output.guard_on_key_order.add(known.source)
        elif type(known) in _CONTAINERS and id(known) not in seen:
            parts = known.items.values() if type(known) is ConstDictVariable else known.items
            read_whole(parts, seen | {id(known)})


def _tracer() -> Any:
    return InstructionTranslator.current_tx()


def _read_first(own: Callable[..., Any]) -> Any:
    @functools.wraps(own)
    def create(*given: Any, **named: Any) -> Any:
        parts = by_name(own, given, named)
        read_whole(filled_in(parts))
        parts, _ = with_texts(_tracer(), parts)
        return own(*parts.values())  # in the order in which this release takes them

    return staticmethod(create)


#: What is put into torch while a registry with this set is in force.
HOOKS: tuple[Table, ...] = (Wrappers((StringFormatVariable, "create", _read_first)),)
