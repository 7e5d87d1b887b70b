"""Operators of the program's own objects, whose methods get a late operand as it is.

`config == mode`, `path + name` and `batch[name]` of a class with a method for it: what that asks of
the operand is guarded, and not what it is.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from types import FunctionType
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.known.known_variable import KnownVariable
from vartrack.bases.tracing.late.waiting import waits
from vartrack.core.user_code import methods

__all__ = ["ARITHMETIC", "compared", "is_among", "item_of", "worked_out_by"]

#: The types of late operands, which leave the answer to the object.
_LITERALS = frozenset({str, bytes, int, float, bool})
#: By operator its sign, its method, and that of the other operand which says the same.
_OPERATORS: dict[Callable[..., Any], tuple[str, str, str]] = {
    operator.eq: ("==", "__eq__", "__eq__"),
    operator.ne: ("!=", "__ne__", "__ne__"),
    operator.lt: ("<", "__lt__", "__gt__"),
    operator.le: ("<=", "__le__", "__ge__"),
    operator.gt: (">", "__gt__", "__lt__"),
    operator.ge: (">=", "__ge__", "__le__"),
}

#: The names of the operators that give something new, by that of their methods.
_OF_MODULE = {
    **{name: name for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "matmul")},
    **{name: name for name in ("lshift", "rshift", "xor")},
    "and": "and_",
    "or": "or_",
}
#: By operator the names of the methods that may have it: the first that the object has counts.
ARITHMETIC: dict[Callable[..., Any], tuple[str, ...]] = {
    **{getattr(operator, own): (name,) for name, own in _OF_MODULE.items()},
    **{getattr(operator, f"i{name}"): (f"i{name}", name) for name in _OF_MODULE},
}
#: What a text that comes first does itself, with an operand of any kind.
_OF_TEXTS = frozenset({"rmod", "rmul"})


def _object(tracker: Any, late: Any) -> Any:
    """The tracker of an object of the program's; None if it is of anything else.

    Args:
        tracker: of one operand.
        late: of the other.
    """
    if not waits(late) or late.type_at_hand not in _LITERALS or waits(tracker):
        return None
    known = tracker.realize()
    is_one = isinstance(known, UserDefinedObjectVariable) and not isinstance(known, KnownVariable)
    return known if is_one else None


def _has(known: Any, name: str) -> bool:
    """Whether the class has the method from the program; its own torch knows better."""
    method = methods.held_by(known.python_type(), name)
    return type(method) is FunctionType and not method.__module__.startswith("torch.")


def _declines(answer: VariableTracker) -> bool:
    """Whether a method leaves it to the other operand; what it gives is not built for that."""
    known = answer.unwrap()
    return type(known) is ConstantVariable and known.value is NotImplemented


def item_of(tx: Any, container: Any, key: Any) -> VariableTracker | None:
    """``container[key]``; None if torch is to look it up."""
    known = _object(container, key)
    if known is None or not _has(known, "__getitem__"):
        return None
    found: VariableTracker = known.call_method(tx, "__getitem__", [key], {})
    return found


def worked_out_by(tx: Any, op: Any, left: Any, right: Any) -> VariableTracker | None:
    """What ``left + right`` or the like gives by a method of the object; None if torch is to."""
    *in_place, name = ARITHMETIC[op]
    late, known = right, _object(left, right)
    if known is None:
        late, known = left, _object(right, left)
        in_place, name = [], f"r{name}"
    if known is None or (late.type_at_hand in (str, bytes) and name in _OF_TEXTS):
        return None
    cls = known.python_type()
    if issubclass(cls, (int, float, str, bytes)) or methods.held_by(cls, "__index__") is not None:
        return None  # both may have a say
    for each in (*in_place, name):
        if methods.held_by(cls, f"__{each}__") is not None:
            break
    if not _has(known, f"__{each}__"):
        return None
    answer: VariableTracker = known.call_method(tx, f"__{each}__", [late], {})
    if _declines(answer):
        late.rely_on_type()
        names = " and ".join(f"'{one.python_type().__name__}'" for one in (left, right))
        raise_in_program(tx, TypeError(f"unsupported operand type(s): {names}"))
    return answer


def is_among(tx: Any, items: list[Any], item: Any) -> bool | None:
    """Whether ``item`` is equal to one of ``items``: objects of the program's and late values.

    Returns:
        None if there are not both, or if they do not say yes or no.
    """
    if not any(_object(each, item) or _object(item, each) for each in items):
        return None
    for each in items:
        answer = BuiltinVariable(operator.eq).call_function(tx, [each, item], {})
        if not answer.is_python_constant():
            return None
        if answer.as_python_constant():
            return True
    return False


def compared(tx: Any, op: Any, left: Any, right: Any) -> VariableTracker | None:
    """``op(left, right)``; None if torch is to compare them."""
    if op not in _OPERATORS:
        return None
    sign, name, other_name = _OPERATORS[op]
    late, known = right, _object(left, right)
    if known is None:
        late, known, name = left, _object(right, left), other_name
    if known is None:
        return None
    if op is operator.ne and methods.held_by(known.python_type(), name) is object.__ne__:
        equal = compared(tx, operator.eq, left, right)
        return equal and BuiltinVariable(operator.not_).call_function(tx, [equal], {})
    is_of_object = methods.held_by(known.python_type(), name) is object.__eq__
    if not is_of_object and not _has(known, name):
        return None
    if not is_of_object:
        answer: VariableTracker = known.call_method(tx, name, [late], {})
        if not _declines(answer):
            return answer
    if issubclass(known.python_type(), late.type_at_hand):
        return None  # it is asked as the literal that it is
    late.rely_on_type()
    if op in (operator.eq, operator.ne):  # two objects that are not one
        return ConstantVariable.create(op is operator.ne)
    names = (f"'{each.python_type().__name__}'" for each in (left, right))
    error = f"'{sign}' not supported between instances of {' and '.join(names)}"
    raise_in_program(tx, TypeError(error))
