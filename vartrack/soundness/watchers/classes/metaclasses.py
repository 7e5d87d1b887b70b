"""Classes as operands: torch evaluates the special methods of their metaclass while tracing."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable
from enum import EnumMeta
from typing import Any

from torch._dynamo import utils
from torch._dynamo.exc import unimplemented
from torch._dynamo.side_effects import SideEffects
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.functions import PolyfilledFunctionVariable
from torch._dynamo.variables.lists import ListVariable
from torch._dynamo.variables.user_defined import UserDefinedClassVariable

from vartrack.compat.names import LAZY
from vartrack.core.texts.articles import with_article
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import can_change, has_of_user

__all__ = ["ASKING", "WATCHERS", "rely_on_key"]

_WRITING = ("__setattr__", "__delattr__")
_TRUTH = ("__bool__", "__len__")
_EQUALITY = ("__eq__", "__hash__")
#: What sorting asks.
_ORDER = ("__lt__", "__gt__")
#: From functions that torch evaluates of the class itself to what they look up on its metaclass.
ASKING: dict[Any, tuple[str, ...]] = {
    **{
        getattr(operator, name): (f"__{name.rstrip('_')}__", f"__r{name.rstrip('_')}__")
        for name in (
            *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"),
            *("and_", "or_", "xor", "lshift", "rshift"),
        )
    },
    **{
        getattr(operator, name): tuple(f"__{one}__" for one in ("eq", "ne", "lt", "le", "gt", "ge"))
        for name in ("eq", "ne", "lt", "le", "gt", "ge")
    },
    **{getattr(operator, name): (f"__{name}__",) for name in ("neg", "pos", "abs", "invert")},
    bool: _TRUTH,
    operator.not_: _TRUTH,
    len: ("__len__",),
    hash: ("__hash__",),
    divmod: ("__divmod__", "__rdivmod__"),
    int: ("__int__", "__index__", "__trunc__"),
    float: ("__float__", "__index__"),
    complex: ("__complex__", "__float__", "__index__"),
    range: ("__index__",),
    operator.getitem: ("__getitem__",),
    **dict.fromkeys((sum, any, all), ("__iter__", "__getitem__")),
}


def _is_own(metaclass: type) -> bool:
    # most classes are of `type` itself
    return metaclass is not type and can_change(metaclass) and not issubclass(metaclass, EnumMeta)


def _read(ledger: Ledger, tracker: Any, *_: Any, **__: Any) -> None:
    """The class itself was read, as by ``if Cls:``, which asks the metaclass."""
    cls = tracker.value
    if _is_own(type(cls)):
        ledger.classes.look(type(cls), *_TRUTH, *_EQUALITY, guarded=False)
        if has_of_user(type(cls), *_TRUTH):
            ask = functools.partial(bool, cls)
            ledger.state.given(f"whether {cls.__module__}.{cls.__qualname__} is true", ask, ask())


def _asked(
    ledger: Ledger, result: Any, builtin: Any, tx: Any, args: Any, *_: Any, **__: Any
) -> None:
    """``Cls + 1``, ``len(Cls)`` and their like, which torch gave an answer for."""
    names = ASKING.get(builtin.fn) if _is_hashable(builtin.fn) else None
    if names is None or result is None:
        return
    trackers = [arg.realize() if type(arg) in LAZY and arg.is_realized() else arg for arg in args]
    classes = [one.value for one in trackers if isinstance(one, UserDefinedClassVariable)]
    metaclasses = {type(cls) for cls in classes if _is_own(type(cls))}
    # only then, as a container asks its items, which may be lazy still
    if not metaclasses or not result.is_python_constant():
        return
    for metaclass in metaclasses:
        ledger.classes.look(metaclass, *names, guarded=False)
    if any(has_of_user(metaclass, *names) for metaclass in metaclasses):
        values = [one.as_python_constant() for one in trackers if one.is_python_constant()]
        if len(values) == len(trackers):
            text = f"{builtin.fn.__name__}({', '.join(map(repr, values))})"
            ask = functools.partial(builtin.fn, *values)
            ledger.state.given(text, ask, result.as_python_constant())


def rely_on_key(ledger: Ledger, cls: type) -> None:
    """A class is a key: its metaclass says what its hash is, and what it is equal to."""
    if _is_own(type(cls)):
        ledger.classes.look(type(cls), *_EQUALITY, guarded=False)


def _equal(ledger: Ledger, own: Any, tracker: Any, other: Any) -> Any:
    """Two keys of one hash, which torch tells apart unless they are one class."""
    result = own(tracker, other)
    other = other.realize() if type(other) in LAZY else other
    if result or type(other) is not UserDefinedClassVariable:
        return result
    classes = tracker.value, other.value
    if not any(has_of_user(type(cls), "__eq__") for cls in classes):
        return result
    ask = functools.partial(operator.eq, *classes)
    answer = bool(ask())
    ledger.state.given(f"whether {_named(classes)} are equal", ask, answer)
    return answer


def _searched(ledger: Ledger, _: Any, items: Any, tx: Any, name: str, args: Any, *__: Any) -> None:
    """``classes.index(Cls)``, for which torch compares the classes themselves."""
    if name not in ("index", "count", "__contains__", "remove"):
        return
    trackers = [each.realize() for each in (*items.items, *args) if each.is_realized()]
    _compared(ledger, [each.value for each in trackers if type(each) is UserDefinedClassVariable])


def _looked_for(ledger: Ledger, _: Any, items: Any, search: Any, *__: Any, **___: Any) -> None:
    """``Cls in classes``."""
    if search.is_realized() and type(search.realize()) is UserDefinedClassVariable:
        of = (search, *items) if isinstance(items, (list, tuple)) else (search,)
        held = (getattr(each.realize(), "value", None) for each in of if each.is_realized())
        # others than classes are not compared here: code of theirs would run
        _compared(ledger, [value for value in held if issubclass(type(value), type)])


def _compared(ledger: Ledger, classes: list[Any]) -> None:
    for metaclass in filter(_is_own, {type(cls) for cls in classes}):
        ledger.classes.look(metaclass, *_EQUALITY, guarded=False)
        if has_of_user(metaclass, "__eq__"):
            ask = functools.partial(_which_are_equal, classes)
            ledger.state.given(f"which of {_named(classes)} are equal", ask, ask())


def _named(classes: Iterable[type]) -> str:
    """Their names, which no code of a metaclass gives."""
    return " and ".join(f"{cls.__module__}.{cls.__qualname__}" for cls in classes)


def _sorted(
    ledger: Ledger, items: Any, tx: Any, name: str, args: Any, kwargs: Any, *_: Any
) -> None:
    """``sorted(classes)``, in the order that their metaclass says."""
    key = kwargs.get("key")
    if name != "sort" or not (key is None or key.is_constant_none()):
        return
    trackers = [each.realize() for each in items.items]  # as torch is about to do
    if not all(type(each) is UserDefinedClassVariable for each in trackers):
        return
    classes = [each.value for each in trackers]
    metaclasses = {type(cls) for cls in classes if _is_own(type(cls))}
    for metaclass in metaclasses:
        ledger.classes.look(metaclass, *_ORDER, guarded=False)
    if any(has_of_user(metaclass, *_ORDER) for metaclass in metaclasses):
        ask = functools.partial(_less, classes)
        ledger.state.given(f"which of {classes} is less", ask, ask())


def _written(ledger: Ledger, _: Any, tracker: Any, name: Any, *__: Any) -> None:
    """``Cls.name = value``, which torch writes past the metaclass."""
    if not ledger.guards or not issubclass(type(tracker), UserDefinedClassVariable):
        return
    metaclass = type(tracker.value)
    if not can_change(metaclass):
        return
    ledger.classes.look(metaclass, *_WRITING, guarded=False)
    if has_of_user(metaclass, *_WRITING):
        unimplemented(
            gb_type="vartrack: a metaclass that says how its classes are written",
            context=f"{tracker.value.__qualname__}.{name} of {with_article(metaclass)}",
            explanation=f"{metaclass.__qualname__} has a `__setattr__` or `__delattr__` of its "
            "own, which torch does not ask.",
            hints=["Set the attribute outside of the compiled function."],
        )


def _which_are_equal(classes: list[Any]) -> list[bool]:
    return [bool(one == other) for one in classes for other in classes]


def _less(classes: list[Any]) -> list[bool]:
    return [bool(one < other) for one in classes for other in classes]


def _is_hashable(function: Any) -> bool:
    return type(function).__hash__ is not None


WATCHERS: tuple[Watcher, ...] = (
    Watcher(UserDefinedClassVariable, "as_python_constant", "classes", _read, subclasses=False),
    Watcher(BuiltinVariable, "call_function", "classes", after=_asked, subclasses=False, of=ASKING),
    Watcher(PolyfilledFunctionVariable, "call_function", "classes", after=_asked),
    Watcher(ListVariable, "call_method", "classes", _sorted, needed=False),
    Watcher(ListVariable, "call_method", "classes", after=_searched, needed=False),
    Watcher(utils, "iter_contains", "classes", after=_looked_for, needed=False),
    Watcher(UserDefinedClassVariable, "is_python_equal", "classes", instead=_equal, needed=False),
    Watcher(SideEffects, "store_attr", "classes", _written),
)
