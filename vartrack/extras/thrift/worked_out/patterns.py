"""Functions of `re` that are called with a late text: `re.match(r"layer(\\d+)", name)`."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import SkipFunctionVariable

from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.worked_out.methods import made

__all__ = ["HOOKS"]

#: From a function to the method of patterns that gives the same, and how many operands it has.
_METHODS: dict[Callable[..., Any], tuple[Any, int]] = {
    re.match: (re.Pattern.match, 2),
    re.search: (re.Pattern.search, 2),
    re.fullmatch: (re.Pattern.fullmatch, 2),
    re.split: (re.Pattern.split, 2),
    re.sub: (re.Pattern.sub, 3),
}


def _looked_for(own: Callable[..., VariableTracker]) -> Callable[..., VariableTracker]:
    """What calls a function that torch works out of constants alone."""

    @functools.wraps(own)
    def call_function(self: Any, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        found = None
        if not kwargs and any(map(is_late, args)):
            found = _found(tx, self.value, list(args))
        return own(self, tx, args, kwargs) if found is None else found

    return call_function


def _found(tx: Any, function: Any, args: list[VariableTracker]) -> VariableTracker | None:
    """What a function of `re` finds in a late text; None if it cannot be asked of it."""
    method, count = _METHODS.get(function, (None, 0))
    if method is None or len(args) != count:
        return None
    pattern, *rest = args
    known = pattern.unwrap()
    if type(known) is ConstantVariable and type(known.value) in (str, bytes):
        try:
            pattern = VariableTracker.build(tx, re.compile(known.value))
        except re.error:
            return None  # torch raises it in the program
    return made(tx, method, [pattern, *rest])


#: What is put into torch while a registry with this set is in force.
HOOKS = (Wrappers((SkipFunctionVariable, "call_function", _looked_for)),)
