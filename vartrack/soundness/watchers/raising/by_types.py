"""Operands that Python has no operator for, and torch has an answer or another error; up to 2.12.

There torch asks each operand by a method of its own, or by the first function that takes it. What
Python raises of two types is asked once of empty values of theirs.
"""

from __future__ import annotations

import functools
import operator
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat import behaviour
from vartrack.compat.instructions import WrappedInstructions
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger, puts_right
from vartrack.soundness.reading.gone_through import type_at_hand
from vartrack.soundness.reading.lookups import find
from vartrack.soundness.watchers.raising.unknown_operands import OPERATORS, refuse_operator

__all__ = ["INSTRUCTIONS", "WATCHERS"]

#: Of each type a value that holds nothing.
_EMPTY: dict[type, Any] = {
    **{cls: cls() for cls in (bool, int, float, complex, str, bytes, list, tuple, dict, set)},
    **{cls: cls() for cls in (frozenset, deque, OrderedDict, defaultdict)},
    **{
        type(value): value
        for value in (
            None,
            range(0),
            slice(None),
            MappingProxyType({}),
            {}.keys(),
            {}.items(),
            object,
        )
    },
}
#: Functions of one operand, each with the method that an object needs for it.
_ALONE: dict[Any, str] = {
    abs: "__abs__",
    len: "__len__",
    operator.invert: "__invert__",
    operator.neg: "__neg__",
    operator.pos: "__pos__",
    reversed: "__reversed__",
}
_TEXTS = (str, bytes)
#: What a view takes for the other one of these, Python goes through; torch knows sets alone.
_OF_SETS = frozenset({operator.and_, operator.or_, operator.sub, operator.xor})
_VIEWS = frozenset({type({}.keys()), type({}.items())})
_SETS = _VIEWS | {set, frozenset}


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
    if error is None and function in _ALONE:
        error = _error_of_object(function, args[0], types[0])
    if error is None and function in _OF_SETS and types[0] in _VIEWS and types[1] not in _SETS:
        refuse_operator(f"{function.__name__} of {args}")
    if error is not None:
        for arg in args:
            arg.realize()  # its type is guarded
        raise_in_program(tx, error)


@functools.cache
def _error(function: Any, types: tuple[type, ...]) -> TypeError | None:
    if function is operator.mod and types[0] in _TEXTS:
        return None  # that is formatting
    if not all(cls in _EMPTY for cls in types):
        return None
    return _raised(function, *(_EMPTY[cls] for cls in types))


def _error_of_object(function: Any, tracker: Any, cls: type) -> TypeError | None:
    """The same of an object whose class has no such method."""
    if find(cls, _ALONE[function]) is not None or find(cls, "__getitem__") is not None:
        return None
    if waits(tracker) or not issubclass(type(tracker.realize()), UserDefinedObjectVariable):
        return None
    return _raised(function, type(cls.__name__, (), {})())


def _raised(function: Any, *values: Any) -> TypeError | None:
    try:
        function(*values)
    except TypeError as error:
        return TypeError(*error.args)  # without where it was raised
    except Exception:
        return None
    return None


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
