"""Functions of two operands that Dynamo answers without asking a folded value."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.tensor import SymNodeVariable, supported_comparison_ops

from vartrack.bases.identity import answer_identity

if TYPE_CHECKING:
    from vartrack.bases.folded import FoldedVariable

__all__ = ["answer_first"]


def answer_first(folded: type[FoldedVariable]) -> None:
    """Have Dynamo ask here first, for operands of the class ``folded``.

    Else it would compare the objects it has while tracing with ``is``, take the value that is
    formatted for a template, and say that no value is equal to a symbolic number.
    """
    table: Any = BuiltinVariable._binop_handlers()

    def add(function: Any, one: type, other: type, handler: Callable[..., Any]) -> None:
        table.setdefault(function, []).insert(0, ((one, other), handler))

    add(operator.is_, folded, folded, _is)
    add(operator.is_not, folded, folded, _is_not)
    add(format, folded, VariableTracker, _format)
    comparisons = {*supported_comparison_ops.values()} - {operator.is_, operator.is_not}
    for function in BuiltinVariable._fx_graph_functions() | comparisons | {divmod, pow, min, max}:
        handler = _with_fixed_numbers(function)
        add(function, folded, SymNodeVariable, handler)
        add(function, SymNodeVariable, folded, handler)


def _is(tx: Any, one: Any, other: Any) -> VariableTracker:
    return ConstantVariable.create(answer_identity(tx, one, other))


def _is_not(tx: Any, one: Any, other: Any) -> VariableTracker:
    return ConstantVariable.create(not answer_identity(tx, one, other))


def _format(tx: Any, value: Any, spec: VariableTracker) -> VariableTracker | None:
    return value.fold_method(tx, "__format__", [spec])


def _with_fixed_numbers(function: Any) -> Callable[..., VariableTracker]:
    """Calls ``function`` with symbolic numbers fixed to what they are now, which is guarded."""

    def call(tx: Any, one: VariableTracker, other: VariableTracker) -> VariableTracker:
        operands = [specialize_symnode(one), specialize_symnode(other)]
        return BuiltinVariable(function).call_function(tx, operands, {})

    return call
