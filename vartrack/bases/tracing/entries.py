"""Functions of torch's that would not ask trackers of ours, wrapped while vartrack is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable

from vartrack.bases.record import RecordVariable
from vartrack.bases.tracing.folded import FoldedVariable
from vartrack.compat.hooks import hook_name
from vartrack.compat.names import AnySetVariable, HashableTracker, SetVariable
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


def _of_sets(own: Callable[..., Any]) -> Callable[..., Any]:
    """A set is looked for by what it holds, which torch takes for trackers of its own."""

    def contains(self: VariableTracker, tx: Any, item: VariableTracker) -> Any:
        item = item.realize()
        if isinstance(item, _OURS):
            cls = item.python_type()
            if issubclass(cls, set) and cls.__hash__ is None:
                item.refuse("__hash__", "is missing, and it is looked for in a set by its items")
        return own(self, tx, item)

    return contains


_CONTAINS = hook_name("sq_contains_impl")

#: What `install` puts in place.
ENTRIES = Wrappers(
    *(
        (cls, _CONTAINS, _of_sets)
        for cls in {AnySetVariable, SetVariable}
        if _CONTAINS in vars(cls)
    ),
    (BuiltinVariable, "call_range", _by_index),
    (HashableTracker, "__eq__", _by_either),
)
