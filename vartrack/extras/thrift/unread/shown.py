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
from torch._dynamo.variables.misc import StringFormatVariable

from vartrack.compat.making import by_name
from vartrack.core.wrappers import Table, Wrappers
from vartrack.extras.thrift.unread.only_written import Unread, is_made_here

__all__ = ["HOOKS", "SHOWING", "read_whole"]

#: The functions that give a text of their operands.
SHOWING = frozenset({str, repr, ascii, format, operator.mod, operator.imod})


def read_whole(trackers: Iterable[VariableTracker]) -> None:
    """Read what was in the containers of which only changes are known, here or in others."""
    for tracker in trackers:
        known: Any = tracker.unwrap()
        if issubclass(type(known), Unread):
            known.become_ordinary()
            if issubclass(type(known), ConstDictVariable) and known.source is not None:
                tx: Any = InstructionTranslator.current_tx()
                tx.output.guard_on_key_order.add(known.source)
        elif is_made_here(known):
            read_whole(known.items.values() if type(known) is ConstDictVariable else known.items)


def _read_first(own: Callable[..., Any]) -> Any:
    @functools.wraps(own)
    def create(*given: Any, **named: Any) -> Any:
        bound = by_name(own, given, named)
        read_whole(bound["sym_args"])
        read_whole(bound["sym_kwargs"].values())
        return own(*given, **named)

    return staticmethod(create)


#: What is put into torch while a registry with this set is in force.
HOOKS: tuple[Table, ...] = (Wrappers((StringFormatVariable, "create", _read_first)),)
