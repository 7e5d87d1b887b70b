"""Counters that live outside, `self.step = next(self.counter)`: their number is a symbol."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from torch._dynamo.variables.constant import ConstantVariable

from vartrack.compat.filled.counters import outside_count
from vartrack.core.sources.worked_out import worked_out
from vartrack.shapes import frame_history
from vartrack.visitors import iterators

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker
    from torch._guards import Source

    from vartrack.core.context import BuilderContext

__all__ = ["Counts"]


class Counts(iterators.Counts):
    """``itertools.count``: its next number, if all are to be ints, is one that changes."""

    on_torch = ""
    guarded_by = "TYPE_MATCH"

    @staticmethod
    def when(value: itertools.count[Any]) -> bool:
        try:
            numbers = _numbers_of(value)
        except TypeError:
            return False  # since Python 3.14 it does not say where it is
        return all(map(ConstantVariable.is_literal, numbers))

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        number, *step = _numbers_of(value)

        def numbers() -> tuple[VariableTracker, VariableTracker]:
            parts = ctx.under(_reduced).item(1)
            parts.guard("SEQUENCE_LENGTH")
            by = step[0] if step else 1
            if step:
                parts.item(1).guard("CONSTANT_MATCH")
            return _next(parts.item(0), number, by), ConstantVariable.create(by)

        return outside_count(numbers, **options)


def _next(ctx: BuilderContext, number: Any, step: Any) -> VariableTracker:
    # a symbol has no room for more
    if type(number) is type(step) is int and abs(number) < 2**62 and abs(step) < 2**62:
        frame_history.mark_changed(ctx)
        return ctx.visit(number).realize()
    ctx.guard("CONSTANT_MATCH")
    return ConstantVariable.create(number)


def _numbers_of(counter: Any) -> tuple[Any, ...]:
    """The next number, and the step if it is not one."""
    numbers: tuple[Any, ...] = counter.__reduce__()[1]
    return numbers


def _reduced(counter: Source) -> Source:
    """Where compiled code finds what a counter is made of: its class, and its number and step."""
    return worked_out("{}.__reduce__()", ".__reduce__", [counter])
