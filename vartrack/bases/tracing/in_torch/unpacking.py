"""Values that are taken apart: ``list(value)``, and ``first, *rest = value``.

Up to torch 2.12 ``rest`` would be a tuple; in Python it is a list. And of what cannot be gone
through, torch guards a length that it does not have.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.lists import ListVariable

from vartrack.bases.tracing.classes.lookup import has_on_class
from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.compat import behaviour
from vartrack.compat.instructions import WrappedInstructions
from vartrack.compat.names import ListBuiltinVariable
from vartrack.core.wrapping.wrappers import Wrappers, in_this_release

__all__ = ["LISTING", "UNPACKING"]


def _listed(own: Callable[..., VariableTracker]) -> Callable[..., VariableTracker]:
    """``list(value)``, which says so of what cannot be gone through."""

    @functools.wraps(own)
    def call_function(self: Any, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        if len(args) == 1 and not kwargs:
            _raise_unless_iterable(tx, args[0])
        return own(self, tx, args, kwargs)

    return call_function


def _raise_unless_iterable(tx: Any, value: VariableTracker) -> None:
    try:
        cls = value.python_type()
    except NotImplementedError:
        return
    if not any(has_on_class(cls, name) for name in ("__iter__", "__getitem__")):
        raise_in_program(tx, TypeError(f"'{cls.__name__}' object is not iterable"))


def _rest_as_list(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def unpack(tx: Any, inst: Any) -> None:
        own(tx, inst)
        rest = -1 - (inst.argval & 0xFF)  # below those that come before it
        tx.stack[rest] = ListVariable(tx.stack[rest].items, mutation_type=ValueMutationNew())

    return unpack


#: What is put in place in torch.
LISTING = Wrappers(*in_this_release((ListBuiltinVariable, "call_function", _listed)))
UNPACKING = WrappedInstructions(
    **({} if behaviour.UNPACKS_INTO_LISTS else {"UNPACK_EX": _rest_as_list})
)
