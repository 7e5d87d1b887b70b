"""Functions of torch's that would not ask trackers of ours, wrapped while vartrack is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable

from vartrack.bases.record import RecordVariable
from vartrack.bases.tracing.folded import FoldedVariable
from vartrack.compat.names import HashableTracker
from vartrack.core.wrappers import Wrappers

__all__ = ["ENTRIES"]

_OURS = (FoldedVariable, RecordVariable)


def _by_index(own: Callable[..., Any]) -> Callable[..., Any]:
    """``range`` asks its operands for ``__index__``, where torch asks for ``__int__``."""

    def call_range(self: BuiltinVariable, tx: Any, *args: VariableTracker) -> Any:
        operands = [arg.realize() for arg in args]
        if any(isinstance(operand, FoldedVariable) for operand in operands):
            args = tuple(
                operand.nb_index_impl(tx) if isinstance(operand, FoldedVariable) else operand
                for operand in operands
            )
        return own(self, tx, *args)

    return call_range


def _by_either(own: Callable[..., Any]) -> Callable[..., Any]:
    """Of two keys of a dict ours is asked, where torch asks the one that is in it already."""

    def equal(self: HashableTracker, other: object) -> bool:
        if isinstance(other, HashableTracker) and isinstance(other.vt, _OURS):
            one, two = self.vt, other.vt
            if one is not two and not isinstance(one, _OURS):
                return two.is_python_equal(one)
        return bool(own(self, other))

    return equal


#: What `install` puts in place.
ENTRIES = Wrappers(
    (BuiltinVariable, "call_range", _by_index),
    (HashableTracker, "__eq__", _by_either),
)
