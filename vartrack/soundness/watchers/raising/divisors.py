"""Numbers that vary and are divided by: a zero raises what the program may catch."""

from __future__ import annotations

import operator
from typing import Any

from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.tensor import SymNodeVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.compat.instructions import is_tried
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger

__all__ = ["WATCHERS"]

_DIVIDING: tuple[Any, ...] = (
    *(operator.truediv, operator.floordiv, operator.mod),
    *(operator.itruediv, operator.ifloordiv, operator.imod),
)


def _divided(ledger: Ledger, builtin: Any, tx: Any, args: Any, *_: Any, **__: Any) -> None:
    """``1 / n`` in a `try`: the graph would divide outside of it."""
    if not ledger.guards or len(args) != 2 or not is_tried(tx):
        return
    number, divisor = (arg.realize() for arg in args)
    if not isinstance(divisor, SymNodeVariable) or number.is_tensor():
        return
    if divisor.sym_num != 0:  # guarded by torch
        return
    try:
        builtin.fn(number.python_type()(1), divisor.python_type()(0))
    except ZeroDivisionError as error:
        raise_in_program(tx, error)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(BuiltinVariable, "call_function", "tracing", _divided, of=_DIVIDING),
)
