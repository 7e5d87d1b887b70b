"""What Python refuses at once, and torch takes: it goes on as if there were no error."""

from __future__ import annotations

import weakref
from collections import deque
from types import (
    BuiltinFunctionType,
    MethodDescriptorType,
    MethodWrapperType,
    WrapperDescriptorType,
)
from typing import Any

from torch._dynamo.side_effects import SideEffects
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.functions import PolyfilledFunctionVariable
from torch._dynamo.variables.misc import SuperVariable, WeakRefVariable
from torch._dynamo.variables.user_defined import UserDefinedClassVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.gone_through import type_at_hand
from vartrack.soundness.reading.lookups import find, mro_of
from vartrack.soundness.reading.type_names import name_in_words

__all__ = ["WATCHERS"]

#: Types in C, of which some have a function of their own that looks for attributes.
_WITHOUT_ATTRIBUTES = frozenset(
    {
        *(int, float, bool, complex, str, bytes, type(None), list, tuple, dict, set, frozenset),
        *(range, slice, deque, BuiltinFunctionType, MethodDescriptorType, MethodWrapperType),
        WrapperDescriptorType,
    }
)
_LITERALS = (int, float, complex, str, bytes)
_NOT_OF_IT = "super(type, obj): obj must be an instance or subtype of type"
_REFERENCE: Any = weakref.ref(deque())
_NO_TYPE = "super() argument 1 must be a type"
_TAKES_ONE = "object.__init__() takes exactly one argument (the instance to initialize)"


def _constructed(
    ledger: Ledger, tracker: Any, tx: Any, args: Any, kwargs: Any, *_: Any, **__: Any
) -> None:
    """``Cls(1)`` of a class that has no `__init__` and no `__new__`."""
    cls = tracker.value
    if (args or kwargs) and ledger.of_class(_takes_nothing, cls):
        ledger.classes.look(cls, "__new__", "__init__", guarded=False)
        raise_in_program(tx, TypeError(f"{cls.__name__}() takes no arguments"))


def _takes_nothing(cls: type) -> bool:
    makes = find(type(cls), "__call__")
    if makes is None or makes[0] is not type:
        return False
    return all(_of_object(cls, name) for name in ("__new__", "__init__"))


def _of_object(cls: type, name: str, after: type | None = None) -> bool:
    found = find(cls, name, after)
    return found is not None and found[0] is object


def _initialized(
    ledger: Ledger, above: Any, tx: Any, name: str, args: Any, kwargs: Any, *_: Any
) -> None:
    """``super().__init__(1)`` where there is none but that of `object`."""
    if name != "__init__" or above.objvar is None or not (args or kwargs):
        return
    cls = type_at_hand(above.objvar)
    after = above.typevar.realize().as_python_constant()
    if _of_object(cls, name, after) and not _of_object(cls, name):
        ledger.classes.look(cls, name, after=after, guarded=False)
        raise_in_program(tx, TypeError(_TAKES_ONE))


def _made_of_two(
    ledger: Ledger, builtin: Any, tx: Any, of: Any, value: Any = None, *_: Any, **__: Any
) -> None:
    """``super(Cls, value)`` of a value that is none of the class."""
    of = of.realize()
    if value is None:
        return
    if not issubclass(kind := type_at_hand(of), type):
        raise_in_program(tx, TypeError(f"{_NO_TYPE}, not {name_in_words(kind)}"))
    if not issubclass(type(of), UserDefinedClassVariable):
        return
    value = value.realize()
    cls = type_at_hand(value)
    if of.value in mro_of(cls):
        return
    if issubclass(cls, type):
        itself = value.as_python_constant() if value.is_python_constant() else None
        if not isinstance(itself, type) or of.value in mro_of(itself):
            return
    elif find(cls, "__class__") != find(object, "__class__"):
        return  # Python asks for that too
    raise_in_program(tx, TypeError(_NOT_OF_IT))


def _has_but_slots(cls: type) -> bool:
    """Whether instances have neither a ``__dict__`` nor code that says what they have."""
    return _of_object(cls, "__getattribute__") and not (
        find(cls, "__dict__") or find(cls, "__getattr__")
    )


def _shown(ledger: Ledger, builtin: Any, tx: Any, *args: Any) -> None:
    """``vars(value)`` of what has no attributes of its own."""
    cls = type_at_hand(args[0]) if len(args) == 1 else object
    if cls is object or type.__dict__["__dictoffset__"].__get__(cls):
        return
    if cls not in _WITHOUT_ATTRIBUTES and not _has_but_slots(cls):
        return
    ledger.classes.look(cls, "__dict__", "__getattr__", "__getattribute__", guarded=False)
    raise_in_program(tx, TypeError("vars() argument must have __dict__ attribute"))


def _numbered(
    ledger: Ledger, function: Any, tx: Any, args: Any, kwargs: Any, *_: Any, **__: Any
) -> None:
    """``enumerate(value)`` of what cannot be gone through, which torch sees when it is."""
    if function.fn is not enumerate or not args:
        return
    cls = type_at_hand(args[0])
    if cls is not object and not find(cls, "__iter__") and not find(cls, "__getitem__"):
        ledger.classes.look(cls, "__iter__", "__getitem__", guarded=False)
        raise_in_program(tx, TypeError(f"'{name_in_words(cls)}' object is not iterable"))


def _of_reference(
    ledger: Ledger, reference: Any, tx: Any, args: Any, kwargs: Any, *_: Any, **__: Any
) -> None:
    """``reference(1)`` of a weak reference, which takes nothing."""
    if not args and not kwargs:
        return
    try:
        _REFERENCE(*args, **kwargs)
    except TypeError as error:
        raise_in_program(tx, error)


def _of_literal(ledger: Ledger, effects: Any, base: Any, made: Any, args: Any) -> None:
    """``Number("q")`` of a subclass of int, which torch makes when the graph has run."""
    cls = made.value
    if (
        not args
        or not issubclass(cls, _LITERALS)
        or not all(arg.is_python_constant() for arg in args)
    ):
        return
    try:
        base.as_python_constant().__new__(cls, *(arg.as_python_constant() for arg in args))
    except Exception as error:
        raise_in_program(ledger.output().current_tx, error)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(UserDefinedClassVariable, "call_function", "tracing", _constructed),
    Watcher(SuperVariable, "call_method", "tracing", _initialized, needed=False),
    Watcher(BuiltinVariable, "call_super", "tracing", _made_of_two),
    Watcher(BuiltinVariable, "call_vars", "tracing", _shown),
    Watcher(PolyfilledFunctionVariable, "call_function", "tracing", _numbered),
    Watcher(WeakRefVariable, "call_function", "tracing", _of_reference),
    Watcher(SideEffects, "get_example_value", "tracing", _of_literal),
)
