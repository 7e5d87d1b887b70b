"""What a program asks of a late value, as questions whose answers can be guarded."""

from __future__ import annotations

import enum
import functools
import operator
import re
import types
from collections.abc import Callable
from typing import Any

import torch
from torch._dynamo.source import GlobalSource
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import ListVariable, TupleVariable
from torch._dynamo.variables.user_defined import UserDefinedClassVariable

from vartrack.compat.names import AnySetVariable
from vartrack.core import methods
from vartrack.extras.thrift import held
from vartrack.extras.thrift.asked import Question
from vartrack.extras.thrift.kinds import root_of
from vartrack.extras.thrift.late import LateVariable, is_late, waits
from vartrack.visitors.enums import EnumMembers

__all__ = [
    "METHODS",
    "ORDERED",
    "SAME",
    "are_plain",
    "compared",
    "contained",
    "is_instance",
    "is_subclass",
    "length",
    "method",
    "truth",
]

#: From an operator to the one that gives the same with the operands the other way round.
_SWAPPED: dict[Callable[[Any, Any], Any], Callable[[Any, Any], Any]] = {
    operator.eq: operator.eq,
    operator.ne: operator.ne,
    operator.lt: operator.gt,
    operator.le: operator.ge,
    operator.gt: operator.lt,
    operator.ge: operator.le,
    operator.is_: operator.is_,
    operator.is_not: operator.is_not,
}
#: Those that ask which objects the operands are, and those that look at their values.
SAME = (operator.is_, operator.is_not)
ORDERED = tuple(op for op in _SWAPPED if op not in SAME)
#: Answers that leave one value only, which is better guarded itself.
_ONE_VALUE = {
    (operator.eq, True),
    (operator.ne, False),
    (operator.is_, True),
    (operator.is_not, False),
}
_SIGNS = {
    operator.eq: "==",
    operator.ne: "!=",
    operator.lt: "<",
    operator.le: "<=",
    operator.gt: ">",
    operator.ge: ">=",
    operator.is_: "is",
    operator.is_not: "is not",
}
#: Methods that say something about a text or a match, and change nothing.
METHODS: dict[type, frozenset[str]] = {
    str: frozenset(
        {"startswith", "endswith", "count", "find", "rfind", "__contains__", "__len__"}
        | {name for name in vars(str) if name.startswith("is")}
    ),
    bytes: frozenset({"startswith", "endswith", "count", "find", "__contains__", "__len__"}),
    re.Match: frozenset({"group", "groups", "start", "end", "span"}),
}
#: Types of values of which there is one each.
_SINGLE = (enum.Enum, type, torch.dtype, torch.layout, torch.memory_format)
#: Metaclasses of torch that take nothing for an instance but tensors, of which none is late.
_LOOK_AT_TYPES = (type(torch.nn.Parameter), type(torch.nn.Buffer))
_NOTHING: Any = object()
_IN_C = types.WrapperDescriptorType


def _in_c(cls: type, name: str) -> bool:
    """Whether the method ``name`` of the values of ``cls`` is not written in Python."""
    return isinstance(methods.held_by(cls, name), _IN_C)


def _steadiness(late: Any) -> int:
    """How little a late value changes: a member of an enum by its name least, then a global."""
    example, source = late.example, late.source
    if isinstance(example, enum.Enum) and getattr(source, "member", None) == example._name_:
        return 2
    return 1 if root_of(source) is GlobalSource else 0


def _fixed(tracker: VariableTracker, changing: Any = None) -> Any:
    """The value of ``tracker``, which is the same at every call; `_NOTHING` if it is not known.

    Args:
        tracker: the tracker. A late one is built if it is steadier than the other.
        changing: the late value that is asked.
    """
    if is_late(tracker) and (changing is None or _steadiness(tracker) <= _steadiness(changing)):
        return _NOTHING
    tracker = tracker.realize()
    value: Any = _NOTHING
    if isinstance(tracker, ConstantVariable):
        value = tracker.value
    elif isinstance(tracker, (UserDefinedClassVariable, BuiltinVariable)):
        value = tracker.as_python_constant()
        value = value if isinstance(value, type) else _NOTHING
    elif isinstance(tracker, EnumMembers.tracker_class):
        value = getattr(tracker, "value", _NOTHING)
        value = value if isinstance(value, enum.Enum) else _NOTHING
    elif tracker.is_python_constant():
        value = tracker.as_python_constant()
        value = value if isinstance(value, type) else _NOTHING
    return value


def _pair(left: VariableTracker, right: VariableTracker) -> tuple[Any, Any, bool] | None:
    """The late one of two operands, the value of the other, and whether they are swapped."""
    for late, other, swapped in ((left, right, False), (right, left, True)):
        if is_late(late) and (value := _fixed(other, late)) is not _NOTHING and is_late(late):
            return late, value, swapped
    return None


def _put(late: LateVariable, question: Question, one_value: Any = _NOTHING) -> Any:
    """The answer, guarded; `None` if it is better to guard the value."""
    if late.kind.holds and held.is_built(late):
        return None
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


def compared(op: Any, left: VariableTracker, right: VariableTracker) -> bool | None:
    """What ``op(left, right)`` gives, guarded; None if it cannot be asked of a late operand."""
    pair = _pair(left, right) if op in _SWAPPED else None
    if pair is None:
        return None
    late, value, swapped = pair
    if swapped:
        op = _SWAPPED[op]
    same = op in SAME
    cls = type(late.example)
    if not same and not (_plainly_compared(cls) and _plainly_compared(type(value))):
        return None
    if same and cls is not type(value):
        late.rely_on_type()
        return bool(op is operator.is_not)
    if same and not isinstance(value, _SINGLE):
        return None  # which of two equal values it is, nobody can say
    text = f"_ {_SIGNS[op]} {value!r}"
    one_value = next((answer for each, answer in _ONE_VALUE if each is op), _NOTHING)
    answer = _put(late, Question(text, lambda it: op(it, value), op, value), one_value)
    return answer if isinstance(answer, bool) else None


def _plainly_compared(cls: type) -> bool:
    return all(
        _in_c(cls, name) for name in ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__")
    )


def contained(container: Any, item: Any) -> bool | None:
    """Whether a late value is in ``container``, or something in a late text; as `compared`."""
    if not is_late(item):
        return _has_part(container, item) if is_late(container) else None
    values = _values_of(container, item)
    cls = type(item.example)
    if values is None or not _plainly_compared(cls):
        return None
    if not all(_plainly_compared(type(value)) for value in values):
        return None
    question = Question(f"_ in {values!r}", lambda it: it in values, values)
    answer = _put(item, question)
    return answer if isinstance(answer, bool) else None


def _has_part(text: Any, item: VariableTracker) -> bool | None:
    whole, part = text.example, _fixed(item)
    if isinstance(whole, (set, frozenset)):
        if type(part) not in (int, str, bool, float, bytes) and not isinstance(part, enum.Enum):
            return None
    elif type(whole) not in METHODS or type(part) is not type(whole):
        return None
    question = Question(f"{part!r} in _", lambda it: part in it, part)
    answer = _put(text, question)
    return answer if isinstance(answer, bool) else None


def _values_of(container: Any, changing: Any = None) -> tuple[Any, ...] | None:
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
    values = tuple(_fixed(item, changing) for item in items)
    return None if any(value is _NOTHING for value in values) else values


def truth(value: Any) -> bool | None:
    """Whether a late value is true, guarded; None if that cannot be asked."""
    if not is_late(value):
        return None
    cls = type(value.example)
    if cls is bool:
        return None  # the answer leaves one value only
    found = [methods.held_by(cls, name) for name in ("__bool__", "__len__")]
    if not all(each is None or isinstance(each, _IN_C) for each in found):
        return None
    if found == [None, None]:
        value.python_type()
        return True
    answer = _put(value, Question("bool(_)", bool))
    return answer if isinstance(answer, bool) else None


def length(value: Any) -> int | None:
    """The length of a late text, guarded; None if it is none."""
    if not is_late(value) or not (value.kind.holds or type(value.example) in METHODS):
        return None
    answer = _put(value, Question("len(_)", len))
    return answer if isinstance(answer, int) else None


def method(value: LateVariable, name: str, args: list[VariableTracker]) -> Any:
    """What a method of a late text or match says, guarded; None if it cannot be asked."""
    values = []
    for arg in args:
        known = _fixed(arg)
        if known is _NOTHING and type(arg.realize()) is TupleVariable:
            known = _values_of(arg)
        if known is _NOTHING or known is None:
            return None
        values.append(known)
    ask = operator.methodcaller(name, *values)
    text = f"_.{name}({', '.join(map(repr, values))})"
    answer = _put(value, Question(text, ask, *values))
    return answer if ConstantVariable.is_literal(answer) else None


def is_instance(value: Any, cls: Any) -> bool | None:
    """What ``isinstance(value, cls)`` gives, guarded; None if that cannot be asked.

    Of a late value the type says it, of a late class whether that type is derived from it.
    """
    if is_late(cls):
        return _has_subclass(cls, value)
    if not waits(value):
        return None
    kind = value.type_at_hand
    of_python = kind.__module__ == "builtins"
    says_its_class = methods.held_by(kind, "__class__") is not object.__dict__["__class__"]
    classes = _classes(cls, () if says_its_class else _LOOK_AT_TYPES)
    if classes is None:
        return None
    value.rely_on_type()  # on which the answer depends, whatever the value is
    return issubclass(kind, classes) if of_python else isinstance(value.example, classes)


def _has_subclass(cls: Any, value: VariableTracker) -> bool | None:
    value = value.realize()
    if type(cls.example) not in (type, types.UnionType) or value.is_tensor():
        return None  # a metaclass, or torch, may say something else
    try:
        kind = value.python_type()
    except NotImplementedError:
        return None
    if methods.held_by(kind, "__class__") is not object.__dict__["__class__"]:
        return None
    answer = _put(
        cls, Question(f"issubclass({kind!r}, _)", functools.partial(_is_derived, kind), kind)
    )
    return answer if isinstance(answer, bool) else None


def _is_derived(kind: type, cls: Any) -> bool:
    """Whether ``kind`` is a subclass of a class, or of one of a union.

    Raises:
        TypeError: one of them may have a say of its own in it.
    """
    if not all(map(_is_plain_class, getattr(cls, "__args__", (cls,)))):
        raise TypeError(f"{cls!r} may say something else")
    return issubclass(kind, cls)


def is_subclass(cls: Any, of: VariableTracker) -> bool | None:
    """What ``issubclass(cls, of)`` gives for a late class, guarded; None if it cannot be asked."""
    classes = None if is_late(of) else _classes(of)
    if classes is None or not is_late(cls) or not isinstance(cls.example, type):
        return None
    question = Question(f"issubclass(_, {classes!r})", lambda it: issubclass(it, classes), classes)
    answer = _put(cls, question)
    return answer if isinstance(answer, bool) else None


def _classes(cls: VariableTracker, metaclasses: tuple[type, ...] = ()) -> tuple[type, ...] | None:
    """The classes that ``cls`` stands for, as long as none of them asks further.

    Args:
        cls: a class, or a tuple of them.
        metaclasses: those that do not count as asking further.
    """
    known = _fixed(cls)
    classes = (known,) if known is not _NOTHING else _values_of(cls)
    if not classes:
        return None
    plain = all(type(each) in metaclasses or _is_plain_class(each) for each in classes)
    return classes if plain else None


def are_plain(cls: VariableTracker) -> bool:
    """Whether ``cls`` is a class, or a tuple of them, none of which asks further."""
    try:
        known = cls.realize().as_python_constant()
    except NotImplementedError:
        return False
    classes = known if isinstance(known, tuple) else getattr(known, "__args__", (known,))
    return all(type(each) in _LOOK_AT_TYPES or _is_plain_class(each) for each in classes)


def _is_plain_class(cls: Any) -> bool:
    return (
        isinstance(cls, type)
        and type(cls).__instancecheck__ is type.__instancecheck__
        and type(cls).__subclasscheck__ is type.__subclasscheck__
    )
