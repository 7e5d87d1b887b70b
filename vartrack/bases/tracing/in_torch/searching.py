"""What torch goes through item by item: each item is equal to itself, whatever its ``==`` says.

Up to torch 2.12 the functions that are traced for it ask ``==`` alone; others take their place
where they are called. What asks if two are one comes as an argument: a global would be guarded.
"""

from __future__ import annotations

import functools
import operator
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from torch._dynamo import polyfills
from torch._dynamo.exc import Unsupported
from torch._dynamo.symbolic_convert import InstructionTranslatorBase
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import UserFunctionVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.classes.lacking import lacks
from vartrack.bases.tracing.classes.lookup import has_on_class
from vartrack.bases.tracing.known.known_variable import KnownVariable
from vartrack.compat.hooks import COMPARES_BY_METHOD
from vartrack.compat.instructions import Instructions
from vartrack.compat.names import LAZY
from vartrack.core.wrapping.wrappers import Table, Wrappers

__all__ = ["SEARCHING", "equal_dicts"]

Same = Callable[[Any, Any], bool]


def _is_in(same: Same, item: Any, container: Iterable[Any]) -> bool:
    if not hasattr(container, "__iter__") and not hasattr(container, "__getitem__"):
        raise TypeError(f"argument of type '{type(container).__name__}' is not iterable")
    for each in container:  # noqa: SIM110, traced as it stands
        if same(each, item) or each == item:
            return True
    return False


def _index(same: Same, items: Sequence[Any], item: Any, start: int = 0, end: Any = None) -> int:
    count = len(items)
    end = count if end is None else end
    first = max(start + count, 0) if start < 0 else start
    for place in range(first, min(end + count if end < 0 else end, count)):
        if same(items[place], item) or items[place] == item:
            return place
    raise ValueError("list.index(x): x not in list")


def _compare(
    same: Same, compare: Callable[[Any, Any], bool], left: Sequence[Any], right: Sequence[Any]
) -> bool:
    for_equality = compare(0, 1) == compare(1, 0)  # it is `==` or `!=`
    if for_equality and len(left) != len(right):
        return compare(0, 1)
    for one, other in zip(left, right):  # noqa: B905, one may be longer
        if not same(one, other) and not one == other:  # noqa: SIM201, `!=` may say something else
            return compare(0, 1) if for_equality else compare(one, other)
    return compare(len(left), len(right))


def equal_dicts(same: Same, left: dict[Any, Any], right: dict[Any, Any]) -> bool:
    """``left == right``: two items are the same, or equal by ``==`` alone. It is traced."""
    if len(left) != len(right) or left.keys() != right.keys():
        return False
    if isinstance(left, OrderedDict) and isinstance(right, OrderedDict):
        return list(left.items()) == list(right.items())
    for key, one in left.items():
        other = right[key]
        if not same(one, other) and not one == other:  # noqa: SIM201, as above
            return False
    return True


#: By each function of torch's what takes its place.
_INSTEAD: dict[Any, Callable[..., Any]] = {
    getattr(polyfills, "dict___eq__", None): equal_dicts,
    getattr(polyfills, "impl_CONTAINS_OP_fallback", None): _is_in,
    getattr(polyfills, "index", None): _index,
    getattr(polyfills, "list_cmp", None): _compare,
}


def _same(one: Any, other: Any) -> bool:
    """Answered by `_are_one`."""
    return one is other


def _are_one(tx: Any, one: VariableTracker, other: VariableTracker) -> bool:
    """Whether the two are one object, so far as ``==`` would not say so."""
    one, other = one.realize(), other.realize()
    if one is other:
        return True
    if type(one) is ConstantVariable and type(other) is ConstantVariable:
        return one.value is other.value
    if isinstance(one, KnownVariable) and one.equals_itself():
        return False
    if not isinstance(one, UserDefinedObjectVariable) and not isinstance(one, KnownVariable):
        return False
    try:
        answer = BuiltinVariable(operator.is_).call_function(tx, [one, other], {})
    except Unsupported:
        return False  # then `==` answers, as in torch
    return answer.is_python_constant() and bool(answer.as_python_constant())


def _replaced(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def inline_user_function_return(self: Any, fn: Any, args: Any, kwargs: Any) -> Any:
        if type(fn) is UserFunctionVariable:
            if fn.fn is _same:
                return ConstantVariable.create(_are_one(self, *args))
            if fn.fn in _INSTEAD:
                fn, args = UserFunctionVariable(_INSTEAD[fn.fn]), [_SAME, *args]
        return own(self, fn, args, kwargs)

    return inline_user_function_return


_SAME = UserFunctionVariable(_same)


def _goes_through(tx: Any, inst: Any) -> bool:
    """``item in value`` of a type without `__contains__`: it would be asked for that."""
    item, container = tx.stack[-2:]
    if type(container) in LAZY:
        container = container.realize()
    if not issubclass(type(container.unwrap()), KnownVariable):
        return False
    cls = container.python_type()
    if has_on_class(cls, "__contains__") or lacks(cls, "__contains__"):
        return False
    tx.popn(2)
    tx.push(
        tx.inline_user_function_return(UserFunctionVariable(_is_in), [_SAME, item, container], {})
    )
    if inst.argval:
        tx.UNARY_NOT(inst)
    return True


#: What is put in place in torch.
SEARCHING: tuple[Table, ...] = (
    (
        Wrappers((InstructionTranslatorBase, "inline_user_function_return", _replaced)),
        Instructions(CONTAINS_OP=_goes_through),
    )
    if COMPARES_BY_METHOD
    else ()
)
