"""Numbers that vary, in order: `sorted([a, b, c])`, worked out again at each call."""

from __future__ import annotations

from typing import Any

from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import ListVariable, TupleVariable

from vartrack.bases.tracing.late.symbols import is_symbol
from vartrack.bases.tracing.late.waiting import waits
from vartrack.extras.thrift.worked_out.methods import made

__all__ = ["ascending", "sorted_numbers"]

#: So many numbers are sorted at most, as each that is used is found by sorting them again.
_MOST = 16


def ascending(*numbers: float) -> tuple[float, ...]:
    """The numbers from the smallest to the largest."""
    return tuple(sorted(numbers))


def descending(*numbers: float) -> tuple[float, ...]:
    """The numbers from the largest to the smallest."""
    return tuple(sorted(numbers, reverse=True))


def sorted_numbers(tx: Any, args: list[Any], kwargs: dict[str, Any]) -> VariableTracker | None:
    """``sorted(numbers)``, some of which vary; None if torch is to sort."""
    if len(args) != 1 or not kwargs.keys() <= {"reverse"}:
        return None
    numbers = args[0].realize()
    order = kwargs.get("reverse", ConstantVariable.create(False))
    if type(numbers) not in (ListVariable, TupleVariable) or waits(order):
        return None
    items = numbers.items
    if not 1 < len(items) <= _MOST or not any(waits(item) or is_symbol(item) for item in items):
        return None
    if not order.is_python_constant() or type(order.as_python_constant()) is not bool:
        return None
    if any(item.python_type() not in (int, float) for item in items):
        return None
    pieces: Any = made(tx, descending if order.as_python_constant() else ascending, items)
    if pieces is None:
        return None
    return ListVariable(
        [pieces.item(tx, ConstantVariable.create(at)) for at in range(len(items))],
        mutation_type=ValueMutationNew(),
    )
