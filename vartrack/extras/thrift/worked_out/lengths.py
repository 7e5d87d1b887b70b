"""How many items a late container has, as a number that varies."""

from __future__ import annotations

from typing import Any

from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker

from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.making import lazy
from vartrack.core.sources.worked_out import worked_out
from vartrack.extras.thrift.late import held
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.late.pieces import LateRange
from vartrack.extras.thrift.unread.filled import unchanged_dict
from vartrack.extras.thrift.worked_out.methods import made

__all__ = ["length_of"]


def length_of(container: Any) -> VariableTracker | None:
    """``len(container)`` as a late number; None if it cannot be read anew at each call."""
    if not waits(container):
        return _length_of_dict(container.unwrap())
    tx: Any = InstructionTranslator.current_tx()
    if type(container) is LateRange:
        return made(tx, len, [container])
    if not is_late(container):
        return None
    holds = container.kind.holds
    if held.is_built(container) if holds else type(container.example) is not bytes:
        return None
    number: Any = made(tx, len, [container])
    if number is not None and holds:
        held.note_read(tx, container)
    return number  # type: ignore[no-any-return]


def _length_of_dict(known: Any) -> VariableTracker | None:
    """That of a dict from outside, some of whose items were read, and none changed."""
    tx: Any = InstructionTranslator.current_tx()
    before = unchanged_dict(tx, known)
    if before is None:
        return None
    return lazy(len(before), worked_out("len({})", "builtins.len", [known.source]), tx=tx)
