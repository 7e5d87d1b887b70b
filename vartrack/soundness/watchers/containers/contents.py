"""Containers: the keys of dicts, the elements of sets, their types and their order."""

from __future__ import annotations

import functools
import operator
from collections import OrderedDict
from collections.abc import Callable, Iterable
from math import copysign
from typing import Any

from torch._dynamo.output_graph import OutputGraph
from torch._dynamo.symbolic_convert import InstructionTranslatorBase
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import (
    ConstDictVariable,
    DictViewVariable,
    NNModuleHooksDictVariable,
)
from torch._dynamo.variables.functions import PolyfilledFunctionVariable
from torch._dynamo.variables.lists import BaseListVariable, DequeVariable
from torch._dynamo.variables.torch import TorchInGraphFunctionVariable
from torch._dynamo.variables.user_defined import (
    UserDefinedDictVariable,
    UserDefinedObjectVariable,
)

from vartrack.bases.tracing.evaluating.intents import Intent, asking
from vartrack.compat.containers import plain_inside
from vartrack.compat.hooks import hook_name
from vartrack.compat.names import (
    AnySetVariable,
    DictBuiltinVariable,
    DunderDictVariable,
    HashableTracker,
    ListBuiltinVariable,
    OrderedDictVariable,
)
from vartrack.soundness.facts.sourced import Holds, name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.noting.parts import look_within
from vartrack.soundness.watchers.containers.deques import rely_on_maxlen

__all__ = ["WATCHERS", "is_missed", "rely_on_keys"]

_OPERATORS = frozenset(
    f"__{way}{name}__" for way in ("", "i", "r") for name in ("or", "and", "sub", "xor")
)
#: Methods of dicts whose result depends on the keys and their order. Of those that torch guards
#: by keys and order, what remains is the order of an `OrderedDict`, and the types of keys.
_READING = frozenset(
    {"copy", "pop", "popitem", "move_to_end", "__iter__", "__repr__"}
    | {"union", "difference", "symmetric_difference"}
    | _OPERATORS
)
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

    __slots__ = ("keys", "kind", "others", "read", "types", "zeros")

    def __init__(self, value: Any, read: Callable[[Any], Iterable[Any]]) -> None:
        self.kind = type(value)
        self.read = read
        keys = list(read(value))
        self.others = [(i, key) for i, key in enumerate(keys) if type(key) not in _PLAIN]
        self.types = list(map(type, keys))
        #: Zeros by where they are, with their sign: those of either are equal.
        self.zeros = [(i, copysign(1.0, key)) for i, key in enumerate(keys) if _is_zero(key)]
        self.keys = keys

    def __call__(self, value: Any) -> bool:
        if type(value) is not self.kind:
            return False  # an iterator would be used up by reading it
        keys = list(self.read(value))
        if len(keys) == len(self.keys) and all(map(operator.is_, keys, self.keys)):
            return True  # as nearly always
        if list(map(type, keys)) != self.types:
            return False
        if any(copysign(1.0, keys[i]) != sign for i, sign in self.zeros):
            return False
        if not self.others:
            return keys == self.keys
        return all(
            now is key or (type(key) in _PLAIN and now == key)
            for now, key in zip(keys, self.keys, strict=True)
        )


def _is_zero(key: Any) -> bool:
    return type(key) is float and not key


def _order(value: Any) -> Holds | None:
    if type(value) in _BUILT_IN and not value:
        return operator.not_
    read = _keys_of(value)
    return None if read is None else _SameKeys(value, read)


def _order_beyond_guards(value: Any) -> Holds | None:
    """The same where torch guards the keys of a plain dict and their order."""
    plain = isinstance(value, dict) and not isinstance(value, OrderedDict)
    return None if plain and all(type(key) is str for key in dict.keys(value)) else _order(value)


def _hooks_in_order(value: Any) -> Holds | None:
    """The same of an `OrderedDict` of hooks, of which torch guards the order that a dict has."""
    if not isinstance(value, OrderedDict) or len(value) < 2:
        return None
    before = _places(value)
    return lambda value: _places(value) == before


def _places(value: Any) -> list[int]:
    return [*map([*dict.keys(value)].index, OrderedDict.keys(value))]


def _keys(value: Any) -> list[Any] | None:
    read = _keys_of(value)
    return None if read is None else list(read(value))


def rely_on_keys(ledger: Ledger, tracker: Any, make: Any = _order) -> None:
    """Note the keys of the dict or set that ``tracker`` stands for, and their order.

    Args:
        ledger: the ledger of the compile.
        tracker: of any value; of others nothing is noted.
        make: makes the check, as of `Sourced.rely`.
    """
    source = getattr(tracker, "source", None)
    if (name := name_of(source)) is None:
        return
    if not isinstance(tracker, (ConstDictVariable, AnySetVariable)):
        tracker = plain_inside(tracker)
    if not isinstance(tracker, (ConstDictVariable, AnySetVariable)):
        return
    if isinstance(tracker, NNModuleHooksDictVariable):
        make = _hooks_in_order  # its keys are numbers that mean nothing
    if isinstance(tracker, DunderDictVariable):
        make = _order  # torch guards nothing of an object's `__dict__`
    key = (name, make.__name__)
    text = f"the keys of {name}, in order"
    ledger.sourced.rely("containers", key, text, [source], make, _keys)


def _read(ledger: Ledger, tracker: Any, *_: Any, **__: Any) -> None:
    rely_on_keys(ledger, tracker)


def _iterated(ledger: Ledger, tracker: Any, *_: Any, **__: Any) -> None:
    guarded = isinstance(tracker, ConstDictVariable)
    rely_on_keys(ledger, tracker, _order_beyond_guards if guarded else _order)


def _method(
    ledger: Ledger, tracker: Any, tx: Any, name: Any, args: Any, *_: Any, **__: Any
) -> None:
    if name in _READING:
        if not is_missed(tracker, name, args):
            rely_on_keys(ledger, tracker)
    elif name in _GUARDED:
        rely_on_keys(ledger, tracker, _order_beyond_guards)
    if name in _TAKING:
        _taken(ledger, args)


def is_missed(tracker: Any, method: str, args: Any) -> bool:
    """Whether a method is to take a key out of a dict that is not in it.

    Args:
        tracker: of what has the method.
        method: its name.
        args: what it is given.
    """
    if method != "pop" or not args:
        return False
    if (inside := _dict_in(tracker)) is None:
        return False
    with asking(Intent.ONE_KEY):  # of the items nothing is built for it
        return HashableTracker(args[0]) not in inside.items


def _dict_in(tracker: Any) -> ConstDictVariable | None:
    """Where the items of a dict or of a subclass are, as the release has it; None of others."""
    inside = tracker if isinstance(tracker, ConstDictVariable) else plain_inside(tracker)
    return inside if isinstance(inside, ConstDictVariable) else None


def _evaluated(
    ledger: Ledger, tracker: Any, tx: Any, name: Any, args: Any, kwargs: Any, *_: Any
) -> None:
    """``text.translate(table)`` and its like: what a literal's method is given is read whole."""
    _taken(ledger, (*args, *kwargs.values()), within=True)


def _folded(ledger: Ledger, function: Any, tx: Any, args: Any, kwargs: Any, *_: Any) -> None:
    """``any(d)``, ``math.prod(s)`` and their like, evaluated where all of it is literals."""
    if function.can_constant_fold_through():
        _taken(ledger, (*args, *kwargs.values()), within=True)


def _taken(ledger: Ledger, args: Any, within: bool = False) -> None:
    """Note the keys of what is given, and ``within`` it too."""
    look_within(ledger, args, functools.partial(_all_of, ledger, within))


def _all_of(ledger: Ledger, within: bool, tracker: Any) -> Iterable[Any]:
    if isinstance(tracker, DequeVariable):
        rely_on_maxlen(ledger, tracker)
    rely_on_keys(ledger, tracker.dv_dict if isinstance(tracker, DictViewVariable) else tracker)
    if not within or not isinstance(tracker, (BaseListVariable, ConstDictVariable)):
        return ()
    items = tracker.items
    return items.values() if isinstance(items, dict) else items


def _made(ledger: Ledger, builtin: Any, tx: Any, args: Any, *_: Any, **__: Any) -> None:
    """``list(d)`` and its like."""
    _taken(ledger, args)


def _called(ledger: Ledger, builtin: Any, tx: Any, args: Any, *_: Any, **__: Any) -> None:
    """``str(d)``, ``max(s)`` and their like, which torch evaluates of the whole."""
    _taken(ledger, args)


def _formatted(ledger: Ledger, tx: Any, *_: Any, **__: Any) -> None:
    _taken(ledger, tx.stack[-1:])


def _combined(ledger: Ledger, tracker: Any, tx: Any, other: Any, *_: Any, **__: Any) -> None:
    rely_on_keys(ledger, tracker)
    rely_on_keys(ledger, other)


def _merged_in(ledger: Ledger, tracker: Any, tx: Any, other: Any, *_: Any, **__: Any) -> None:
    rely_on_keys(ledger, other)


def _compiled(ledger: Ledger, output: Any, *_: Any, **__: Any) -> None:
    """Tracing is over: what is written back as a whole has the keys of now."""
    effects = output.side_effects
    for tracker in list(effects.id_to_variable.values()):
        if isinstance(tracker, UserDefinedDictVariable):
            inside: Any = _dict_in(tracker)
            if len(inside.items) > 1 and effects.is_modified(inside):  # of one there is no order
                rely_on_keys(ledger, tracker)
            continue
        changing = isinstance(tracker, (ConstDictVariable, AnySetVariable))
        whole = getattr(tracker, "should_reconstruct_all", True)  # else the keys are kept
        if changing and whole and tracker.source is not None and effects.is_modified(tracker):
            name = name_of(tracker.source)
            if name is not None:
                text = f"the types of numbers among the keys of {name}"
                ledger.sourced.rely("containers", text, text, [tracker.source], _number_types)


def _number_types(value: Any) -> Holds | None:
    """1, 1.0 and True are equal, and not the same."""
    kind, before = type(value), _numbers(value)
    return (lambda value: type(value) is kind and _numbers(value) == before) if before else None


def _numbers(value: Any) -> dict[Any, type]:
    return {key: type(key) for key in value if isinstance(key, (int, float))}


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
    *_watch(OrderedDictVariable, "call_method", _method, needed=False),
    *_watch(ConstDictVariable, "nb_or_impl", _combined),
    *_watch(ConstDictVariable, "nb_inplace_or_impl", _merged_in),
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
    Watcher(BuiltinVariable, "call_function", "containers", _called, of=_FUNCTIONS),
    *_watch(InstructionTranslatorBase, "_format_value", _formatted),
    *_watch(DictBuiltinVariable, "call_method", _method, needed=False),  # `dict.fromkeys`, in 2.14
    *_watch(ConstantVariable, "call_method", _evaluated),
    *_watch(PolyfilledFunctionVariable, "call_function", _folded),
    *_watch(TorchInGraphFunctionVariable, "call_function", _folded),
    *_watch(BaseListVariable, "sq_inplace_concat_impl", _combined, needed=False),
    *_watch(BaseListVariable, "call_method", _method),
    Watcher(OutputGraph, "compile_subgraph", "containers", _compiled),
    Watcher(VariableTracker, "call_method", "containers", _method, subclasses=False),
)
