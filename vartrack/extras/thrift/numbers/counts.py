"""Counters that live outside, `self.step = next(self.counter)`: their number is a symbol."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from torch._dynamo.variables.constant import ConstantVariable

from vartrack.compat.names import CountIteratorVariable
from vartrack.core.worked_out import worked_out
from vartrack.shapes import frame_history
from vartrack.visitors import iterators

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker
    from torch._guards import Source

    from vartrack.core.context import BuilderContext

__all__ = ["Counts"]


class Counts(iterators.Counts):
    """``itertools.count`` of ints: its next number is one that changes, and its step is guarded."""

    guarded_by = "TYPE_MATCH"

    @staticmethod
    def when(value: itertools.count[Any]) -> bool:
        try:
            numbers = _numbers_of(value)
        except TypeError:
            return False  # since Python 3.14 it does not say where it is
        # a symbol has no room for more
        return all(type(number) is int and abs(number) < 2**62 for number in numbers)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        number, *step = _numbers_of(value)
        numbers = ctx.under(_reduced).item(1)
        numbers.guard("SEQUENCE_LENGTH")
        if step:
            numbers.item(1).guard("CONSTANT_MATCH")
        first = numbers.item(0)
        frame_history.mark_changed(first)
        by = ConstantVariable.create(*(step or [1]))
        return CountIteratorVariable(first.visit(number).realize(), by, **options)


def _numbers_of(counter: Any) -> tuple[int, ...]:
    """The next number, and the step if it is not one."""
    numbers: tuple[int, ...] = counter.__reduce__()[1]
    return numbers


def _reduced(counter: Source) -> Source:
    """Where compiled code finds what a counter is made of: its class, and its number and step."""
    return worked_out("{}.__reduce__()", ".__reduce__", [counter])
