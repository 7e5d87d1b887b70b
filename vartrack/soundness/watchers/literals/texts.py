"""Texts: what `str` and `repr` gave for an object or a class, where torch asks it itself."""

from __future__ import annotations

import functools
import operator
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from types import FunctionType
from typing import Any

from torch._dynamo.symbolic_convert import InstructionTranslatorBase
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.functions import BaseUserFunctionVariable, FunctoolsPartialVariable
from torch._dynamo.variables.lists import BaseListVariable
from torch._dynamo.variables.user_defined import (
    UserDefinedClassVariable,
    UserDefinedObjectVariable,
)

from vartrack.bases.tracing.known.changed_values import has_changed
from vartrack.compat.hooks import hook_name
from vartrack.compat.names import AnySetVariable, UserDefinedConstantVariable
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.lookups import can_change, find
from vartrack.soundness.packages import is_of_user
from vartrack.soundness.sourced import name_of

__all__ = ["WATCHERS"]

#: Built-in functions that make a text of their arguments.
_FUNCTIONS: tuple[Any, ...] = (str, repr, ascii, format, operator.mod)
#: Classes whose `repr` tells the name of a subclass.
_NAMED = (set, frozenset, OrderedDict)
#: Who have the ``__str__`` and the ``__repr__`` of a container whose class has no text of its own.
_IN_C = ((object,), (dict, list, tuple, set, frozenset, OrderedDict, defaultdict, Counter, deque))
#: Whose text shows where in memory they, or what they hold, are.
_WITH_ADDRESS = (BaseUserFunctionVariable, FunctoolsPartialVariable)


def _text(value: Any) -> tuple[str, str]:
    return str(value), repr(value)


def _text_of_class(cls: Any) -> tuple[str, str, str]:
    """Its metaclass may have each of them."""
    return *_text(cls), format(cls)


def _asked(ledger: Ledger, result: Any, tracker: Any, *_: Any, **__: Any) -> None:
    """torch evaluated the text of the real object, and kept it."""
    name = name_of(tracker.source)
    if result is not None and result.is_python_constant() and name is not None:
        ledger.sourced.asked("texts", name, f"the text of {name}", [tracker.source], _text)


def _repr(ledger: Ledger, result: Any, tracker: Any, *_: Any, **__: Any) -> None:
    """One that is written in Python is traced, so that what it reads has guards."""
    found = find(type(tracker.value), "__repr__")
    if found is None or type(found[1]) is not FunctionType:
        _asked(ledger, result, tracker)


def _named(ledger: Ledger, own: Any, tracker: Any, tx: Any) -> Any:
    """The `repr` in C of a set or an OrderedDict has the name of the class, which torch forgets.

    Of an OrderedDict torch forgets a `__repr__` of its own as well.
    """
    cls = type(tracker.value)
    found = find(cls, "__repr__")
    if issubclass(cls, OrderedDict) and found is not None and is_of_user(found[1]):
        return tracker.call_method(tx, "__repr__", [], {})
    told = own(tracker, tx)
    if found is None or found[0] is cls or found[0] not in _NAMED or not told.is_python_constant():
        return told
    text = told.as_python_constant()
    inside = f"({text})" if text.startswith("{") else text[text.index("(") :]
    return ConstantVariable.create(cls.__name__ + inside)


def _str(ledger: Ledger, result: Any, builtin: Any, tx: Any, tracker: Any, *_: Any) -> None:
    if isinstance(tracker, UserDefinedObjectVariable):
        _asked(ledger, result, tracker)


def _of_changed(ledger: Ledger, own: Any, builtin: Any, tx: Any, tracker: Any, *more: Any) -> Any:
    """``str(table)`` once something was changed: in 2.13 torch gives that of the real object.

    Its `repr` is of what is in it by now. Where a class has a text of its own, that is traced.
    """
    if isinstance(tracker, UserDefinedObjectVariable) and has_changed(tx):
        methods = [find(tracker.python_type(), name) for name in ("__str__", "__repr__")]
        if all(
            found is not None and found[0] in owners
            for found, owners in zip(methods, _IN_C, strict=True)
        ):
            return BuiltinVariable(repr).call_function(tx, [tracker], {})
    return own(builtin, tx, tracker, *more)


def _made(ledger: Ledger, builtin: Any, tx: Any, args: Any, *_: Any, **__: Any) -> None:
    """``str(Cls)`` and its like: its names can be set, and its version stays what it was."""
    _taken(ledger, args)


def _method(
    ledger: Ledger, tracker: Any, tx: Any, name: Any, args: Any, *_: Any, **__: Any
) -> None:
    if name == "format":
        _taken(ledger, args)


def _formatted(ledger: Ledger, tx: Any, *_: Any, **__: Any) -> None:
    _taken(ledger, tx.stack[-1:])


def _taken(ledger: Ledger, args: Any) -> None:
    for arg in args:
        ledger.when_read(arg, functools.partial(_all_of, ledger))


def _all_of(ledger: Ledger, tracker: Any) -> None:
    if isinstance(tracker, BaseListVariable):
        _taken(ledger, tracker.items)
    elif isinstance(tracker, (ConstDictVariable, AnySetVariable)):
        _taken(ledger, (key.vt for key in tracker.items))
        _taken(ledger, tracker.items.values())
    elif isinstance(tracker, _WITH_ADDRESS):
        _shown(ledger, tracker, repr)
    elif isinstance(tracker, UserDefinedConstantVariable):
        # a subclass of a number or text: its value is guarded, and not the text of it
        ledger.classes.look(
            tracker.python_type(), "__str__", "__repr__", "__format__", guarded=False
        )
    elif isinstance(tracker, UserDefinedClassVariable) and can_change(tracker.value):
        _shown(ledger, tracker, _text_of_class)


def _shown(ledger: Ledger, tracker: Any, ask: Callable[[Any], Any]) -> None:
    name = name_of(tracker.source)
    if name is not None:
        ledger.sourced.asked("texts", name, f"the text of {name}", [tracker.source], ask)


_WHERE_TEXTS_ARE_TRACED = (
    [Watcher(BuiltinVariable, "call_str", "tracing", instead=_of_changed)]
    if hasattr(UserDefinedObjectVariable, hook_name("tp_repr_impl"))
    else []  # up to 2.12 torch has no hook for it
)

WATCHERS: tuple[Watcher, ...] = (
    Watcher(
        UserDefinedObjectVariable,
        hook_name("tp_repr_impl"),
        "tracing",
        instead=_named,
        needed=False,
    ),
    Watcher(BuiltinVariable, "call_str", "texts", after=_str),
    *_WHERE_TEXTS_ARE_TRACED,
    Watcher(BuiltinVariable, "call_function", "texts", _made, of=_FUNCTIONS),
    Watcher(InstructionTranslatorBase, "_format_value", "texts", _formatted),
    Watcher(ConstantVariable, "call_method", "texts", _method),
    *(
        Watcher(UserDefinedObjectVariable, hook_name(name), "texts", after=after, needed=needed)
        # up to 2.13 torch has no hook for `str` alone
        for name, after, needed in (("tp_repr_impl", _repr, True), ("tp_str_impl", _asked, False))
    ),
)
