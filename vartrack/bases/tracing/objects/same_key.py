"""Whether two values are one key of a dict, as the ``__eq__`` of one of them has it."""

from __future__ import annotations

import operator
from typing import Any

from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker

from vartrack.bases.tracing.classes.lookup import is_by_identity
from vartrack.bases.tracing.evaluating.folding import refuse

__all__ = ["TracedKey", "is_same_key"]


def is_same_key(tracker: Any, other: VariableTracker) -> bool:
    """What ``==`` gives, traced; a symbol that it depends on is fixed by a guard.

    Args:
        tracker: the tracker that is asked.
        other: the other key.
    """
    tx: Any = InstructionTranslator.current_tx()
    compare: Any = VariableTracker.build(tx, operator.eq)
    equal = specialize_symnode(compare.call_function(tx, [tracker, other], {}))
    if not equal.is_python_constant():
        cls = tracker.python_type()
        why = "gives something that is not known while tracing"
        refuse(f"{cls.__module__}.{cls.__qualname__}.__eq__", why)
    return bool(equal.as_python_constant())


class TracedKey(VariableTracker):
    """A base of trackers of objects that are keys as their classes say, whose code is traced."""

    def is_python_equal(self, other: object) -> bool:
        """Whether the two are the same key of a dict."""
        if not isinstance(other, VariableTracker):
            return False
        if is_by_identity(self.python_type(), "__eq__") or other.realize() is self:
            return other.realize() is self  # an object has one tracker
        return is_same_key(self, other)
