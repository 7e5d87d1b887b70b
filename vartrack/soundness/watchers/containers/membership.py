"""Keys that were looked for in a dict, and names in the `__dict__` of an object."""

from __future__ import annotations

import functools
from typing import Any

from torch._dynamo.source import AttrSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.dicts import ConstDictVariable
from torch.nn.modules import module as torch_module

from vartrack.bases.tracing.evaluating.intents import Intent, asking
from vartrack.bases.tracing.late.looked_up import holds_waiting
from vartrack.compat.hooks import hook_name
from vartrack.compat.names import DunderDictVariable, HashableTracker
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.watchers.attributes.absence import asked
from vartrack.soundness.watchers.containers.contents import is_missed, rely_on_keys

__all__ = ["WATCHERS"]


def _of_object(ledger: Ledger, tracker: Any, tx: Any, name: Any, *args: Any, **__: Any) -> None:
    """A method of an object's ``__dict__``, of which torch guards nothing, and what is missed."""
    if isinstance(tracker, DunderDictVariable):
        if name in ("get", "pop", "setdefault", "__contains__") and args and args[0]:
            _asked(ledger, tracker, tx, args[0][0])
        elif name == "__len__":
            rely_on_keys(ledger, tracker)
    elif is_missed(tracker, name, args[0] if args else ()):
        _missed(ledger, tracker, tx, args[0][0])


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
        rely_on_keys(ledger, tracker)


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


def _made_key(ledger: Ledger, _: Any, tracker: Any, tx: Any, args: Any) -> None:
    """``(obj, 1) in table``: of a key that is made while tracing torch guards no absence."""
    key = args[0]
    if holds_waiting(key.unwrap()):
        return  # its own guards, and those of all keys, say that
    unguarded = tracker.source is not None and key.source is None
    if unguarded and not key.is_python_constant() and key not in tracker:
        rely_on_keys(ledger, tracker)


def _watch(name: str, before: Any) -> Watcher:
    return Watcher(ConstDictVariable, hook_name(name), "containers", before)


WATCHERS: tuple[Watcher, ...] = (
    _watch("getitem_const_raise_exception_if_absent", _missed),
    _watch("call_method", _of_object),
    _watch("sq_contains_impl", _asked),
    _watch("mp_length_impl", _length),
    Watcher(VariableTracker, "call_method", "containers", _of_object, subclasses=False),
    _watch("call_obj_hasattr", _has_attribute),
    Watcher(
        *(ConstDictVariable, "install_dict_contains_guard", "containers"),
        after=_made_key,
        subclasses=False,
    ),
)
