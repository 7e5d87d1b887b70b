"""Operands that Python has no operator for, and torch has an answer or another error; up to 2.12.

There torch asks each operand by a method of its own, or by the first function that takes it. What
Python raises of two types is asked once of empty values of theirs.
"""

from __future__ import annotations

import functools
import operator
from abc import ABCMeta
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from enum import EnumMeta
from types import FunctionType, MappingProxyType
from typing import Any

import torch
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.tensor import TensorVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.known.known_variable import KnownVariable
from vartrack.compat import behaviour
from vartrack.compat.instructions import WrappedInstructions
from vartrack.compat.names import OBJECTS
from vartrack.compat.operators import SWAPPED
from vartrack.core.wrapping.wrappers import Table, Wrappers
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger, puts_right
from vartrack.soundness.reading.gone_through import type_at_hand
from vartrack.soundness.reading.lookups import find, mro_of
from vartrack.soundness.watchers.raising.unknown_operands import OPERATORS, refuse_operator

__all__ = ["INSTRUCTIONS", "WATCHERS", "WRAPPERS"]

_NO_KEYS: dict[str, int] = {}
_SINGLE: tuple[Any, ...] = (
    *(None, object, range(0), slice(None)),
    *(MappingProxyType(_NO_KEYS), _NO_KEYS.keys(), _NO_KEYS.items()),
)
#: Of each type a value that holds nothing.
_EMPTY: dict[type, Any] = {
    **{cls: cls() for cls in (bool, int, float, complex, str, bytes, list, tuple, dict, set)},
    **{cls: cls() for cls in (frozenset, deque, OrderedDict, defaultdict, torch.Size)},
    **{type(value): value for value in _SINGLE},
}
#: Stands for a value of a type that has a say itself.
_UNKNOWN = object()
#: Types with no subclasses; and metaclasses of which a class of the same bases is like another.
_FINAL = frozenset(cls for cls in _EMPTY if not cls.__flags__ & 1 << 10) | {type}
_METACLASSES = frozenset({type, EnumMeta, ABCMeta})
#: What is compared in the place of another.
_BEHIND: dict[type, type] = {MappingProxyType: dict}
#: What torch goes through when it compares it, whatever it is compared with.
_GONE_THROUGH = (dict, list, tuple, deque, set, frozenset, MappingProxyType)
#: Functions of one operand, each with the methods that Python looks for.
_ALONE: dict[Any, tuple[str, ...]] = {
    abs: ("__abs__",),
    len: ("__len__",),
    operator.invert: ("__invert__",),
    operator.neg: ("__neg__",),
    operator.pos: ("__pos__",),
    reversed: ("__reversed__", "__getitem__", "__len__"),
}
_SWAPPED = {getattr(operator, name): other for name, other in SWAPPED.items()}
_CONTAINS = ("__contains__", "__iter__", "__getitem__", "__eq__", "__hash__", "__index__")
_METHODS: dict[Any, tuple[str, ...]] = {
    **_ALONE,
    operator.contains: _CONTAINS,
    **{op: tuple(f"__{way}{name}__" for way in ("", "r", "i")) for op, name in OPERATORS.items()},
    **{op: (f"__{op.__name__}__", f"__{other}__") for op, other in _SWAPPED.items()},
}
#: Trackers that are not asked by the types of their values.
_OTHERS = (KnownVariable, TensorVariable)
_TEXTS = (str, bytes)
#: What a view takes for the other one of these, Python goes through; torch knows sets alone.
_OF_SETS = frozenset({operator.and_, operator.or_, operator.sub, operator.xor})
_VIEWS = frozenset({type(_NO_KEYS.keys()), type(_NO_KEYS.items())})
_SETS = _VIEWS | {set, frozenset}
_MUTABLE = _VIEWS | {set}


def _called(ledger: Ledger, builtin: Any, tx: Any, args: Any, kwargs: Any) -> None:
    """An operator, or a function that is like one."""
    if len(args) == (1 if builtin.fn in _ALONE else 2) and not kwargs:
        _raise(tx, builtin.fn, args)


def _contained(own: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """``item in container``."""

    @functools.wraps(own)
    def call(tx: Any, inst: Any) -> None:
        if puts_right():
            _raise(tx, operator.contains, [tx.stack[-1], tx.stack[-2]])
        own(tx, inst)

    return call


def _raise(tx: Any, function: Any, args: Any) -> None:
    """Raise what Python does, if it does so of any values of these types."""
    types = tuple(map(type_at_hand, args))
    error = _error(function, types)
    if error is None and function in _OF_SETS and _differ_as_sets(*types):
        refuse_operator(f"{function.__name__} of {args}")
    if error is None or any(issubclass(type(arg.unwrap()), KnownVariable) for arg in args):
        return
    for arg in args:
        arg.realize()  # its type is guarded
    raise_in_program(tx, error)


def _differ_as_sets(left: type, right: type) -> bool:
    """Whether a view is one of them, and the other is not what torch knows beside it."""
    return (left in _VIEWS and right not in _SETS) or (right in _VIEWS and left not in _MUTABLE)


def _error(function: Any, types: tuple[type, ...]) -> TypeError | None:
    if function is operator.mod and types[0] in _TEXTS:
        return None  # that is formatting
    values = [_like(cls, *_METHODS[function]) for cls in types]
    if _UNKNOWN in values:
        return None
    try:
        function(*values)
    except TypeError as error:
        return TypeError(*error.args)  # without where it was raised
    except Exception:
        return None
    return None


def _like(cls: type, *names: str) -> Any:
    """A value that holds nothing, whose type does what ``cls`` does under ``names``."""
    if cls in _EMPTY:
        return _EMPTY[cls]
    base = next(each for each in mro_of(cls) if each in _EMPTY or each is object)
    if cls is object or type(cls) not in _METACLASSES or base in _FINAL:
        return _UNKNOWN
    if any(find(cls, name) != find(base, name) for name in names):
        return _UNKNOWN
    return type(cls.__name__, (base,), {})()


def _first_by_types(own: Callable[..., Any]) -> staticmethod[..., Any]:
    """``own``, which finds what compares two: first, whether their types settle that."""

    @functools.wraps(own)
    def find_handlers(op: Any, *types: type) -> Any:
        found = own(op, *types)
        if op not in _SWAPPED or any(issubclass(each, _OTHERS) for each in types):
            return found
        return [functools.partial(_compared, op), *(found or ())]

    return staticmethod(find_handlers)


def _compared(op: Any, tx: Any, left: Any, right: Any) -> Any:
    """What values of two types are to each other, whatever they hold; None if that counts."""
    if not puts_right():
        return None
    if op is not operator.eq and op is not operator.ne:
        _raise(tx, op, [left, right])
        return None
    types = type_at_hand(left), type_at_hand(right)
    if types[0] is types[1]:
        return None
    one, other = (_like(_BEHIND.get(cls, cls), "__eq__", "__ne__") for cls in types)
    if _UNKNOWN not in (one, other):
        differ = _leaves_open(one, other) and _leaves_open(other, one)
        return ConstantVariable.create(op is operator.ne) if differ else None
    for first, second, like in ((left, right, other), (right, left, one)):
        if isinstance(like, _GONE_THROUGH) and type(first) in OBJECTS:
            return _says(tx, first, second, op)
    return None


def _leaves_open(value: Any, other: Any) -> bool:
    """Whether ``value`` cannot be equal to ``other``, as far as its type knows."""
    equals = getattr(type(value), "__eq__")  # noqa: B009, mypy takes it for that of the type
    return equals(value, other) is NotImplemented


def _says(tx: Any, tracker: Any, other: Any, op: Any) -> Any:
    """What an object says by a method in Python, which alone knows of the two."""
    name = f"__{op.__name__}__"
    found = find(type(tracker.value), name)
    if found is not None and found[0] is object and op is operator.ne:
        equal = _says(tx, tracker, other, operator.eq)
        return equal and BuiltinVariable(operator.not_).call_function(tx, [equal], {})
    if found is None or not isinstance(found[1], FunctionType):
        return None
    answer = tracker.call_method(tx, name, [other], {})
    if answer.is_python_constant() and answer.as_python_constant() is NotImplemented:
        return ConstantVariable.create(op is operator.ne)
    return answer


#: What compares two is in tables of torch's, and no function.
WRAPPERS: tuple[Table, ...] = (
    ()
    if behaviour.KNOWS_OPERATORS
    else (Wrappers((BuiltinVariable, "_find_binop_handler", _first_by_types)),)
)
INSTRUCTIONS = WrappedInstructions(
    **({} if behaviour.KNOWS_OPERATORS else {"CONTAINS_OP": _contained})
)
WATCHERS: tuple[Watcher, ...] = (
    ()
    if behaviour.KNOWS_OPERATORS
    else (
        Watcher(
            *(BuiltinVariable, "call_function", "tracing", _called),
            subclasses=False,
            of=(*OPERATORS, *_ALONE, operator.contains),
        ),
    )
)
