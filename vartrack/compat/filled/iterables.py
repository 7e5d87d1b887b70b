"""``[*values]`` with an object whose class has ``__iter__``: up to 2.12 torch dies of it.

It also calls ``__iter__`` twice: it asks whether an object can be gone through, then for its items.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from torch._dynamo.exc import (
    ObservedTypeError,
    ObservedUserStopIteration,
    handle_observed_exception,
)
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat.release import runs_on

__all__ = ["GONE_THROUGH"]

#: What a tracer has of the object that was asked last: it, by which instruction, its iterator.
_BEGUN = "_vartrack_begun"


def _can_be(own: Callable[..., bool]) -> Callable[..., bool]:
    def has_force_unpack_var_sequence(self: Any, tx: Any) -> bool:
        try:
            begun = VariableTracker.build(tx, iter).call_function(tx, [self], {})
        except ObservedTypeError:
            handle_observed_exception(tx)
            return False
        setattr(tx, _BEGUN, (self, tx.current_instruction, begun))
        return True

    return has_force_unpack_var_sequence


def _items(value: Any, tx: Any) -> Iterator[VariableTracker]:
    """Its items, by the iterator that it gave when it was asked, if it was."""
    asked, instruction, iterator = vars(tx).pop(_BEGUN, (None, None, None))
    if asked is not value or instruction is not tx.current_instruction:
        iterator = VariableTracker.build(tx, iter).call_function(tx, [value], {})
    while True:
        try:
            item = iterator.next_variable(tx)
        except ObservedUserStopIteration:
            handle_observed_exception(tx)
            return
        yield item


def _all(own: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    def force_unpack_var_sequence(self: Any, tx: Any) -> list[Any]:
        return list(_items(self, tx))

    return force_unpack_var_sequence


def _each(own: Callable[..., None]) -> Callable[..., None]:
    def force_apply_to_var_sequence(self: Any, tx: Any, apply: Callable[[Any], Any]) -> None:
        for item in _items(self, tx):
            apply(item)

    return force_apply_to_var_sequence


#: What is put in place in torch.
GONE_THROUGH: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
    (
        (UserDefinedObjectVariable, "has_force_unpack_var_sequence", _can_be),
        (UserDefinedObjectVariable, "force_unpack_var_sequence", _all),
        (UserDefinedObjectVariable, "force_apply_to_var_sequence", _each),
    )
    if runs_on("<2.13")
    else ()
)
