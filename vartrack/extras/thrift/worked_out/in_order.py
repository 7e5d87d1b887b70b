"""Numbers or texts that vary, in order: `sorted([a, b, c])`, worked out again at each call.

And the first or last of texts, `max(a, b, c)`; of numbers it is a symbol.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import ListVariable, TupleVariable

from vartrack.bases.tracing.late.symbols import is_symbol
from vartrack.bases.tracing.late.waiting import waits
from vartrack.extras.thrift.worked_out.methods import made

__all__ = ["ascending", "extreme_text", "sorted_items"]

#: The types of what is sorted with each other.
_GROUPS = (frozenset({int, float}), frozenset({str}))
#: So many are sorted at most, as each that is used is found by sorting them again.
_MOST = 16


def ascending(*items: Any) -> tuple[Any, ...]:
    """Numbers or texts from the smallest to the largest."""
    return tuple(sorted(items))


def descending(*items: Any) -> tuple[Any, ...]:
    """Numbers or texts from the largest to the smallest."""
    return tuple(sorted(items, reverse=True))


def extreme_text(
    tx: Any, op: Callable[..., Any], items: Sequence[VariableTracker]
) -> VariableTracker | None:
    """``op(*items)`` of `max` or `min`, of texts some of which vary; None if they are others."""
    if len(items) == 1:
        made_here: Any = None if waits(items[0]) else items[0].unwrap()
        if type(made_here) not in (ListVariable, TupleVariable) or made_here.source is not None:
            return None
        items = made_here.items
    if not 1 < len(items) <= _MOST or not any(map(waits, items)):
        return None
    is_of_texts = all(waits(item) or type(item.unwrap()) is ConstantVariable for item in items)
    if not is_of_texts or any(item.python_type() is not str for item in items):
        return None
    text: Any = made(tx, op, items)
    if waits(text):
        text.rely_on_presence()
    return text  # type: ignore[no-any-return]


def sorted_items(tx: Any, args: list[Any], kwargs: dict[str, Any]) -> VariableTracker | None:
    """``sorted(items)`` of numbers or texts, some of which vary; None if torch is to sort."""
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
    types = {item.python_type() for item in items}
    if not any(types <= group for group in _GROUPS):
        return None
    pieces: Any = made(tx, descending if order.as_python_constant() else ascending, items)
    if pieces is None:
        return None
    return ListVariable(
        [pieces.item(tx, ConstantVariable.create(at)) for at in range(len(items))],
        mutation_type=ValueMutationNew(),
    )
