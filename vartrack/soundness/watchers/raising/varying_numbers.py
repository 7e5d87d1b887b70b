"""Errors of numbers that vary, which the program may catch: the graph would meet them outside."""

from __future__ import annotations

import functools
import math
import operator
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.tensor import SymNodeVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.numbers import operators
from vartrack.compat.instructions import is_tried
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.varying import Varying, varying

__all__ = ["WATCHERS"]

_POWERS: tuple[Any, ...] = (operator.pow, operator.ipow, pow)


def _called(
    ledger: Ledger, own: Any, builtin: Any, tx: Any, args: Any, kwargs: Any
) -> VariableTracker:
    """What the graph would work out otherwise, or too late."""
    found = None if kwargs else operators.called(tx, builtin.fn, args)
    result: VariableTracker = own(builtin, tx, args, kwargs) if found is None else found
    return result


def _made_whole(ledger: Ledger, builtin: Any, tx: Any, args: Any, *_: Any, **__: Any) -> None:
    """``int(x)`` in a `try`: the graph for finite numbers would be taken for infinite ones."""
    number = args[0].realize() if ledger.guards and len(args) == 1 and is_tried(tx) else None
    if not isinstance(number, SymNodeVariable) or number.python_type() is not float:
        return
    found = varying(number.as_proxy().node, tx.fake_mode.shape_env)
    if found is None:
        return
    text = f"{found.text} is finite"
    ask = functools.partial(_is_finite, found)
    ledger.sourced.asked("values", text, text, found.sources, ask)
    if not math.isfinite(found.now):
        try:
            builtin.fn(found.now)
        except (ValueError, OverflowError) as error:
            raise_in_program(tx, error)


def _raised_to(ledger: Ledger, builtin: Any, tx: Any, args: Any, *_: Any, **__: Any) -> None:
    """``x ** n`` in a `try`: that the number is too large the graph would meet outside of it."""
    if not ledger.guards or len(args) != 2 or not is_tried(tx):
        return
    base, exponent = (_number(tx, arg.realize()) for arg in args)
    if base is None or exponent is None or not base.sources + exponent.sources:
        return
    if float not in (type(base.now), type(exponent.now)):
        return  # no int is too large
    text = f"{base.text} ** {exponent.text} is no error"
    ask = functools.partial(_has_power, base, exponent)
    ledger.sourced.asked("values", text, text, base.sources + exponent.sources, ask)
    try:
        operator.pow(base.now, exponent.now)
    except ArithmeticError as error:
        raise_in_program(tx, error)


def _number(tx: Any, arg: Any) -> Varying | None:
    if isinstance(arg, SymNodeVariable):
        return varying(arg.as_proxy().node, tx.fake_mode.shape_env)
    value = arg.as_python_constant() if isinstance(arg, ConstantVariable) else None
    return Varying(repr(value), (), value, lambda: value) if type(value) in (int, float) else None


def _has_power(base: Varying, exponent: Varying, *values: Any) -> bool:
    count = len(base.sources)
    try:
        operator.pow(base.of(*values[:count]), exponent.of(*values[count:]))
    except ArithmeticError:
        return False
    return True


def _is_finite(number: Varying, *values: Any) -> bool:
    return math.isfinite(number.of(*values))


WATCHERS: tuple[Watcher, ...] = (
    Watcher(
        BuiltinVariable,
        "call_function",
        "tracing",
        instead=_called,
        subclasses=False,
        of=operators.OPERATORS,
    ),
    Watcher(BuiltinVariable, "call_function", "tracing", _made_whole, of=(int, round)),
    Watcher(BuiltinVariable, "call_function", "tracing", _raised_to, of=_POWERS),
)
