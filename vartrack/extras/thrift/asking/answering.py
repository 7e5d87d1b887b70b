"""What a program asks of a late value, as questions whose answers can be guarded."""

from __future__ import annotations

import enum
import functools
import operator
from collections.abc import Callable
from typing import Any

import torch
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import ListVariable, TupleVariable

from vartrack.bases.tracing.late.waiting import waits
from vartrack.core.user_code import methods
from vartrack.extras.thrift.asking import by_objects
from vartrack.extras.thrift.asking.flags import has_flag
from vartrack.extras.thrift.asking.membership import (
    at_its_place,
    is_member,
    is_piece,
    text_at_its_place,
    without_view,
)
from vartrack.extras.thrift.asking.operands import (
    NOTHING,
    fixed,
    in_c,
    plainly_compared,
    put,
    range_of,
    values_of,
)
from vartrack.extras.thrift.late.asked import Question
from vartrack.extras.thrift.late.late_variable import LateVariable, is_late
from vartrack.extras.thrift.late.pieces import are_pieces

__all__ = ["METHODS", "ORDERED", "SAME", "compared", "contained", "length", "method", "truth"]

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
#: Methods that say yes or no about a text, and change nothing.
METHODS: dict[type, frozenset[str]] = {
    cls: frozenset(
        {"startswith", "endswith", "__contains__"}
        | {name for name in vars(cls) if name.startswith("is")}
    )
    for cls in (str, bytes)
}
#: Types of values of which there is one each.
_SINGLE = (enum.Enum, type, torch.dtype, torch.layout, torch.memory_format)


def _pair(left: VariableTracker, right: VariableTracker) -> tuple[Any, Any, bool] | None:
    """The late one of two operands, the value of the other, and whether they are swapped."""
    left, right = text_at_its_place(left), text_at_its_place(right)
    for late, other, swapped in ((left, right, False), (right, left, True)):
        if is_late(late) and (value := fixed(other, late)) is not NOTHING and is_late(late):
            return late, value, swapped
    return None


def compared(op: Any, left: VariableTracker, right: VariableTracker) -> bool | None:
    """What ``op(left, right)`` gives, guarded; None if it cannot be asked of a late operand."""
    if op in SAME and left is right and is_late(left) and not left.kind.holds:  # type: ignore[attr-defined]
        return bool(op is operator.is_)
    pair = _pair(left, right) if op in _SWAPPED else None
    if pair is None:
        return None
    late, value, swapped = pair
    if swapped:
        op = _SWAPPED[op]
    same = op in SAME
    cls = type(late.example)
    if not same and not (plainly_compared(cls) and plainly_compared(type(value))):
        return None
    if same and cls is not type(value):
        late.rely_on_type()
        return bool(op is operator.is_not)
    if same and not isinstance(value, _SINGLE):
        return None  # which of two equal values it is, nobody can say
    text = f"_ {_SIGNS[op]} {value!r}"
    one_value = next((answer for each, answer in _ONE_VALUE if each is op), NOTHING)
    answer = put(
        late, Question(text, functools.partial(_held_against, op, value), op, value), one_value
    )
    return answer if isinstance(answer, bool) else None


def _held_against(op: Callable[[Any, Any], Any], value: Any, it: Any) -> Any:
    # no lambda: what is stored with a compiled function loses what that closes over
    return op(it, value)


def contained(container: Any, item: Any) -> bool | None:
    """Whether a late value is in ``container``, or something in a late text; as `compared`."""
    if are_pieces(container):
        return is_piece(container, item)
    container = text_at_its_place(container)
    if is_late(container) and issubclass(container.type_at_hand, enum.Flag):
        return has_flag(container, item)
    item = at_its_place(item)
    if not is_late(item):
        if is_late(container):
            return _has_part(container, item)
        return _is_among_objects(container, item)
    container = without_view(container)
    if container.source is not None:
        return is_member(container, item)
    cls = type(item.example)
    if cls is int and (numbers := range_of(container)) is not None:
        return _is_number_of(item, numbers)
    values = values_of(container, item)
    if values is None:
        return _is_among_objects(container, item)
    if not plainly_compared(cls):
        return None
    if not all(plainly_compared(type(value)) for value in values):
        return None
    question = Question(f"_ in {values!r}", functools.partial(operator.contains, values), values)
    answer = put(item, question)
    return answer if isinstance(answer, bool) else None


def _is_among_objects(container: Any, item: Any) -> bool | None:
    """Whether something is in a list or tuple that was made, of objects and late values."""
    made = container.unwrap()
    if type(made) not in (ListVariable, TupleVariable) or made.source is not None:
        return None
    return by_objects.is_among(InstructionTranslator.current_tx(), made.items, item)


def _is_number_of(item: LateVariable, numbers: range) -> bool | None:
    """Whether a late int is one of the numbers of a range."""
    question = Question(f"_ in {numbers!r}", functools.partial(operator.contains, numbers), numbers)
    answer = put(item, question)
    return answer if isinstance(answer, bool) else None


def _has(part: Any, whole: Any) -> bool:
    return part in whole


def _has_part(text: Any, item: VariableTracker) -> bool | None:
    whole, part = text.example, fixed(item)
    if isinstance(whole, (set, frozenset)):
        if type(part) not in (int, str, bool, float, bytes) and not isinstance(part, enum.Enum):
            return None
    elif type(whole) not in METHODS or type(part) is not type(whole):
        return None
    question = Question(f"{part!r} in _", functools.partial(_has, part), part)
    answer = put(text, question)
    return answer if isinstance(answer, bool) else None


def truth(value: Any) -> bool | None:
    """Whether a late value is true, guarded; None if that cannot be asked."""
    if not is_late(value):
        return None
    cls = type(value.example)
    if cls is bool:
        return None  # the answer leaves one value only
    found = [name for name in ("__bool__", "__len__") if methods.held_by(cls, name)]
    if not all(in_c(cls, name) for name in found):
        return None
    if not found:
        value.python_type()
        return True
    answer = put(value, Question("bool(_)", bool))
    return answer if isinstance(answer, bool) else None


def length(value: Any) -> int | None:
    """The length of a late container, guarded; None if it is none."""
    if not is_late(value) or not value.kind.holds:
        return None
    answer = put(value, Question("len(_)", len))
    return answer if isinstance(answer, int) else None


def method(value: LateVariable, name: str, args: list[VariableTracker]) -> Any:
    """What a method of a late text says, guarded; None if it cannot be asked."""
    values = []
    for arg in args:
        if waits(arg):
            return None
        known = fixed(arg)
        if known is NOTHING and type(arg.realize()) is TupleVariable:
            known = values_of(arg)
        if known is NOTHING or known is None:
            return None
        values.append(known)
    ask = operator.methodcaller(name, *values)
    text = f"_.{name}({', '.join(map(repr, values))})"
    answer = put(value, Question(text, ask, *values))
    return answer if ConstantVariable.is_literal(answer) else None
