"""Counters from outside, advanced by compiled code: up to 2.11 torch advances only iterators so."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo.variables.iter import IteratorVariable
from torch._dynamo.variables.lists import ListIteratorVariable

from vartrack.compat.names import CountIteratorVariable
from vartrack.compat.release import runs_on

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker

__all__ = ["outside_count"]

#: Gives the trackers of the next number and of the step, and guards them.
Numbers = Callable[[], tuple["VariableTracker", "VariableTracker"]]


def outside_count(numbers: Numbers, **options: Any) -> VariableTracker:
    """The tracker of an ``itertools.count`` with a source.

    Args:
        numbers: is called when the counter is advanced, or at once, where torch itself guards it.
        options: as `Sourced.tracker` gets them.
    """
    tracker: VariableTracker = (
        CountIteratorVariable(*numbers(), **options)
        if runs_on(">=2.12")
        else _ReplayedCountVariable(numbers, **options)
    )
    return tracker


if runs_on("<2.12"):

    class _ReplayedCountVariable(CountIteratorVariable, ListIteratorVariable):
        """torch calls `next` as often as ``index`` says, as it does of an iterator of a list."""

        _nonvar_fields = {"numbers", *ListIteratorVariable._nonvar_fields}

        def __init__(self, numbers: Numbers, **kwargs: Any) -> None:
            super().__init__(items=[], **kwargs)
            self.numbers = numbers

        def next_variable(self, tx: Any) -> VariableTracker:
            """The next number."""
            if not self.index:
                self.item, self.step = self.numbers()
            self.index += 1
            number: VariableTracker = super().next_variable(tx)
            return number

        def python_type(self) -> type:
            """``itertools.count``."""
            return itertools.count

        # a counter has no items, and no end

        def as_python_constant(self) -> Any:
            """It is none."""
            raise NotImplementedError

        call_obj_hasattr = IteratorVariable.call_obj_hasattr
        has_unpack_var_sequence = IteratorVariable.has_unpack_var_sequence
        unpack_var_sequence = IteratorVariable.unpack_var_sequence
        force_unpack_var_sequence = IteratorVariable.force_unpack_var_sequence
