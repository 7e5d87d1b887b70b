"""Whether two values are one key of a dict, as the ``__eq__`` of one of them has it."""

from __future__ import annotations

import operator
from typing import Any

from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker

__all__ = ["is_same_key"]


def is_same_key(tracker: Any, other: VariableTracker) -> bool:
    """What ``==`` gives, traced; a symbol that it depends on is fixed by a guard.

    Args:
        tracker: the tracker that is asked, one of vartrack's own.
        other: the other key.
    """
    tx: Any = InstructionTranslator.current_tx()
    compare: Any = VariableTracker.build(tx, operator.eq)
    equal = specialize_symnode(compare.call_function(tx, [tracker, other], {}))
    if not equal.is_python_constant():
        tracker.refuse("__eq__", "gives something that is not known while tracing")
    return bool(equal.as_python_constant())
