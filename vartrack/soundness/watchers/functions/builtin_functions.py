"""Built-in functions of which torch has another answer than Python."""

from __future__ import annotations

import operator
import sys
from typing import Any

import numpy as np
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import BaseUserFunctionVariable, PolyfilledFunctionVariable
from torch._dynamo.variables.lists import BaseListVariable, ListVariable
from torch._dynamo.variables.tensor import SymNodeVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable, UserDefinedVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.evaluating.ordering import extreme, picked
from vartrack.compat import behaviour
from vartrack.compat.instructions import builtins_with
from vartrack.compat.names import ListBuiltinVariable
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.gone_through import iterates_in_python, type_at_hand
from vartrack.soundness.reading.lookups import find, has_of_user

__all__ = ["WATCHERS"]


#: Functions of which torch counts no arguments: how many they take at least, and at most.
_TAKES: dict[Any, tuple[int, int]] = {
    len: (1, 1),
    next: (1, 2),
    format: (1, 2),
    getattr: (2, 3),
}

#: What ``int`` asks of an object first.
_WHOLE = ("__int__", "__index__")


def _counted(ledger: Ledger, builtin: Any, tx: Any, args: Any, kwargs: Any, *_: Any) -> None:
    """``len(a, b)``: Python looks at no argument before it has counted them."""
    least, most = _TAKES[builtin.fn]
    if kwargs or not least <= len(args) <= most:
        try:
            builtin.fn(*[None] * len(args), **dict.fromkeys(kwargs))
        except TypeError as error:
            raise_in_program(tx, error)


def _next(ledger: Ledger, builtin: Any, tx: Any, *args: Any, **__: Any) -> None:
    """``next`` of a list gives its first item in torch."""
    arg = args[0].realize() if args else None
    if isinstance(arg, BaseListVariable) and not hasattr(arg.python_type(), "__next__"):
        text = f"'{arg.python_type_name()}' object is not an iterator"
        raise_in_program(tx, TypeError(text))


def _truncated(
    ledger: Ledger, own: Any, builtin: Any, tx: Any, args: Any, kwargs: Any
) -> VariableTracker:
    """``int(obj)`` of what has a `__trunc__` alone, which Python asks up to 3.13."""
    if len(args) == 1 and not kwargs:
        cls = type_at_hand(args[0])
        if has_of_user(cls, "__trunc__") and not any(find(cls, name) for name in _WHOLE):
            ledger.classes.look(cls, *_WHOLE, "__trunc__")
            args = [args[0].realize().call_method(tx, "__trunc__", [], {})]
    result: VariableTracker = own(builtin, tx, args, kwargs)
    return result


def _range(ledger: Ledger, builtin: Any, tx: Any, *args: Any, **__: Any) -> None:
    """Of what is no whole number, and a step of zero: torch takes them for others."""
    for arg in args:
        is_known = arg.is_python_constant() or type(arg.unwrap()) is SymNodeVariable
        if is_known and find(arg.python_type(), "__index__") is None:
            text = f"'{arg.python_type_name()}' object cannot be interpreted as an integer"
            raise_in_program(tx, TypeError(text))
    if len(args) == 3 and args[2].is_python_constant() and args[2].as_python_constant() == 0:
        raise_in_program(tx, ValueError("range() arg 3 must not be zero"))


def _listed(ledger: Ledger, own: Any, builtin: Any, tx: Any, args: Any, kwargs: Any) -> Any:
    """``list(obj)`` of an object with an `__iter__` of its own: torch guards its length as well,
    and dies where it has none."""
    of = args[0].realize() if len(args) == 1 and not kwargs else None
    if not isinstance(of, UserDefinedVariable) or of.source is None or _has_length(of.value):
        return own(builtin, tx, args, kwargs)
    items = ListVariable([], mutation_type=ValueMutationNew())
    items.call_method(tx, "extend", [of], {})
    return items


def _has_length(value: Any) -> bool:
    try:
        len(value)
    except TypeError:
        return False
    except Exception:
        return True  # torch meets it as well
    return True


def _called(ledger: Ledger, own: Any, builtin: Any, tx: Any, arg: Any) -> Any:
    """``callable(value)``: its type says it, also where torch does not know the tracker."""
    answer = own(builtin, tx, arg)
    if answer is not None:
        return answer
    try:
        cls = arg.python_type()
    except NotImplementedError:
        return None
    ledger.classes.look(cls, "__call__")
    return ConstantVariable.create(find(cls, "__call__") is not None)


def _hinted(ledger: Ledger, own: Any, builtin: Any, tx: Any, args: Any, kwargs: Any) -> Any:
    """``length_hint(value)`` of what has a length is that; torch takes it for a constant."""
    of = args[0].realize() if args else None
    if of is not None:
        ledger.classes.look(type_at_hand(of), "__len__", "__length_hint__")
    try:
        has_length = not kwargs and of is not None and find(of.python_type(), "__len__") is not None
    except NotImplementedError:
        has_length = False
    if not has_length:
        return own(builtin, tx, args, kwargs)
    return BuiltinVariable(len).call_function(tx, [of], {})


def _rounded(ledger: Ledger, builtin: Any, tx: Any, arg: Any, *_: Any, **__: Any) -> None:
    """``round`` of what cannot be rounded says so; torch says which method is missing."""
    arg = arg.realize()
    try:
        cls = arg.python_type()
    except NotImplementedError:
        return
    if cls is np.ndarray and arg.source is None:
        return  # it may be a number
    if find(cls, "__round__") is None:
        text = f"type {cls.__name__} doesn't define __round__ method"
        raise_in_program(tx, TypeError(text))


def _set(ledger: Ledger, own: Any, *args: Any, **kwargs: Any) -> Any:
    """``setattr(obj, name, value)`` gives nothing; in torch sometimes the value."""
    result = own(*args, **kwargs)
    return None if result is None else ConstantVariable.create(None)


def _extreme(ledger: Ledger, own: Any, builtin: Any, tx: Any, args: Any, kwargs: Any) -> Any:
    """With a key: torch runs that of constants, and traces none of it, gives a tuple that is equal,
    and asks ``<`` for `max` as well."""
    found = extreme(tx, builtin.fn, args, kwargs)
    if found is not None:
        return found
    if "key" not in kwargs or kwargs.keys() - {"key", "default"} or not args:
        return own(builtin, tx, args, kwargs)
    key, constant = kwargs["key"].realize(), all(arg.is_python_constant() for arg in args)
    if key.is_constant_none() or (constant and not isinstance(key, BaseUserFunctionVariable)):
        return own(builtin, tx, args, kwargs)
    items = list(args)
    if len(args) == 1:
        taken = ListVariable([], mutation_type=ValueMutationNew())
        taken.call_method(tx, "extend", [args[0]], {})
        items = taken.items
    if not items or (len(args) > 1 and "default" in kwargs):
        return own(builtin, tx, args, kwargs)
    return picked(tx, builtin.fn, items, key)


def _folded(
    ledger: Ledger, own: Any, function: Any, tx: Any, args: Any, kwargs: Any
) -> VariableTracker:
    """``sum(items)``, where the class of the items says itself what it iterates: 2.15 folds it."""
    for arg in args:
        of = arg.realize()
        if isinstance(of, UserDefinedObjectVariable) and iterates_in_python(of.python_type()):
            traced = VariableTracker.build(tx, function.traceable_fn)
            inlined: VariableTracker = tx.inline_user_function_return(traced, [*args], {**kwargs})
            return inlined
    result: VariableTracker = own(function, tx, args, kwargs)
    return result


def _watch(owner: Any, name: str, before: Any = None, **options: Any) -> Watcher:
    """Where torch has no such function it goes by another, or does not get it wrong."""
    return Watcher(owner, name, "tracing", before, needed=False, **options)


WATCHERS: tuple[Watcher, ...] = (
    _watch(BuiltinVariable, "call_function", _counted, subclasses=False, of=_TAKES),
    _watch(BuiltinVariable, "call_next", _next),
    _watch(BuiltinVariable, "call_range", _range),
    _watch(BuiltinVariable, "call_round", _rounded),
    _watch(BuiltinVariable, "call_callable", instead=_called),
    _watch(
        BuiltinVariable,
        "call_function",
        instead=_hinted,
        subclasses=False,
        of=(operator.length_hint,),
    ),
    *(
        (_watch(ListBuiltinVariable, "call_function", instead=_listed),)
        if behaviour.GUARDS_LENGTH_OF_LISTED
        else ()
    ),
    _watch(BuiltinVariable, "call_function", instead=_extreme, subclasses=False, of=(max, min)),
    *(
        (_watch(BuiltinVariable, "call_function", instead=_truncated, subclasses=False, of=(int,)),)
        if sys.version_info < (3, 14)
        else ()
    ),
    *(
        _watch(cls, "_call_setattr", instead=_set, subclasses=False)
        for cls in builtins_with("_call_setattr")
    ),
    _watch(BuiltinVariable, "call_setattr", instead=_set),  # up to 2.12
    _watch(PolyfilledFunctionVariable, "call_function", instead=_folded, subclasses=False),
)
