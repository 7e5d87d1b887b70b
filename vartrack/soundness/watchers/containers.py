"""Containers: the keys of dicts, the elements of sets, their types and their order."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import ListBuiltinVariable
from torch._dynamo.variables.dicts import (
    ConstDictVariable,
    DictViewVariable,
    DunderDictVariable,
    NNModuleHooksDictVariable,
)
from torch._dynamo.variables.hashable import HashableTracker
from torch._dynamo.variables.lists import BaseListVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat.hooks import hook_name
from vartrack.compat.names import AnySetVariable
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.sourced import Holds, name_of

__all__ = ["WATCHERS"]

#: Methods of dicts whose result depends on the keys and their order. Of those that torch guards
#: by keys and order, what remains is the order of an `OrderedDict`, and the types of keys.
_READING = frozenset({"copy", "popitem", "__or__", "__ror__", "__iter__", "__repr__"})
_GUARDED = frozenset({"items", "keys", "values", "__reversed__"})
#: Methods that read the keys of their arguments.
_TAKING = frozenset(
    {"extend", "extendleft", "__iadd__", "update", "fromkeys", "join"}
    | {f"__{way}{name}__" for way in ("", "i", "r") for name in ("or", "and", "sub", "xor")}
    | {"union", "intersection", "difference", "symmetric_difference"}
    | {f"{name}_update" for name in ("intersection", "difference", "symmetric_difference")}
)
#: Types of keys that are the same if they are equal and of one type.
_PLAIN = (str, int, bool, float, bytes, type(None))


def _keys_of(value: Any) -> Callable[[Any], Iterable[Any]] | None:
    """How the keys or elements of ``value`` are read in their order, past any override."""
    for cls, read in ((OrderedDict, OrderedDict.keys), (dict, dict.keys)):
        if isinstance(value, cls):
            return read
    for cls in (set, frozenset):
        if isinstance(value, cls):
            return cls.__iter__
    return None


class _SameKeys:
    """Whether a dict or set has the keys that it had, of the same types, in the same order."""

    __slots__ = ("keys", "others", "read", "types")

    def __init__(self, value: Any, read: Callable[[Any], Iterable[Any]]) -> None:
        self.read = read
        keys = list(read(value))
        self.others = [(i, key) for i, key in enumerate(keys) if type(key) not in _PLAIN]
        self.types = list(map(type, keys))
        self.keys = keys

    def __call__(self, value: Any) -> bool:
        keys = list(self.read(value))
        if list(map(type, keys)) != self.types:
            return False
        if not self.others:
            return keys == self.keys
        return all(
            now is key or (type(key) in _PLAIN and now == key)
            for now, key in zip(keys, self.keys, strict=True)
        )


def _order(value: Any) -> Holds | None:
    read = _keys_of(value)
    return None if read is None else _SameKeys(value, read)


def _order_beyond_guards(value: Any) -> Holds | None:
    """The same where torch guards the keys of a plain dict and their order."""
    if not isinstance(value, OrderedDict) and all(type(key) is str for key in dict.keys(value)):
        return None
    return _order(value)


def _rely(ledger: Ledger, tracker: Any, make: Any = _order) -> None:
    source = getattr(tracker, "source", None)
    if (name := name_of(source)) is None:
        return
    if not isinstance(tracker, (ConstDictVariable, AnySetVariable)):
        tracker = getattr(tracker, "_base_vt", None)
    if not isinstance(tracker, (ConstDictVariable, AnySetVariable)):
        return
    if isinstance(tracker, NNModuleHooksDictVariable):
        return  # its keys are numbers that mean nothing
    if isinstance(tracker, DunderDictVariable):
        make = _order  # torch guards nothing of an object's `__dict__`
    key = (name, make.__name__)
    ledger.sourced.rely("containers", key, f"the keys of {name}, in order", [source], make)


def _read(ledger: Ledger, tracker: Any, *_: Any, **__: Any) -> None:
    _rely(ledger, tracker)


def _iterated(ledger: Ledger, tracker: Any, *_: Any, **__: Any) -> None:
    guarded = isinstance(tracker, ConstDictVariable)
    _rely(ledger, tracker, _order_beyond_guards if guarded else _order)


def _method(
    ledger: Ledger, tracker: Any, tx: Any, name: Any, args: Any, *_: Any, **__: Any
) -> None:
    if name in _READING:
        _rely(ledger, tracker)
    elif name in _GUARDED:
        _rely(ledger, tracker, _order_beyond_guards)
    if name in _TAKING:
        _taken(ledger, args)


def _taken(ledger: Ledger, args: Any) -> None:
    for arg in args:
        arg = arg.realize()
        view = arg.dv_dict if isinstance(arg, DictViewVariable) else arg
        _rely(ledger, view)


def _made(ledger: Ledger, builtin: Any, tx: Any, args: Any, *_: Any, **__: Any) -> None:
    """``list(d)`` and its like."""
    _taken(ledger, args)


def _combined(ledger: Ledger, tracker: Any, tx: Any, other: Any, *_: Any, **__: Any) -> None:
    _rely(ledger, tracker)
    _rely(ledger, other)


def _missed(ledger: Ledger, tracker: Any, tx: Any, key: Any, *_: Any, **__: Any) -> None:
    """``d[key]``: if there is none, torch guards that nowhere."""
    if tracker.source is not None and HashableTracker(key) not in tracker.items:
        tracker.install_dict_contains_guard(tx, [key])


def _watch(owner: type, names: str, before: Any) -> list[Watcher]:
    return [Watcher(owner, hook_name(name), "containers", before) for name in names.split()]


WATCHERS: tuple[Watcher, ...] = (
    *_watch(
        ConstDictVariable, "unpack_var_sequence keys_as_python_constant tp_repr_impl", _read
    ),
    *_watch(ConstDictVariable, "tp_iter_impl", _iterated),
    *_watch(ConstDictVariable, "call_method", _method),
    *_watch(ConstDictVariable, "nb_or_impl nb_inplace_or_impl", _combined),
    *_watch(ConstDictVariable, "getitem_const_raise_exception_if_absent", _missed),
    *_watch(UserDefinedObjectVariable, "tp_repr_impl", _read),
    *_watch(ListBuiltinVariable, "call_function", _made),
    *_watch(AnySetVariable, "unpack_var_sequence tp_iter_impl tp_repr_impl", _read),
    *_watch(BaseListVariable, "call_method", _method),
    Watcher(VariableTracker, "call_method", "containers", _method, subclasses=False),
)
