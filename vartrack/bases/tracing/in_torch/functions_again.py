"""Functions in C of values: worked out again at each call, where torch would fix the values."""

from __future__ import annotations

import functools
import math
import operator
import types
from collections.abc import Callable, Sequence
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.functions import PolyfilledFunctionVariable
from torch._dynamo.variables.lists import BaseListVariable
from torch._dynamo.variables.torch import TorchInGraphFunctionVariable

from vartrack.bases.tracing.again.identity_hashes import identity_hash
from vartrack.bases.tracing.again.results import call_again
from vartrack.bases.tracing.evaluating.intents import CALLED
from vartrack.bases.tracing.folded.folded_variable import FoldedVariable
from vartrack.bases.tracing.late.by_type import BY_TYPE, stand_in
from vartrack.bases.tracing.late.late_hash import late_hash
from vartrack.bases.tracing.late.waiting import waits
from vartrack.bases.tracing.mappings.mapping_variable import MappingVariable
from vartrack.bases.tracing.objects.opaque_variable import OpaqueVariable
from vartrack.bases.tracing.objects.record_variable import RecordVariable
from vartrack.compat.names import LAZY
from vartrack.core.wrapping.wrappers import Wrappers

__all__ = ["FUNCTIONS_AGAIN"]

#: How many values there may be: the name of the result says where each is.
_MOST = 20


def total(*items: Any) -> Any:
    """The sum of the items."""
    return sum(items)


#: By the id of a function of several items what gives the same of them as operands.
_OF_ITEMS: dict[int, Callable[..., Any]] = {id(max): max, id(min): min, id(sum): total}
#: By the id of a function what it is.
_OF_ONE: dict[int, Callable[..., Any]] = {
    id(function): function
    for function in vars(math).values()
    if isinstance(function, types.BuiltinFunctionType)
}
_HASH = id(hash)


def _items(args: Sequence[VariableTracker]) -> Sequence[VariableTracker]:
    """What a function like ``max`` goes through."""
    if len(args) != 1:
        return args
    items = args[0].realize()
    return items.items if isinstance(items, BaseListVariable) else ()


def _hash_again(tx: Any, tracker: Any) -> VariableTracker | None:
    """The hash of a value as a number that may vary; None if it is to be taken once."""
    if isinstance(tracker, FoldedVariable):
        return tracker.hash_again(tx)
    if isinstance(tracker, (MappingVariable, RecordVariable)):
        return identity_hash(tx, tracker, tracker.value)
    if isinstance(tracker, OpaqueVariable) and tracker.is_at_hand:
        tracker.guard_type()
        return identity_hash(tx, tracker, tracker.example)
    return None


def _hash(tx: Any, of: Any, take: Callable[..., VariableTracker]) -> VariableTracker | None:
    """The hash of a value as a late one, or as a number that may vary; None for others.

    Args:
        tx: the tracer.
        of: the value; torch builds what is lazy, too.
        take: has torch take it.
    """
    of = of.realize() if type(of) in LAZY else of
    late = late_hash(tx, of, lambda: _hash_again(tx, of) or take())
    return late or _hash_again(tx, of)


def _asked(attribute: str) -> Callable[[Callable[..., Any]], Any]:
    """Wraps a call of the function in ``attribute`` of its tracker."""
    function_of = operator.attrgetter(attribute)

    def wrap(own: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(own)
        def call_function(self: Any, tx: Any, args: Any, kwargs: Any) -> Any:
            answer = None
            if not kwargs and args:
                number = id(function_of(self))
                if number in _OF_ITEMS:
                    items = _items(args)
                    if 1 < len(items) <= _MOST:
                        answer = call_again(tx, _OF_ITEMS[number], items, kwargs)
                elif number in _OF_ONE:
                    answer = call_again(tx, _OF_ONE[number], args, kwargs)
                elif number == _HASH:
                    answer = _hash(tx, args[0], functools.partial(own, self, tx, args, {}))
                elif number in BY_TYPE and waits(args[0]) and BY_TYPE[number](args[1:]):
                    alike = stand_in(args[0])
                    args = args if alike is None else [alike, *args[1:]]
            return own(self, tx, args, kwargs) if answer is None else answer

        return call_function

    return wrap


#: What is put in place in torch.
FUNCTIONS_AGAIN = Wrappers(
    *(
        (cls, "call_function", _asked(CALLED[cls]))
        for cls in (BuiltinVariable, PolyfilledFunctionVariable, TorchInGraphFunctionVariable)
    )
)
