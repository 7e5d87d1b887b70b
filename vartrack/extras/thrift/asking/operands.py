"""What a question to a late value is made of: operands that stay what they are, and its answer."""

from __future__ import annotations

import enum
import types
from typing import Any

from torch._dynamo.source import GlobalSource
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import ListVariable, RangeVariable, TupleVariable
from torch._dynamo.variables.user_defined import UserDefinedClassVariable

from vartrack.bases.tracing.known.known_variable import KnownVariable
from vartrack.compat.names import AnySetVariable
from vartrack.core.user_code import methods
from vartrack.extras.thrift.late import held
from vartrack.extras.thrift.late.asked import Question
from vartrack.extras.thrift.late.kinds import root_of
from vartrack.extras.thrift.late.late_variable import LateVariable, is_late
from vartrack.visitors.enums import EnumMembers

__all__ = [
    "NOTHING",
    "fixed",
    "in_c",
    "is_found_in_c",
    "plainly_compared",
    "put",
    "range_of",
    "values_of",
]

#: Stands for no value.
NOTHING: Any = object()
_IN_C = types.WrapperDescriptorType


def in_c(cls: type, name: str) -> bool:
    """Whether the method ``name`` of the values of ``cls`` is not written in Python."""
    return isinstance(methods.held_by(cls, name), _IN_C)


def plainly_compared(cls: type) -> bool:
    """Whether no code of the user's runs where a value of ``cls`` is held against another."""
    return all(
        in_c(cls, name) for name in ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__")
    )


def is_found_in_c(cls: type) -> bool:
    """Whether a dict or set finds a value of ``cls`` by C code alone, or by an enum's own."""
    # the hash of a member is that of its name
    return plainly_compared(cls) and (in_c(cls, "__hash__") or issubclass(cls, enum.Enum))


def _steadiness(late: Any) -> int:
    """How little a late value changes: a member of an enum by its name least, then a global."""
    example, source = late.example, late.source
    # up to Python 3.10 several flags together have no name
    name = example._name_ if isinstance(example, enum.Enum) else None
    if name is not None and getattr(source, "member", None) == name:
        return 2
    return 1 if root_of(source) is GlobalSource else 0


def fixed(tracker: VariableTracker, changing: Any = None) -> Any:
    """The value of ``tracker``, which is the same at every call; `NOTHING` if it is not known.

    Args:
        tracker: the tracker. A late one is built if it is steadier than the other.
        changing: the late value that is asked.
    """
    if is_late(tracker) and (changing is None or _steadiness(tracker) <= _steadiness(changing)):
        return NOTHING
    tracker = tracker.realize()
    value: Any = NOTHING
    if isinstance(tracker, ConstantVariable):
        value = tracker.value
    elif isinstance(tracker, (UserDefinedClassVariable, BuiltinVariable)):
        value = tracker.as_python_constant()
        value = value if isinstance(value, type) else NOTHING
    elif isinstance(tracker, EnumMembers.tracker_class):
        value = getattr(tracker, "value", NOTHING)
        value = value if isinstance(value, enum.Enum) else NOTHING
    # a value of a user's type that is asked for itself would be guarded whole
    elif not isinstance(tracker, KnownVariable) and tracker.is_python_constant():
        value = tracker.as_python_constant()
        value = value if isinstance(value, type) else NOTHING
    return value


def values_of(container: Any, changing: Any = None) -> tuple[Any, ...] | None:
    """What is in a container that does not come from outside, as long as all of it is known."""
    container = container.realize()
    if container.source is not None:
        return None
    if isinstance(container, ConstantVariable):
        value = container.value
        return tuple(value) if isinstance(value, (tuple, frozenset)) else None
    items: Any = None
    if isinstance(container, AnySetVariable):
        items = [key.vt for key in container.items]
    elif type(container) in (TupleVariable, ListVariable):
        items = container.items
    if items is None:
        return None
    values = tuple(fixed(item, changing) for item in items)
    return None if any(value is NOTHING or _is_nan(value) for value in values) else values


def _is_nan(value: Any) -> bool:
    """Whether a value is equal to itself alone; no code of a class of the user's is run."""
    return type(value) in (float, complex) and value != value


def range_of(container: VariableTracker) -> range | None:
    """The range that a tracker is of, if its ends are known."""
    numbers = container.unwrap()
    if type(numbers) is not RangeVariable:
        return None
    ends = [end.unwrap() for end in numbers.items]
    if not all(type(end) is ConstantVariable for end in ends):
        return None
    return range(*(end.value for end in ends))


def put(late: LateVariable, question: Question, one_value: Any = NOTHING) -> Any:
    """The answer, guarded; `None` if it is better to guard the value."""
    if not is_late(late) or (late.kind.holds and held.is_built(late)):
        return None  # what it was compared with may have built it
    try:
        answer = question.ask(late.example)
    except Exception:
        return None  # torch raises it in the program
    if answer is one_value or answer is NotImplemented:
        return None
    late.rely_on_type()
    if late.kind.holds:
        held.note_read(InstructionTranslator.current_tx(), late)
    return late.asked.put(question)
