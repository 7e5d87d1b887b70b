"""`isinstance` and `issubclass`: registered classes, protocols, and checks written in Python."""

from __future__ import annotations

import abc
import functools
import typing
from collections.abc import Callable
from types import FunctionType, UnionType
from typing import Any

from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.core.texts.articles import with_article
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import can_change, can_pretend, find

__all__ = ["WATCHERS", "asked", "targets_of"]


#: By what an object says of which class it is.
_SAYS_CLASS = ("__class__", "__getattribute__")
_NOTHING: Any = object()
_CONTAINERS = frozenset({list, tuple, dict, set, frozenset})


def targets_of(target: Any) -> list[type]:
    """The classes that ``target`` stands for."""
    if isinstance(target, tuple):
        return [cls for item in target for cls in targets_of(item)]
    if isinstance(target, UnionType):
        return [cls for item in typing.get_args(target) for cls in targets_of(item)]
    if not isinstance(target, type):
        target = getattr(target, "__origin__", None)  # such as typing.Sequence
    return [target] if isinstance(target, type) else []


def _is_of_torch(cls: type) -> bool:
    return cls.__module__.partition(".")[0] == "torch"


def _instance(
    ledger: Ledger, result: Any, builtin: Any, tx: Any, tracker: Any, target: Any, *_: Any
) -> None:
    if result is None or not result.is_python_constant():
        return
    try:
        cls, target = tracker.python_type(), target.as_python_constant()
    except NotImplementedError:
        return
    asked(ledger, cls, target)
    if isinstance(cls, type) and not _is_of_torch(cls):
        ledger.classes.look(cls, *_SAYS_CLASS, guarded=False)
    checks = _own_checks(target, "__instancecheck__")
    name = name_of(tracker.source)
    if name is not None and (checks or can_pretend(cls)):
        text = f"whether {name} is an instance of {target}"
        ask = functools.partial(_is_instance, target)
        ledger.sourced.asked("isinstance", ("instance", name, target), text, [tracker.source], ask)
    elif checks and (value := _made(tracker)) is not _NOTHING:
        shown = repr(value) if isinstance(tracker, ConstantVariable) else with_article(cls)
        text = f"whether {shown}, which is made here, is an instance of {target}"
        ask = functools.partial(_is_instance, target, value)
        if _gives(ask, result.as_python_constant()):
            ledger.state.given(text, ask, result.as_python_constant())


def _made(tracker: Any) -> Any:
    """A value that the function makes, or one of the same class; `_NOTHING` if there is none."""
    if isinstance(tracker, (ConstantVariable, UserDefinedObjectVariable)):
        return tracker.value
    cls = tracker.python_type()  # what is in it may not be built yet
    return cls() if cls in _CONTAINERS else _NOTHING


def _gives(ask: Callable[[], Any], answer: Any) -> bool:
    try:
        return ask() is answer
    except Exception:  # it needs what is only there when the function runs
        return False


def _subclass(
    ledger: Ledger, result: Any, builtin: Any, tx: Any, tracker: Any, target: Any, *_: Any
) -> None:
    if result is None or not result.is_python_constant():
        return
    try:
        cls, target = tracker.as_python_constant(), target.as_python_constant()
    except NotImplementedError:
        return
    asked(ledger, cls, target)
    if _own_checks(target, "__subclasscheck__") and isinstance(cls, type):
        ask = lambda: issubclass(cls, target)  # noqa: E731
        text = f"whether {cls.__qualname__} is a subclass of {target}"
        ledger.state.given(text, ask, result.as_python_constant())


def asked(ledger: Ledger, cls: Any, target: Any) -> None:
    """Note what the classes themselves say: their bases, and what is registered."""
    targets = [one for one in targets_of(target) if not _is_of_torch(one)]
    if not targets or not isinstance(cls, type):
        return
    for one in targets:
        for name in ("__instancecheck__", "__subclasscheck__"):
            if type(one) is not abc.ABCMeta:
                ledger.classes.look(type(one), name)
            found = find(type(one), name)
            if found is not None and type(found[1]) is FunctionType:
                ledger.classes.look(type(one), name)
                if not isinstance(one, abc.ABCMeta):
                    ledger.bodies.ran(found[1])
        if isinstance(one, abc.ABCMeta):
            ledger.classes.look(one, "__subclasshook__")
    if can_change(cls):
        ledger.classes.subclass(cls, target)
    if any(isinstance(one, abc.ABCMeta) for one in targets):
        ledger.inheritance.asked(cls, target)


def _own_checks(target: Any, name: str) -> bool:
    """Whether a class that is asked for decides by code of its own, beyond that of ABCs."""
    for one in targets_of(target):
        if _is_of_torch(one):
            continue
        if getattr(one, "_is_protocol", False):
            return True
        found = find(type(one), name)
        if found is not None and found[0] not in (type, abc.ABCMeta):
            return True
    return False


def _is_instance(target: Any, value: Any) -> bool:
    return isinstance(value, target)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(BuiltinVariable, "call_isinstance", "isinstance", after=_instance),
    Watcher(BuiltinVariable, "call_issubclass", "isinstance", after=_subclass),
)
