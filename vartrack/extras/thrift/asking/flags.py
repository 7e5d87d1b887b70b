"""Flags of enums that change: `if options & Option.SAVE:` and `Option.SAVE in options`.

What two flags have in common is worked out again at each call, and is often the same.
"""

from __future__ import annotations

import enum
import functools
from typing import Any

from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker

from vartrack.compat.making import lazy
from vartrack.core.guarding.exporting import is_stored
from vartrack.core.sources.worked_out import worked_out
from vartrack.core.user_code import methods
from vartrack.extras.thrift.asking.operands import fixed, put
from vartrack.extras.thrift.late.asked import Question
from vartrack.extras.thrift.late.late_variable import LateVariable, is_late

__all__ = ["common", "has_flag", "in_common"]


def _has_own(cls: type, *names: str) -> bool:
    """Whether these methods of the flags of ``cls`` are those that Python gives them."""
    held = (methods.held_by(cls, name) for name in ("_missing_", *names))
    return (
        issubclass(cls, enum.Flag)
        and type(cls) is enum.EnumMeta
        and all(
            # up to Python 3.10 there is no `__rand__`
            each is None or getattr(getattr(each, "__func__", each), "__module__", "") == "enum"
            for each in held
        )
    )


def has_flag(flags: LateVariable, one: VariableTracker) -> bool | None:
    """Whether ``one`` is among late flags, guarded; None if that cannot be asked."""
    cls = type(flags.example)
    flag: Any = fixed(one, flags) if _has_own(cls, "__contains__") else None
    if type(flag) is not cls or not is_late(flags):
        return None
    value = flag._value_
    question = Question(f"{value} & _._value_ == {value}", functools.partial(_has, value), value)
    answer = put(flags, question)
    return answer if isinstance(answer, bool) else None


def _has(value: int, flags: enum.Flag) -> bool:
    return bool(flags._value_ & value == value)


def common(left: VariableTracker, right: VariableTracker) -> VariableTracker | None:
    """What ``left & right`` gives, one of which is late flags; None if it cannot be worked out."""
    tx: Any = InstructionTranslator.current_tx()
    for late, other in ((left, right), (right, left)):
        flags: Any = late
        if not is_late(flags) or not _has_own(type(flags.example), "__and__", "__rand__"):
            continue
        mask = fixed(other, flags)
        if type(mask) is type(flags.example) and is_late(flags) and not is_stored(tx):
            flags.rely_on_type()
            operands = (flags.place(), mask._value_)
            where = worked_out("type({0})({0}._value_ & {1})", f"{__name__}.in_common", operands)
            return lazy(in_common(flags.example, mask._value_), where, tx=tx)
    return None


def in_common(flags: enum.Flag, value: int) -> enum.Flag:
    """The flags that are in ``value``, too."""
    return type(flags)(flags._value_ & value)
