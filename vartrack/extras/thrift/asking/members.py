"""Members of an enum that are looked up by what varies: `Mode(text)`, `Mode[name]`; as numbers.

torch fixes the text. But the graph depends only on what is asked of the member, which is looked up
again at each call. A member that is a number, and was seen to change, is that number in arithmetic.
"""

from __future__ import annotations

import enum
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.user_defined import UserDefinedClassVariable

from vartrack.bases.tracing.late.symbols import is_symbol, place_of_symbol
from vartrack.bases.tracing.late.waiting import waits
from vartrack.bases.tracing.late.working_out import example_of
from vartrack.compat.making import lazy
from vartrack.core.guarding.exporting import is_stored
from vartrack.core.sources.worked_out import worked_out
from vartrack.core.user_code import methods
from vartrack.extras.thrift.late import found
from vartrack.extras.thrift.late.changes import has_changed, note_change
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.visitors.enums import EnumMembers

__all__ = ["by_name", "by_value", "may_be_number", "member", "number", "numbers_on_stack"]

#: What a dict finds by C code alone.
_KEYS = frozenset({str, bytes, int})


def by_value(cls: Any, value: Any) -> Any:
    """The member with a value."""
    return cls._value2member_map_[value]


def by_name(cls: Any, name: str) -> Any:
    """The member with a name."""
    return cls._member_map_[name]


def member(tx: Any, of: Any, key: Any, look_up: Any) -> VariableTracker | None:
    """The member of an enum under a key that varies; None if torch is to look it up.

    Args:
        tx: the tracer.
        of: the enum.
        key: the value or name.
        look_up: `by_value` or `by_name`.
    """
    if not (waits(key) or is_symbol(key)) or is_stored(tx):
        return None
    known: Any = of.realize()
    if not isinstance(known, UserDefinedClassVariable) or known.source is None:
        return None
    cls = known.value
    if not _is_plain(cls):
        return None
    if look_up is by_value and waits(key) and key.type_at_hand is cls:
        key.rely_on_type()
        return key  # type: ignore[no-any-return]
    at = key.place() if waits(key) else place_of_symbol(key)
    if at is None or key.python_type() not in _KEYS:
        return None
    try:
        value = look_up(cls, example_of(key))
    except KeyError:
        return None  # torch raises it in the program
    name = f"{__name__}.{look_up.__name__}"
    place = worked_out(f"{name}({{}}, {{}})", name, (known.source, at))
    return found.taken(tx, value, place, at, example_of(key))


def _is_plain(cls: Any) -> bool:
    """Whether an enum finds its members as Python does it, and makes no others."""
    return (
        type(cls) is enum.EnumMeta
        and not issubclass(cls, enum.Flag)
        and methods.held_by(cls, "_missing_") is vars(enum.Enum)["_missing_"]
    )


#: What a member that is a number has from that, where it is one in arithmetic.
_ARITHMETIC = (
    *("__int__", "__float__", "__index__", "__add__", "__sub__", "__mul__", "__truediv__"),
    *("__floordiv__", "__mod__", "__pow__", "__radd__", "__rsub__", "__rmul__", "__rtruediv__"),
    *("__rfloordiv__", "__rmod__", "__rpow__", "__divmod__", "__neg__", "__bool__"),
)


def number(
    tx: Any, late: Any, function: Any = int, at_once: bool = False
) -> VariableTracker | None:
    """The number that a late member is, once it was seen to change; None if it is none.

    Args:
        tx: the tracer.
        late: the member.
        function: ``int`` or ``float``, by which it is read.
        at_once: whether it need not have changed.
    """
    if not is_late(late) or not _is_number(type(late.example), function) or is_stored(tx):
        return None
    name = function.__name__
    place = worked_out(f"{name}({{}})", f"builtins.{name}", [late.place()])
    value = function(late.example)
    changes = has_changed(tx, place, value)
    if not changes and not at_once:
        return None
    late.rely_on_type()
    if changes:
        note_change(tx, place, value)
    return lazy(value, place, tx=tx)


def may_be_number(tracker: Any) -> bool:
    """Whether ``tracker`` may be of a member of an enum."""
    if is_late(tracker):
        return bool(tracker.kind.is_one_of_few)
    return type(tracker.unwrap()) is EnumMembers.tracker_class


def _number_of_known(known: Any) -> VariableTracker | None:
    """The number that a member is whose value is guarded; None if it is none."""
    if type(known) is not EnumMembers.tracker_class:
        return None
    value = known.value
    return ConstantVariable.create(int(value)) if _is_number(type(value), int) else None


def _is_number(cls: type, function: Any) -> bool:
    if not (issubclass(cls, enum.Enum) and issubclass(cls, function)):
        return False
    names = (name for name in _ARITHMETIC if hasattr(function, name))
    return all(methods.held_by(cls, name) is methods.held_by(function, name) for name in names)


def numbers_on_stack(tx: Any, count: int, at_once: bool = False) -> None:
    """Put numbers in the place of members that are some, which are on top of the stack."""
    stack = tx.stack
    for at in range(-count, 0):
        if at_once and not waits(stack[at]):
            stack[at] = _number_of_known(stack[at].unwrap()) or stack[at]
        if is_late(stack[at]) and stack[at].kind.is_one_of_few:
            read = (number(tx, stack[at], function, at_once) for function in (int, float))
            stack[at] = next(filter(None, read), stack[at])
