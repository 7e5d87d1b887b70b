"""What torch evaluates of a class while tracing: its items, its members, and lists of its names."""

from __future__ import annotations

import functools
import operator
from enum import Enum, EnumMeta
from types import FunctionType
from typing import Any

from torch._dynamo.source import AttrSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.functions import UserFunctionVariable
from torch._dynamo.variables.misc import PythonModuleVariable
from torch._dynamo.variables.user_defined import UserDefinedClassVariable

from vartrack.bases.tracing.evaluating.attempts import attempt, is_traceable
from vartrack.compat.hooks import hook_name
from vartrack.compat.names import EnumVariable, object_protocol
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import find
from vartrack.soundness.reading.packages import is_of_user

__all__ = ["WATCHERS"]

#: Where Python finds a member by its name, and what does it.
_BY_NAME = find(EnumMeta, "__getitem__")
#: The same by its value.
_BY_CALL = find(EnumMeta, "__call__")
#: The functions that torch asks for an item; up to 2.11 it has none.
_ITEMS = ("vt_getitem", "generic_getitem")
_ASKS_FOR_ITEMS = any(hasattr(object_protocol, name) for name in _ITEMS)


def _subscripted(ledger: Ledger, tx: Any, tracker: Any, key: Any, *_: Any, **__: Any) -> None:
    """``Cls[key]``."""
    if isinstance(tracker, UserDefinedClassVariable):
        cls = tracker.value
        if issubclass(cls, Enum):
            ledger.when_read(key, functools.partial(_named, ledger, cls))
        elif not ledger.guards and _own_subscript(tracker) is not None:
            ledger.when_read(key, functools.partial(_evaluated, ledger, cls))
        ledger.classes.look(cls, "__class_getitem__", guarded=False)
        for one in (cls, type(cls)):
            ledger.classes.look(one, "__getitem__", guarded=False)
        _class_method(ledger, cls, "__class_getitem__")


def _named(ledger: Ledger, cls: type[Enum], key: Any) -> None:
    """``Colour["RED"]``: which member has the name, or that none has."""
    name = key.as_python_constant() if key.is_python_constant() else None
    if type(name) is not str or find(type(cls), "__getitem__") != _BY_NAME:
        return
    if name in cls._member_map_:
        text = f"{cls.__module__}.{cls.__qualname__}[{name!r}]"
        ledger.state.given(text, functools.partial(operator.getitem, cls, name), cls[name])
    else:
        ledger.state.missing(cls._member_map_, name, cls.__qualname__)


def _traced(ledger: Ledger, own: Any, tx: Any, tracker: Any, key: Any, *more: Any) -> Any:
    """The same by a `__class_getitem__` of the user's: it is traced, which guards what it reads."""
    function = _own_subscript(tracker)
    if function is None or not is_traceable(function.__code__):
        return own(tx, tracker, key, *more)
    _subscripted(ledger, tx, tracker, key)  # noted where it is evaluated
    call = UserFunctionVariable(function).call_function
    return attempt(tx, function.__code__, lambda: call(tx, [tracker, key], {}))


def _subscripted_by_function(ledger: Ledger, builtin: Any, tx: Any, *args: Any, **_: Any) -> None:
    """The same up to 2.11, where `operator.getitem` has it."""
    if len(args) == 2:
        _subscripted(ledger, tx, args[0].realize(), args[1])


def _traced_by_function(
    ledger: Ledger, own: Any, builtin: Any, tx: Any, *args: Any, **named: Any
) -> Any:
    if len(args) != 2 or named:
        return own(builtin, tx, *args, **named)
    ask = functools.partial(_asked_by_function, own, builtin)
    return _traced(ledger, ask, tx, args[0].realize(), args[1])


def _asked_by_function(own: Any, builtin: Any, tx: Any, tracker: Any, key: Any) -> Any:
    return own(builtin, tx, tracker, key)


def _evaluated(ledger: Ledger, cls: type, key: Any) -> None:
    """What it gives, where it is not traced: torch is about to ask it too."""
    if key.is_python_constant():
        key = key.as_python_constant()
        ask = functools.partial(operator.getitem, cls, key)
        ledger.state.given(f"{cls.__module__}.{cls.__qualname__}[{key!r}]", ask, ask())


def _own_subscript(tracker: Any) -> FunctionType | None:
    if not isinstance(tracker, UserDefinedClassVariable):
        return None
    if find(type(tracker.value), "__getitem__") is not None:
        return None  # that of a metaclass goes first
    found = find(tracker.value, "__class_getitem__")
    function = getattr(found and found[1], "__func__", None)
    is_own = type(function) is FunctionType and is_of_user(function)
    return function if is_own else None


def _class_method(ledger: Ledger, cls: type, name: str) -> None:
    """A method of the class itself, which is run, and not traced."""
    found = find(cls, name)
    function = getattr(found and found[1], "__func__", None)
    if type(function) is FunctionType:
        ledger.bodies.ran(function)


def _member(
    ledger: Ledger, result: Any, tracker: Any, tx: Any, args: Any, kwargs: Any, *_: Any
) -> None:
    """``Colour(value)``: which member has the value, or what `_missing_` makes of it."""
    cls = tracker.value
    if not issubclass(cls, Enum) or len(args) != 1 or kwargs:
        return
    ledger.classes.look(cls, "_missing_", guarded=False)
    _class_method(ledger, cls, "_missing_")
    if args[0].is_python_constant() and result.is_python_constant():
        value, member = args[0].as_python_constant(), result.as_python_constant()
        if value is member and _gives_members_back(cls):
            ledger.classes.look(cls, "__new__", guarded=False)
            ledger.classes.look(type(cls), "__call__", guarded=False)
            return
        text = f"{cls.__module__}.{cls.__qualname__}({value!r})"
        ledger.state.given(text, functools.partial(cls, value), member)


def _gives_members_back(cls: type) -> bool:
    """Whether what is called with a member gives that, whatever members there are."""
    found = find(cls, "__new__")
    by_value = found is not None and getattr(found[1], "__func__", found[1]) is Enum.__new__
    return by_value and find(type(cls), "__call__") == _BY_CALL


def _at_its_place(ledger: Ledger, own: Any, tracker: Any, tx: Any, name: Any, *more: Any) -> Any:
    """``Colour.RED``, which torch up to 2.11 takes for a constant that comes from nowhere."""
    found = own(tracker, tx, name, *more)
    if type(found) is not EnumVariable or found.source or not tracker.source:
        return found
    return VariableTracker.build(tx, found.value, AttrSource(tracker.source, name))


def _of_a_member(ledger: Ledger, result: Any, tracker: Any, tx: Any, name: Any, *_: Any) -> None:
    """``Colour(1).weight``, of a member without a place."""
    if tracker.source is None and name in vars(tracker.value) and result.is_python_constant():
        cls = type(tracker.value)
        text = f"{name} of {cls.__module__}.{tracker.value!r}"
        ask = functools.partial(getattr, tracker.value, name)
        ledger.state.given(text, ask, result.as_python_constant())


def _listed(ledger: Ledger, builtin: Any, tx: Any, tracker: Any, *_: Any, **__: Any) -> None:
    """``dir(value)`` of a class, a module or a function."""
    if isinstance(tracker, UserDefinedClassVariable):
        cls = tracker.value
        ledger.classes.names(cls)
        found = find(type(cls), "__dir__")
        if found is not None and type(found[1]) is FunctionType:
            ask = functools.partial(dir, cls)
            ledger.state.given(f"dir({cls.__module__}.{cls.__qualname__})", ask, ask())
    elif isinstance(tracker, (PythonModuleVariable, UserFunctionVariable)):
        name = name_of(tracker.source)
        if name is not None:
            text = f"dir({name})"
            ledger.sourced.asked("state", text, text, [tracker.source], dir)


WATCHERS: tuple[Watcher, ...] = (
    *(Watcher(object_protocol, name, "classes", _subscripted, needed=False) for name in _ITEMS),
    *(Watcher(object_protocol, name, "tracing", instead=_traced, needed=False) for name in _ITEMS),
    *(
        ()
        if _ASKS_FOR_ITEMS
        else (
            Watcher(BuiltinVariable, "call_getitem", "classes", _subscripted_by_function),
            Watcher(BuiltinVariable, "call_getitem", "tracing", instead=_traced_by_function),
        )
    ),
    Watcher(UserDefinedClassVariable, "call_function", "classes", after=_member),
    Watcher(BuiltinVariable, "call_dir", "classes", _listed),
    *(
        ()
        if EnumVariable is None
        else (
            Watcher(
                UserDefinedClassVariable,
                hook_name("tp_getattro_impl"),
                "tracing",
                instead=_at_its_place,
            ),
            Watcher(EnumVariable, hook_name("tp_getattro_impl"), "classes", after=_of_a_member),
        )
    ),
)
