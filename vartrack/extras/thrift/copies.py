"""Copies of late values that never change, which are the values: `dataclasses.asdict(config)`."""

from __future__ import annotations

import copy
import functools
import types
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.functions import UserFunctionVariable

from vartrack.bases.tracing.waiting import waits
from vartrack.core.wrappers import Wrappers

__all__ = ["HOOKS"]

_COPYING: frozenset[types.FunctionType] = frozenset({copy.copy, copy.deepcopy})  # type: ignore[arg-type]
#: Types whose values both functions give as they are.
_KEPT = frozenset({str, bytes, int, float, bool, complex})


def _kept(own: Callable[..., VariableTracker]) -> Callable[..., VariableTracker]:
    """``own``, which traces the call of a function."""

    @functools.wraps(own)
    def call_function(self: Any, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        # a program may hand a memo over, and read it
        if self.fn in _COPYING and len(args) == 1 and not kwargs and waits(args[0]):
            value: VariableTracker = args[0]
            if value.python_type() in _KEPT:
                return value
        return own(self, tx, args, kwargs)

    return call_function


#: What is put into torch while a registry with this set is in force.
HOOKS = (Wrappers((UserFunctionVariable, "call_function", _kept)),)
