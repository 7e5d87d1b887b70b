"""Values that are called: what they hold does not count unless the call reads it."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo.symbolic_convert import InstructionTranslatorBase
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.functions import PolyfilledFunctionVariable, UserFunctionVariable

from vartrack.bases.tracing.again.results import call_again
from vartrack.bases.tracing.classes.lookup import on_class
from vartrack.bases.tracing.classes.own_code import has_own_code
from vartrack.bases.tracing.folded.folded_variable import FoldedVariable
from vartrack.bases.tracing.known.known_variable import KnownVariable
from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.filled.bound_methods import BOUND
from vartrack.compat.filled.exceptions import RAISED
from vartrack.compat.filled.iterables import GONE_THROUGH
from vartrack.compat.filled.ordering import ORDERED
from vartrack.compat.filled.own_lists import COMPARED
from vartrack.compat.filled.shown import SHOWN
from vartrack.core.wrapping.wrappers import Wrappers

__all__ = ["CALLING"]


#: By the id of a function that copies what it is, and how a class says itself what a copy is.
_COPIES: dict[int, tuple[Callable[..., Any], tuple[str, ...]]] = {
    id(function): (function, (own, "__getstate__", "__reduce__", "__reduce_ex__", "__setstate__"))
    for function, own in ((copy.copy, "__copy__"), (copy.deepcopy, "__deepcopy__"))
}

#: What tracks such a function; up to 2.11 `copy.deepcopy` is one of C to torch.
_OF_FUNCTIONS = frozenset({UserFunctionVariable, PolyfilledFunctionVariable, BuiltinVariable})
#: Types whose values both functions give as they are.
_KEPT = frozenset({str, bytes, int, float, bool, complex})


def _copied(tx: Any, called: Any, args: Any, kwargs: Any) -> Any:
    """The copy of a value that cannot change, worked out again; None if it is to be traced.

    Traced it would be asked whether the copy is the value, which no guard can tell.
    """
    function, names = _COPIES[id(called.fn)]
    if len(args) != 1 or kwargs:
        return None
    if waits(args[0]) and args[0].python_type() in _KEPT:
        return args[0]
    value = args[0].realize()
    if not isinstance(value, FoldedVariable) or value.changeable:
        return None
    cls = type(value.example)
    is_settable = _can_be_set(value.example)
    if is_settable and _is_left_to_object(cls, names):
        return None
    copied = call_again(tx, function, args, kwargs)
    if copied is None and is_settable and value.content is not None and not has_own_code(cls):
        copy_of = value.evaluated(tx, names[0], function)
        return value.tracked(tx, names[0], copy_of, function)
    return copied


def _can_be_set(value: Any) -> bool:
    """Whether a copy has attributes that a program may set, as one does that makes an instance."""
    slots = (vars(cls).get("__slots__") for cls in type(value).__mro__)
    return hasattr(value, "__dict__") or any(slots)


def _is_left_to_object(cls: type, names: tuple[str, ...]) -> bool:
    """Whether ``cls`` has none of ``names`` but what `object` has: its parts are copied alone."""
    return all(on_class(cls, name) is vars(object).get(name) for name in names)


def _calling(own: Callable[..., Any]) -> Callable[..., Any]:
    """A call in the program: torch takes what is called out of its tracker, to see what it is."""

    @functools.wraps(own)
    def call_function(self: Any, fn: Any, args: Any, kwargs: Any) -> None:
        called = fn.realize()
        cls = type(called)
        result = None
        if cls in _OF_FUNCTIONS:
            if id(called.fn) in _COPIES:
                result = _copied(self, called, args, kwargs)
        elif issubclass(cls, KnownVariable):
            result = called.call_function(self, args, kwargs)
        if result is None:
            own(self, fn, args, kwargs)
        else:
            self.push(result)

    return call_function


#: What is put in place in torch.
CALLING = Wrappers(
    (InstructionTranslatorBase, "call_function", _calling),
    *BOUND,
    *COMPARED,
    *GONE_THROUGH,
    *ORDERED,
    *RAISED,
    *SHOWN,
)
