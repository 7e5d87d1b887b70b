"""Values for which torch has what is in them, or one of another type: what their own type says."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch._dynamo.eval_frame import OptimizedModule
from torch._dynamo.exc import unimplemented
from torch._dynamo.source import AttrSource, NNModuleSource, TypeSource
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import WrapperUserFunctionVariable
from torch._dynamo.variables.lists import (
    BaseListVariable,
    ListIteratorVariable,
    TupleIteratorVariable,
    TupleVariable,
)
from torch._dynamo.variables.misc import AutogradFunctionVariable
from torch._dynamo.variables.nn_module import UnspecializedNNModuleVariable
from torch._dynamo.variables.tensor import TensorVariable

from vartrack.compat.hooks import BY_METHOD, hook_name
from vartrack.compat.names import LAZY, AnyListIteratorVariable, object_protocol
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]

_IN_DISGUISE = (
    AnyListIteratorVariable,
    WrapperUserFunctionVariable,
    AutogradFunctionVariable,
    UnspecializedNNModuleVariable,
)
#: What these stand for.
_HIDDEN = (
    *(OptimizedModule, type(functools.lru_cache(len)), type(torch.autograd.Function)),
    *map(type, (iter(()), iter([]), iter(range(0)))),
)
#: What a compiled module does itself, and has otherwise than the module in it.
_OF_ITS_OWN = frozenset(
    {"__class__", "__len__", "state_dict", "load_state_dict", "children", "modules", "_modules"}
    | {f"named_{parts}" for parts in ("parameters", "buffers", "modules", "children")}
)


def _place(ledger: Ledger, tracker: Any) -> tuple[Any, Any] | None:
    """Where a value in disguise is, and the value; of an iterator that was made, one like it."""
    if id(tracker) in ledger.iterators:
        return None, ledger.iterators[id(tracker)][1]
    if not isinstance(tracker, _IN_DISGUISE) or name_of(tracker.source) is None:
        return None
    if isinstance(tracker, UnspecializedNNModuleVariable):
        return _compiled(ledger, tracker)
    values = ledger.values_of([tracker.source])
    return None if values is None else (tracker.source, values[0])


def _tensor(ledger: Ledger, tracker: Any) -> tuple[Any, Any] | None:
    """A tensor from outside of another type than torch traces with, as a buffer."""
    values = None if name_of(tracker.source) is None else ledger.values_of([tracker.source])
    if values is None or type(values[0]) is tracker.python_type():
        return None
    return tracker.source, values[0]


def _compiled(ledger: Ledger, tracker: Any) -> tuple[Any, Any] | None:
    """What `torch.compile` gave for the module: torch goes on with the module itself."""
    source = tracker.source
    while isinstance(source, NNModuleSource):
        source = source.base
    if not isinstance(source, AttrSource) or source.member != "_orig_mod":
        return None
    values = ledger.values_of([source.base])
    if values is None or type(values[0]) is not OptimizedModule:
        return None
    return source.base, values[0]


def _type(ledger: Ledger, own: Callable[..., Any], builtin: Any, tx: Any, tracker: Any) -> Any:
    """``type(value)``."""
    of = tracker.realize()
    if isinstance(of, TupleIteratorVariable) and of.source is None:
        return VariableTracker.build(tx, type(iter(())))
    found = _tensor(ledger, of) if isinstance(of, TensorVariable) else _place(ledger, of)
    if found is None:
        return own(builtin, tx, tracker)
    source, value = found
    return VariableTracker.build(tx, type(value), source and TypeSource(source))


def _iterated(ledger: Ledger, own: Callable[..., Any], tracker: Any, tx: Any) -> Any:
    """``iter((a, b))``, of which torch makes what it has for lists."""
    found = own(tracker, tx)
    if type(found) is not ListIteratorVariable or tracker.python_type() is not tuple:
        return found
    return TupleIteratorVariable(found.items, mutation_type=ValueMutationNew())


def _by_method(
    ledger: Ledger, own: Callable[..., Any], tracker: Any, tx: Any, name: str, *args: Any
) -> Any:
    """The same where it is a method like any other."""
    if name != "__iter__":
        return own(tracker, tx, name, *args)
    return _iterated(ledger, lambda *_: own(tracker, tx, name, *args), tracker, tx)


def _hides(tracker: Any) -> bool:
    """Whether what is not built yet may come to be in disguise."""
    return isinstance(tracker.original_value(), _HIDDEN)


def _instance(
    ledger: Ledger, own: Callable[..., Any], builtin: Any, tx: Any, tracker: Any, target: Any
) -> Any:
    """``isinstance(value, Cls)``: the type is guarded with the value."""
    lazy = type(tracker) in LAZY and not tracker.is_realized()
    found = None if lazy and not _hides(tracker) else _place(ledger, tracker.realize())
    if found is None or not target.is_python_constant():
        return own(builtin, tx, tracker, target)
    return ConstantVariable.create(isinstance(found[1], target.as_python_constant()))


def _asked(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    """``compiled.name``."""
    if name in _OF_ITS_OWN and _compiled(ledger, tracker) is not None:
        _refuse(name)


def _looked_up(ledger: Ledger, tracker: Any, name: Any, *_: Any, **__: Any) -> None:
    """``compiled.__class__`` since 2.14."""
    if name == "__class__" and isinstance(tracker, UnspecializedNNModuleVariable):
        _asked(ledger, tracker, None, name)


def _whole(ledger: Ledger, tracker: Any, *_: Any, **__: Any) -> None:
    """``if compiled:``, of which Python asks the length, and its text."""
    if type(tracker) in LAZY:
        if not tracker.is_realized():  # nothing is built for the question
            if type(tracker.original_value()) is OptimizedModule:
                _refuse("bool, len or str")
            return
        tracker = tracker.realize()
    if isinstance(tracker, UnspecializedNNModuleVariable) and _compiled(ledger, tracker):
        _refuse("bool, len or str")


def _given(ledger: Ledger, tx: Any, tracker: Any, *_: Any, **__: Any) -> None:
    _whole(ledger, tracker)


def _told(ledger: Ledger, builtin: Any, tx: Any, tracker: Any, *_: Any, **__: Any) -> None:
    _whole(ledger, tracker)


def _refuse(what: str) -> None:
    unimplemented(
        gb_type="vartrack: a question about a compiled module",
        context=what,
        explanation="torch asks the module in what `torch.compile` gave, which has another answer.",
        hints=["Ask its `_orig_mod`, or ask outside of what is compiled."],
    )


WATCHERS: tuple[Watcher, ...] = (
    Watcher(BuiltinVariable, "call_type", "tracing", instead=_type, needed=False),
    Watcher(BuiltinVariable, "call_isinstance", "tracing", instead=_instance),
    Watcher(
        UnspecializedNNModuleVariable,
        hook_name("tp_getattro_impl"),
        "tracing",
        _asked,
        of=_OF_ITS_OWN,
    ),
    Watcher(UnspecializedNNModuleVariable, "call_method", "tracing", _asked),
    Watcher(VariableTracker, "lookup_tp_getset_member", "tracing", _looked_up, needed=False),
    Watcher(TupleVariable, "tp_iter_impl", "tracing", instead=_iterated, needed=False),
    *(
        Watcher(cls, "call_method", "tracing", instead=_by_method, subclasses=False, needed=False)
        for cls in (BaseListVariable, TupleVariable)
        if "__iter__" in BY_METHOD
    ),
    *(
        Watcher(UnspecializedNNModuleVariable, hook_name(name), "tracing", _whole, needed=False)
        for name in ("nb_bool_impl", "sq_length_impl", "mp_length_impl", "tp_repr_impl")
    ),
    *(
        Watcher(object_protocol, f"generic_{name}", "tracing", _given, needed=False)
        for name in ("bool", "is_true", "str", "repr")
    ),
    *(
        Watcher(BuiltinVariable, f"call_{name}", "tracing", _told, needed=False)
        for name in ("str", "repr")
    ),
)
