"""``==`` and the like of lists of a class of their own, which torch up to 2.12 tells apart."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.user_defined import UserDefinedListVariable

from vartrack.compat.containers import plain_inside
from vartrack.compat.release import runs_on

__all__ = ["COMPARED", "METHODS", "compares_as_list"]

#: What a class may compare by.
METHODS = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__")
#: No set, as what is called may have no hash.
_COMPARING = [getattr(operator, method) for method in METHODS]


def _by_items(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def call_function(self: Any, tx: Any, args: Any, kwargs: Any) -> Any:
        if len(args) == 2 and not kwargs and any(self.fn is each for each in _COMPARING):
            args = [_plain(arg) for arg in args]
        return own(self, tx, args, kwargs)

    return call_function


def _plain(operand: VariableTracker) -> Any:
    """The plain list in one whose class leaves comparing to `list`."""
    tracker = operand.realize()
    if type(tracker) is not UserDefinedListVariable:
        return operand
    return plain_inside(tracker) if compares_as_list(tracker.python_type()) else operand


def compares_as_list(cls: type) -> bool:
    """Whether ``cls`` leaves comparing to `list`.

    It is asked of this module, where `vartrack.sound` notes the look-up.
    """
    return all(getattr(cls, method) is getattr(list, method) for method in METHODS)


#: What is put in place in torch.
COMPARED: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
    ((BuiltinVariable, "call_function", _by_items),) if runs_on("<2.13") else ()
)
