"""Functions of numbers that vary, in a `try`: the graph would meet their errors outside of it."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

import torch

from vartrack.soundness.facts.varying import worked_out
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["raised_of_numbers"]

#: What raises nothing of numbers, or nothing but of a zero, for which torch has a guard then.
_HARMLESS: frozenset[Any] = frozenset(
    (
        *(operator.add, operator.sub, operator.mul, operator.neg, operator.pos, operator.abs),
        *(operator.truediv, operator.floordiv, operator.mod, operator.invert, operator.getitem),
        *(operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne),
        *(operator.and_, operator.or_, operator.xor, operator.not_, operator.truth),
        *(torch.sym_float, torch.sym_max, torch.sym_min, torch.sym_not, max, min, float, bool),
    )
)
_ERRORS = (ArithmeticError, ValueError)


def raised_of_numbers(ledger: Ledger, node: Any, tx: Any) -> Exception | None:
    """The error that ``node`` raises of the numbers of this call; whether it does is noted.

    Args:
        ledger: the ledger of the compile.
        node: the call in the graph.
        tx: the tracer.
    """
    if node.op not in ("call_function", "call_method") or node.target in _HARMLESS:
        return None
    if not node.args or not all(map(_is_number, node.args)):
        return None
    found = worked_out(node, None, tx.output.shape_env)
    values = None if found is None else ledger.values_of(found.sources)
    if found is None or not values:
        return None
    text = f"{found.text} is no error"
    error_of = functools.partial(_error, found.of)
    ledger.sourced.asked("values", text, text, found.sources, functools.partial(_type_of, error_of))
    return error_of(*values)


def _is_number(operand: Any) -> bool:
    if isinstance(operand, torch.fx.Node):
        operand = operand.meta.get("example_value")
    return isinstance(operand, (int, float, torch.SymInt, torch.SymFloat))


def _error(function: Callable[..., Any], *values: Any) -> Exception | None:
    try:
        function(*values)
    except _ERRORS as error:
        return error
    return None


def _type_of(error_of: Callable[..., Exception | None], *values: Any) -> type:
    return type(error_of(*values))
