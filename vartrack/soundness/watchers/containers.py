"""Containers: the keys of dicts, the elements of sets, their types and their order."""

from __future__ import annotations

import functools
import operator
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from torch._dynamo.source import AttrSource
from torch._dynamo.symbolic_convert import InstructionTranslatorBase
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import (
    ConstDictVariable,
    DictViewVariable,
    NNModuleHooksDictVariable,
)
from torch._dynamo.variables.lists import BaseListVariable, DequeVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable
from torch.nn.modules import module as torch_module

from vartrack.bases.tracing.intents import Intent, asking
from vartrack.compat.containers import plain_inside
from vartrack.compat.hooks import hook_name
from vartrack.compat.names import (
    AnySetVariable,
    DunderDictVariable,
    HashableTracker,
    ListBuiltinVariable,
)
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.sourced import Holds, name_of
from vartrack.soundness.watchers.absence import asked

__all__ = ["WATCHERS"]

_OPERATORS = frozenset(
    f"__{way}{name}__" for way in ("", "i", "r") for name in ("or", "and", "sub", "xor")
)
#: Methods of dicts whose result depends on the keys and their order. Of those that torch guards
#: by keys and order, what remains is the order of an `OrderedDict`, and the types of keys.
_READING = frozenset({"copy", "pop", "popitem", "__iter__", "__repr__"}) | _OPERATORS
_GUARDED = frozenset({"items", "keys", "values", "__reversed__"})
#: Methods that read the keys of their arguments.
_TAKING = frozenset(
    {"extend", "extendleft", "__iadd__", "update", "fromkeys", "join", "format"}
    | _OPERATORS
    | {"union", "intersection", "difference", "symmetric_difference"}
    | {f"{name}_update" for name in ("intersection", "difference", "symmetric_difference")}
)
#: Built-in functions that read the keys of their arguments.
_FUNCTIONS: tuple[Any, ...] = (
    *(str, repr, ascii, format, max, min, sum, tuple, set, frozenset, list),
    *(operator.mod, operator.or_, operator.and_, operator.sub, operator.xor),
)
#: `list += other`, by the names of several releases.
_ADDING = "sq_inplace_concat_impl nb_inplace_add_impl"
_KEYS: type = type(dict[str, int]().keys())
#: Types of which an empty one is empty by all rules.
_BUILT_IN = (dict, OrderedDict, set, frozenset)
#: Types of keys that are the same if they are equal and of one type.
_PLAIN = (str, int, bool, float, bytes, type(None))


def _keys_of(value: Any) -> Callable[[Any], Iterable[Any]] | None:
    """How the keys or elements of ``value`` are read in their order, past any override."""
    for cls, read in ((OrderedDict, OrderedDict.keys), (dict, dict.keys)):
        if isinstance(value, cls):
            return read
    for kind in (set, frozenset):
        if isinstance(value, kind):
            return kind.__iter__
    if isinstance(value, _KEYS):
        return iter  # what torch compares it with is the same view, which shows what is there now
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
        if len(keys) == len(self.keys) and all(map(operator.is_, keys, self.keys)):
            return True  # as nearly always
        if list(map(type, keys)) != self.types:
            return False
        if not self.others:
            return keys == self.keys
        return all(
            now is key or (type(key) in _PLAIN and now == key)
            for now, key in zip(keys, self.keys, strict=True)
        )


def _order(value: Any) -> Holds | None:
    if type(value) in _BUILT_IN and not value:
        return operator.not_
    read = _keys_of(value)
    return None if read is None else _SameKeys(value, read)


def _order_beyond_guards(value: Any) -> Holds | None:
    """The same where torch guards the keys of a plain dict and their order."""
    if not isinstance(value, OrderedDict) and all(type(key) is str for key in dict.keys(value)):
        return None
    return _order(value)


def _keys(value: Any) -> list[Any] | None:
    read = _keys_of(value)
    return None if read is None else list(read(value))


def _rely(ledger: Ledger, tracker: Any, make: Any = _order) -> None:
    source = getattr(tracker, "source", None)
    if (name := name_of(source)) is None:
        return
    if not isinstance(tracker, (ConstDictVariable, AnySetVariable)):
        tracker = plain_inside(tracker)
    if not isinstance(tracker, (ConstDictVariable, AnySetVariable)):
        return
    if isinstance(tracker, NNModuleHooksDictVariable):
        return  # its keys are numbers that mean nothing
    if isinstance(tracker, DunderDictVariable):
        make = _order  # torch guards nothing of an object's `__dict__`
    key = (name, make.__name__)
    text = f"the keys of {name}, in order"
    ledger.sourced.rely("containers", key, text, [source], make, _keys)


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
        ledger.when_read(arg, functools.partial(_all_of, ledger))


def _all_of(ledger: Ledger, tracker: Any) -> None:
    _rely(ledger, tracker.dv_dict if isinstance(tracker, DictViewVariable) else tracker)


def _made(ledger: Ledger, builtin: Any, tx: Any, args: Any, *_: Any, **__: Any) -> None:
    """``list(d)`` and its like."""
    _taken(ledger, args)


def _called(ledger: Ledger, builtin: Any, tx: Any, args: Any, *_: Any, **__: Any) -> None:
    """``str(d)``, ``max(s)`` and their like, which torch evaluates of the whole."""
    if any(builtin.fn is function for function in _FUNCTIONS):
        _taken(ledger, args)


def _formatted(ledger: Ledger, tx: Any, *_: Any, **__: Any) -> None:
    _taken(ledger, tx.stack[-1:])


def _of_object(ledger: Ledger, tracker: Any, tx: Any, name: Any, *args: Any, **__: Any) -> None:
    """A method of an object's ``__dict__``, of which torch guards nothing."""
    if isinstance(tracker, DunderDictVariable):
        if name in ("get", "pop", "setdefault", "__contains__") and args and args[0]:
            _asked(ledger, tracker, tx, args[0][0])
        elif name == "__len__":
            _rely(ledger, tracker)


def _asked(ledger: Ledger, tracker: Any, tx: Any, key: Any, *_: Any, **__: Any) -> None:
    """``key in vars(obj)``."""
    if not isinstance(tracker, DunderDictVariable) or tx.f_globals is torch_module.__dict__:
        return  # what every module has
    name = name_of(tracker.source)
    if name is not None and key.is_python_constant():
        key, source = key.as_python_constant(), tracker.source
        if isinstance(key, str) and isinstance(source, AttrSource) and source.member == "__dict__":
            asked(ledger, "containers", source.base, key)
        else:
            _membership(ledger, source, name, key)


def _membership(ledger: Ledger, source: Any, name: str, key: Any) -> None:
    text = f"whether {key!r} is in {name}"
    ask = functools.partial(_is_in, key)
    ledger.sourced.asked("containers", ("in", name, key), text, [source], ask)


def _is_in(key: Any, value: Any) -> bool:
    return dict.__contains__(value, key)


def _has_attribute(ledger: Ledger, tracker: Any, tx: Any, attribute: str, *_: Any) -> None:
    name = name_of(tracker.source)
    if name is not None and tracker.python_type() is not dict:
        text = f"whether {name} has {attribute}"
        ask = functools.partial(_has, attribute)
        ledger.sourced.asked("containers", ("has", name, attribute), text, [tracker.source], ask)


def _has(attribute: str, value: Any) -> bool:
    return hasattr(value, attribute)


def _length(ledger: Ledger, tracker: Any, *_: Any, **__: Any) -> None:
    if isinstance(tracker, DunderDictVariable):
        _rely(ledger, tracker)


def _deque(ledger: Ledger, tracker: Any, *_: Any, **__: Any) -> None:
    """A deque's method, whose result depends on how many items there may be."""
    name = name_of(tracker.source)
    if name is not None:
        text = f"the maxlen of {name}"
        ledger.sourced.asked("containers", ("maxlen", name), text, [tracker.source], _maxlen)


def _maxlen(value: Any) -> Any:
    return getattr(value, "maxlen", None)


def _combined(ledger: Ledger, tracker: Any, tx: Any, other: Any, *_: Any, **__: Any) -> None:
    _rely(ledger, tracker)
    _rely(ledger, other)


def _missed(ledger: Ledger, tracker: Any, tx: Any, key: Any, *_: Any, **__: Any) -> None:
    """``d[key]``: if there is none, torch guards that nowhere."""
    if tracker.source is None:
        return
    if isinstance(tracker, DunderDictVariable):
        _asked(ledger, tracker, tx, key)
    elif ledger.guards:
        with asking(Intent.ONE_KEY):  # of the items nothing is built for it
            is_missing = HashableTracker(key) not in tracker.items
        if is_missing:  # finding out may guard the key itself
            tracker.install_dict_contains_guard(tx, [key])
    elif key.is_python_constant() and (name := name_of(tracker.source)) is not None:
        _membership(ledger, tracker.source, name, key.as_python_constant())


def _watch(owner: type, names: str, before: Any, *, needed: bool = True) -> list[Watcher]:
    return [
        Watcher(owner, hook_name(name), "containers", before, needed=needed)
        for name in names.split()
    ]


WATCHERS: tuple[Watcher, ...] = (
    *_watch(
        ConstDictVariable, "clone unpack_var_sequence keys_as_python_constant tp_repr_impl", _read
    ),
    *_watch(ConstDictVariable, "tp_iter_impl", _iterated),
    *_watch(ConstDictVariable, "call_method", _method),
    *_watch(ConstDictVariable, "nb_or_impl nb_inplace_or_impl", _combined),
    *_watch(ConstDictVariable, "getitem_const_raise_exception_if_absent", _missed),
    *_watch(UserDefinedObjectVariable, "tp_repr_impl", _read),
    *_watch(ListBuiltinVariable, "call_function", _made),
    *_watch(AnySetVariable, "unpack_var_sequence tp_iter_impl tp_repr_impl", _read),
    *_watch(AnySetVariable, "call_method", _method, needed=False),  # since 2.14 only the base's
    *_watch(
        AnySetVariable,
        "nb_or_impl nb_and_impl nb_subtract_impl nb_xor_impl nb_inplace_or_impl "
        "nb_inplace_and_impl nb_inplace_subtract_impl nb_inplace_xor_impl",
        _combined,
    ),
    *_watch(BuiltinVariable, "call_function", _called),
    *_watch(InstructionTranslatorBase, "_format_value", _formatted),
    *_watch(ConstantVariable, "call_method", _method),
    *_watch(
        BaseListVariable, "sq_inplace_concat_impl nb_inplace_add_impl", _combined, needed=False
    ),
    *_watch(DequeVariable, "call_method", _deque),
    *_watch(DequeVariable, "tp_getattro_impl", _deque, needed=False),
    *_watch(ConstDictVariable, "call_method", _of_object),
    *_watch(ConstDictVariable, "sq_contains_impl", _asked),
    *_watch(ConstDictVariable, "mp_length_impl", _length),
    Watcher(VariableTracker, "call_method", "containers", _of_object, subclasses=False),
    *_watch(ConstDictVariable, "call_obj_hasattr", _has_attribute),
    *_watch(BaseListVariable, "call_method", _method),
    Watcher(VariableTracker, "call_method", "containers", _method, subclasses=False),
)
