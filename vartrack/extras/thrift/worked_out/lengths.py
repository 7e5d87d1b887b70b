"""How many items a late container has, as a number that varies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._dynamo.symbolic_convert import InstructionTranslator

from vartrack.extras.thrift.late import held
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.worked_out.methods import made

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker

__all__ = ["length_of"]


def length_of(container: Any) -> VariableTracker | None:
    """``len(container)`` as a late number; None if it cannot be read anew at each call."""
    if not is_late(container) or not container.kind.holds or held.is_built(container):
        return None
    tx = InstructionTranslator.current_tx()
    number: Any = made(tx, len, [container])
    if number is not None:
        held.note_read(tx, container)
    return number  # type: ignore[no-any-return]
