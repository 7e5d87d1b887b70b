"""Values that are called: what they hold does not count unless the call reads it."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo.symbolic_convert import InstructionTranslatorBase

from vartrack.bases.tracing.again import call_again
from vartrack.bases.tracing.known import KnownVariable
from vartrack.core.wrappers import Wrappers

__all__ = ["CALLING"]


#: By the id of a function that copies what it is.
_COPIES: dict[int, Callable[..., Any]] = {
    id(function): function for function in (copy.copy, copy.deepcopy)
}


def _copied(tx: Any, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """The copy of a value that cannot change, worked out again; None if it is to be traced.

    Traced it would be asked whether the copy is the value, which no guard can tell.
    """
    if len(args) != 1 or kwargs:
        return None
    value = args[0].realize()
    if not isinstance(value, KnownVariable) or value.changeable or _can_be_set(value.example):
        return None
    return call_again(tx, function, args, kwargs)


def _can_be_set(value: Any) -> bool:
    """Whether a copy has attributes that a program may set, as one does that makes an instance."""
    slots = (vars(cls).get("__slots__") for cls in type(value).__mro__)
    return hasattr(value, "__dict__") or any(slots)


def _calling(own: Callable[..., Any]) -> Callable[..., Any]:
    """A call in the program: torch takes what is called out of its tracker, to see what it is."""

    @functools.wraps(own)
    def call_function(self: Any, fn: Any, args: Any, kwargs: Any) -> None:
        called = fn.realize()
        if isinstance(called, KnownVariable):
            self.push(called.call_function(self, args, kwargs))
            return
        copy_of = _COPIES.get(id(getattr(called, "fn", None)))
        copied = None if copy_of is None else _copied(self, copy_of, args, kwargs)
        if copied is None:
            own(self, fn, args, kwargs)
        else:
            self.push(copied)

    return call_function


#: What is put in place in torch.
CALLING = Wrappers((InstructionTranslatorBase, "call_function", _calling))
