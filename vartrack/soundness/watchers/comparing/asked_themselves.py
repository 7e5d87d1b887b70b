"""What torch asks members of enums, and constants of pytree, itself: their order, and more."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.functions import PolyfilledFunctionVariable
from torch._dynamo.variables.lists import BaseListVariable, ListVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import has_of_user
from vartrack.soundness.reading.themselves import asked_itself, has_own_methods, is_of_constants

__all__ = ["WATCHERS", "given"]

_ORDER = ("__lt__", "__gt__")
#: Functions that torch calls itself with such objects, or a list with some.
_ASKING: tuple[Any, ...] = (
    *(any, all, bool, operator.not_, operator.truth, len, max, min, sum, range),
    *(int, float, complex, abs, round, pow, divmod, hex, oct, bin, chr, operator.index),
)


def _evaluated(
    ledger: Ledger, result: Any, builtin: Any, tx: Any, args: Any, kwargs: Any, *_: Any
) -> None:
    """``any(members)`` and its like."""
    if result is None or kwargs or builtin.fn not in _ASKING or not any(map(_is_asked, args)):
        return
    if result.is_python_constant() and all(arg.is_python_constant() for arg in args):
        values = [arg.as_python_constant() for arg in args]
        given(ledger, builtin.fn, *values)


def _is_asked(tracker: Any, *around: Any) -> bool:
    """Whether such an object is asked with it, which is held by the lists ``around`` it."""
    built = tracker.unwrap()
    if issubclass(type(built), BaseListVariable):  # `isinstance` would build what is lazy
        if any(built is other for other in around):
            return False  # it holds itself
        return any(_is_asked(item, *around, built) for item in built.items)
    member = asked_itself(tracker)
    return member is not None and has_own_methods(type(member.value))


def given(ledger: Ledger, function: Callable[..., Any], *values: Any) -> None:
    """Note what ``function`` gives of ``values`` now, which torch has asked and keeps."""
    text = f"{function.__name__.strip('_')}({', '.join(map(repr, values))})"
    ask = functools.partial(function, *values)
    ledger.state.given(text, ask, ask())


def _sorting(ledger: Ledger, items: Any, tx: Any, name: str, *_: Any, **__: Any) -> None:
    ledger.sorts += name == "sort"


def _sorted(ledger: Ledger, _: Any, items: Any, tx: Any, name: str, *__: Any, **___: Any) -> None:
    ledger.sorts -= name == "sort"


def _read(ledger: Ledger, value: Any, *_: Any, **__: Any) -> None:
    """To be sorted by: which of those that are is less."""
    if not ledger.sorts or not is_of_constants(cls := type(value)):
        return
    ledger.classes.look(cls, *_ORDER, guarded=False)
    others = ledger.sorted.setdefault(id(cls), [])
    if has_of_user(cls, *_ORDER) and not any(value is other for other in others):
        others.append(value)
        for other in others:
            given(ledger, _less_of_two, value, other)


def _less_of_two(one: Any, other: Any) -> tuple[Any, Any]:
    return _is_less(one, other), _is_less(other, one)


def _is_less(one: Any, other: Any) -> Any:
    try:
        return bool(one < other)
    except Exception as error:  # these two may not have been compared
        return type(error)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(
        BuiltinVariable, "call_function", "classes", after=_evaluated, subclasses=False, of=_ASKING
    ),
    Watcher(PolyfilledFunctionVariable, "call_function", "classes", after=_evaluated),
    *(  # the second where lists have no function of their own for that
        Watcher(cls, "call_method", "classes", _sorting, _sorted, subclasses=False, needed=False)
        for cls in (ListVariable, VariableTracker)
    ),
    Watcher(UserDefinedObjectVariable, "as_python_constant", "classes", after=_read, needed=False),
)
