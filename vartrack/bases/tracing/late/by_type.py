"""What the type of a late value says of it: that it is not None, or an instance of a class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.bases.tracing.classes.plain import are_plain
from vartrack.bases.tracing.late.waiting import WAITING, waits
from vartrack.compat.instructions import Instructions

__all__ = ["ASKED_BY_TYPE", "BY_TYPE", "stand_in"]

#: What a literal of the same type says as well.
_LITERALS = frozenset({str, bytes, int, float, bool})
#: By the id of a function what has to be true of its other operands, so that it asks for the type.
BY_TYPE: dict[int, Callable[[Sequence[VariableTracker]], bool]] = {
    id(callable): lambda rest: not rest,
    id(isinstance): lambda rest: len(rest) == 1 and are_plain(rest[0]),
    id(type): lambda rest: not rest,
}


def stand_in(value: Any) -> VariableTracker | None:
    """A constant of the type of a late value, which is guarded; None if there is none."""
    if not waits(value) or value.type_at_hand not in _LITERALS:
        return None
    value.rely_on_type()
    return ConstantVariable.create(value.type_at_hand())


def _is_op(tx: Any, inst: Any) -> bool:
    """``a is b``, where one is late and the other of another type."""
    operands = tx.stack[-2:]
    if WAITING.isdisjoint(map(type, operands)):
        return False  # most are
    for late, other in (operands, reversed(operands)):
        known = other.unwrap()
        if waits(late) and type(known) is ConstantVariable:
            if issubclass(type(known.value), late.type_at_hand):
                return False
            late.rely_on_type()
            tx.popn(2)
            tx.push(ConstantVariable.create(bool(inst.argval)))
            return True
    return False


def _jump_if_none(wanted: bool) -> Callable[[Any, Any], bool]:
    """``if a is None:``, which no late value is."""

    def jump(tx: Any, inst: Any) -> bool:
        if not waits(tx.stack[-1]):
            return False
        tx.pop().python_type()  # has it guarded
        if not wanted:
            tx.jump(inst)
        return True

    return jump


#: What is asked before an instruction is traced.
ASKED_BY_TYPE = Instructions(
    IS_OP=_is_op,
    **{
        f"POP_JUMP_{way}IF_{name}": _jump_if_none(name == "NONE")
        for way in ("", "FORWARD_", "BACKWARD_")
        for name in ("NONE", "NOT_NONE")
    },
)
