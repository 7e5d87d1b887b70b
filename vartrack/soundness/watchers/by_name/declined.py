"""``text.__add__(1)``: methods of sequences raise, or answer, where torch has them decline.

It takes them for those of numbers, which give `NotImplemented` for an operand they do not know.
"""

from __future__ import annotations

import operator
from collections import deque
from types import FunctionType, WrapperDescriptorType
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.containers import plain_inside
from vartrack.compat.names import MethodWrapperVariable
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import find

__all__ = ["WATCHERS"]

_NEW = {"__add__": operator.add, "__mul__": operator.mul, "__rmul__": operator.mul}
_IN_PLACE = {"__iadd__": operator.iadd, "__imul__": operator.imul}
#: By the base that a method is of, the operators that answer in its place.
_OPERATORS: dict[type, dict[str, Any]] = {
    **dict.fromkeys((bytes, str, tuple), _NEW),
    **dict.fromkeys((bytearray, list, deque), _NEW | _IN_PLACE),
}
_NAMES = (*_NEW, *_IN_PLACE)
#: Of these no more than the type counts for what is raised.
_EMPTY = frozenset({list, tuple, dict, set, frozenset, deque})
_UNKNOWN: Any = object()


def _by_name(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, name: str, args: Any, kwargs: Any
) -> Any:
    """``value.__add__(other)`` where torch makes no tracker of the method."""
    return _answer(ledger, tx, tracker, name, args, kwargs) or own(tracker, tx, name, args, kwargs)


def _bound(ledger: Ledger, own: Any, wrapper: Any, tx: Any, args: Any, kwargs: Any) -> Any:
    """The same where it makes one."""
    name = wrapper.descriptor.__name__
    answer = None
    if name in _NAMES:
        answer = _answer(ledger, tx, wrapper.obj, name, args, kwargs)
    return answer or own(wrapper, tx, args, kwargs)


def _answer(ledger: Ledger, tx: Any, tracker: Any, name: str, args: Any, kwargs: Any) -> Any:
    """What such a method gives; None where it is for torch to say."""
    if len(args) != 1 or kwargs:
        return None
    tracker = tracker.realize()
    if waits(args[0]) or not issubclass(
        type(tracker), (UserDefinedObjectVariable, ConstantVariable)
    ):
        return None
    cls = tracker.python_type()
    found = find(cls, name)
    method: Any = None if found is None else found[1]
    base: Any = getattr(method, "__objclass__", None)
    operate = _OPERATORS.get(base, {}).get(name) if type(method) is WrapperDescriptorType else None
    if operate is None:
        return None
    other = args[0].realize()
    ledger.classes.look(cls, name)
    _raise(tx, method, base.__new__(cls), _example(other))
    held = [_plain(each) for each in (tracker, other)]
    if base in (bytes, str) and all(type(each) is ConstantVariable for each in held):
        return VariableTracker.build(tx, method(*(each.value for each in held)))
    if _is_asked(other, name) or any(tracker is one for one in ledger.operating):
        return None
    ledger.operating.append(tracker)  # the operator may call the method in its turn
    try:
        return BuiltinVariable(operate).call_function(tx, [tracker, other], {})
    finally:
        ledger.operating.pop()


def _raise(tx: Any, method: Any, empty: Any, example: Any) -> None:
    """Raise what Python raises for an operand of the kind of ``example``."""
    if example is _UNKNOWN:
        return
    try:
        method(empty, example)
    except TypeError as error:
        raise_in_program(tx, error)


def _example(operand: Any) -> Any:
    """A value of the kind of ``operand``, of which no code of the user's runs."""
    if type(operand) is ConstantVariable:
        return operand.value
    try:
        cls = operand.python_type()
    except NotImplementedError:
        return _UNKNOWN
    return cls() if cls in _EMPTY else _UNKNOWN


def _plain(operand: Any) -> Any:
    """What it holds as a text or bytes."""
    inside = plain_inside(operand)
    if type(inside) is not ConstantVariable:
        return operand
    plain: Any = type(inside.value)
    # on some releases it is what `str` gave, which may be the user's
    return ConstantVariable.create(plain(*plain.__getnewargs__(operand.value)))


def _is_asked(operand: Any, name: str) -> bool:
    """Whether an operator asks the right operand first, which the method does not."""
    try:
        cls = operand.python_type()
    except NotImplementedError:
        return True
    found = find(cls, f"__r{name.strip('_').removeprefix('i').removeprefix('r')}__")
    return found is not None and type(found[1]) is FunctionType


WATCHERS: tuple[Watcher, ...] = (
    *(
        Watcher(cls, "call_method", "tracing", instead=_by_name, of=_NAMES)
        for cls in (UserDefinedObjectVariable, ConstantVariable)
    ),
    *(
        Watcher(cls, "call_function", "tracing", instead=_bound)
        for cls in (MethodWrapperVariable,)
        if cls is not None
    ),
)
