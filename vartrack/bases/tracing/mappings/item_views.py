"""``(key, value) in d.items()``, by which views are compared: torch takes two values for equal only
if they are one object, or both constants."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import DictItemsVariable
from torch._dynamo.variables.lists import ListVariable, TupleVariable
from torch._dynamo.variables.tensor import SymNodeVariable

from vartrack.bases.tracing.evaluating.folding import refuse
from vartrack.compat.hooks import COMPARES_BY_METHOD, hook_name
from vartrack.core.wrapping.wrappers import Wrappers

__all__ = ["ITEM_VIEWS"]

_EQUAL = ("__eq__", "__ne__")
_HOOKS = {hook_name("sq_contains_impl")}


def _found_by_value(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def contains(self: Any, tx: Any, item: VariableTracker) -> VariableTracker:
        answer: VariableTracker = own(self, tx, item)
        pair = item.realize()
        if not answer.is_constant_match(False) or type(pair) is not TupleVariable:
            return answer
        if len(pair.items) != 2:
            return answer
        key, value = pair.items
        if not _holds(tx, operator.contains, self.dv_dict, key):
            return answer
        stored = _stored(tx, self, key)
        if all(type(each.realize()) is ConstantVariable for each in (value, stored)):
            return answer
        return ConstantVariable.create(_holds(tx, operator.eq, value, stored))

    return contains


def _equal_by_value(own: Callable[..., Any]) -> Callable[..., Any]:
    """``==`` and ``!=`` of two views, up to 2.12, where torch tells the dicts apart."""

    @functools.wraps(own)
    def call_method(self: Any, tx: Any, name: str, args: Any, kwargs: Any) -> Any:
        other = args[0].realize() if name in _EQUAL and len(args) == 1 else None
        if not isinstance(other, DictItemsVariable):
            return own(self, tx, name, args, kwargs)
        pairs = self.view_items_vt
        equal = len(pairs) == len(other.view_items_vt) and all(
            _holds(tx, operator.contains, other.dv_dict, pair.items[0])
            and _are_equal(tx, pair.items[1], _stored(tx, other, pair.items[0]))
            for pair in pairs
        )
        return ConstantVariable.create(equal is (name == "__eq__"))

    return call_method


def _are_equal(tx: Any, one: VariableTracker, other: VariableTracker) -> bool:
    """Whether the two are one object or equal, as items of lists are held against each other."""
    if all(type(each.realize()) is ConstantVariable for each in (one, other)):
        return _holds(tx, operator.eq, one, other)
    return _holds(tx, operator.eq, ListVariable([one]), ListVariable([other]))


def _stored(tx: Any, view: Any, key: VariableTracker) -> VariableTracker:
    made: Any = BuiltinVariable(operator.getitem)
    stored: VariableTracker = made.call_function(tx, [view.dv_dict, key], {})
    return stored


def _holds(tx: Any, function: Any, one: Any, other: VariableTracker) -> bool:
    """Whether ``function`` of the two is true, which must be known while tracing."""
    made: Any = BuiltinVariable(function)
    given = made.call_function(tx, [one, other], {}).realize()
    if isinstance(given, SymNodeVariable):
        return bool(given.evaluate_expr(tx.output))
    if not given.is_python_constant():
        refuse("dict_items.__contains__", "compares values that are not known while tracing")
    return bool(given.as_python_constant())


#: What is put in place in torch.
ITEM_VIEWS = Wrappers(
    *(
        (DictItemsVariable, name, _found_by_value)
        for name in _HOOKS & vars(DictItemsVariable).keys()
    ),
    *(((DictItemsVariable, "call_method", _equal_by_value),) if COMPARES_BY_METHOD else ()),
)
