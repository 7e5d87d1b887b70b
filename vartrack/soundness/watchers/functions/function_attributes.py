"""Functions: attributes that one does not have, and the name that torch does not find."""

from __future__ import annotations

import dataclasses
import functools
from types import FunctionType, MethodType
from typing import Any

from torch._dynamo.exc import ObservedException, unimplemented
from torch._dynamo.source import AttrSource, is_from_skip_guard_source
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import (
    BaseUserFunctionVariable,
    UserFunctionVariable,
    UserMethodVariable,
    WrapperUserFunctionVariable,
)

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.compat.hooks import hook_name
from vartrack.compat.instructions import raised_now
from vartrack.compat.names import MethodDescriptorVariable
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher, instead_of_methods
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import dict_of, find, mro_of
from vartrack.soundness.watchers.attributes.absence import absent, asked

__all__ = ["WATCHERS"]

_CACHING = type(functools.lru_cache(bool))
#: What asks for what it holds, or forgets it.
_OF_STATE = frozenset({"cache_info", "cache_clear"})
#: What it has that `copy` calls.
_COPYING = ("__copy__", "__deepcopy__")
_READING = hook_name("tp_getattro_impl")
#: What a function is called, which can be set, whatever its code is called.
_NAMES = frozenset({"__name__", "__qualname__", "__module__", "__doc__", "__annotations__"})


def _read(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    """``function.name``: that there is none is kept where another value is taken instead."""
    if not _is_own(tracker, name) or name in vars(_holder(tracker)):
        return
    place = _place_of(ledger, tracker)
    if place is not None:
        absent(ledger, "bodies", place, name)


def _has(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    """``hasattr(function, name)``."""
    if not _is_own(tracker, name):
        return
    place = _place_of(ledger, tracker)
    if place is not None:
        asked(ledger, "bodies", place, name)


def _of_cache(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, name: Any, *rest: Any
) -> VariableTracker:
    """``cached.name``, which torch reads of the function inside."""
    if _copies(tracker, name):
        return UserMethodVariable(_itself, tracker)
    if _is_given(tracker, tx, name):
        return VariableTracker.build(
            tx, vars(tracker.wrapper_obj)[name], AttrSource(tracker.source, name)
        )
    _raise_if_inside(ledger, tracker, tx, name)
    try:
        result: VariableTracker = own(tracker, tx, name, *rest)
    except ObservedException:
        if type(_holder(tracker)) is _CACHING and name in _OF_STATE:
            _refuse_state(tracker.wrapper_obj, name)
        raise
    return result


def _refuse_state(cached: Any, name: str) -> None:
    """``cached.cache_info``, which is called later."""
    unimplemented(
        gb_type="vartrack: the state of a cache",
        context=f"{cached.__module__}.{cached.__qualname__}.{name}",
        explanation="torch takes what `functools.lru_cache` made for one that has no such "
        "method, and keeps results of its own.",
        hints=["Call it outside of the compiled function."],
    )


def _raise_if_inside(ledger: Ledger, tracker: Any, tx: Any, name: Any) -> None:
    """``cached.__code__`` and its like: only the function inside has that."""
    cached = _holder(tracker)
    if type(cached) is not _CACHING or hasattr(cached, name):
        return
    if not tx.output.side_effects.has_pending_mutation_of_attr(tracker, name):
        try:
            getattr(cached, name)
        except AttributeError as error:
            if ledger.holds("bodies"):
                _read(ledger, tracker, tx, name)
            raise_in_program(tx, error)


def _cache_has(ledger: Ledger, own: Any, tracker: Any, tx: Any, name: Any) -> VariableTracker:
    """``hasattr(cached, name)``."""
    if isinstance(tracker, WrapperUserFunctionVariable) and (
        _is_given(tracker, tx, name) or _copies(tracker, name)
    ):
        if ledger.holds("bodies"):
            _has(ledger, tracker, tx, name)
        return ConstantVariable.create(True)
    result: VariableTracker = own(tracker, tx, name)
    return result


def _copies(tracker: Any, name: Any) -> bool:
    return name in _COPYING and type(_holder(tracker)) is _CACHING


def _itself(cached: Any, *memo: Any) -> Any:
    return cached


def _copied(
    ledger: Ledger, own: Any, descriptor: Any, tx: Any, args: Any, kwargs: Any
) -> VariableTracker:
    """``type(cached).__copy__(cached)``, which `copy.copy` calls: it is its own copy."""
    if descriptor.descriptor is _CACHING.__copy__ and len(args) == 1:  # type: ignore[attr-defined]
        copied: VariableTracker = args[0].realize()
        if isinstance(copied, WrapperUserFunctionVariable):
            return copied
    result: VariableTracker = own(descriptor, tx, args, kwargs)
    return result


def _is_given(tracker: Any, tx: Any, name: Any) -> bool:
    """Whether what `functools.lru_cache` made was given an attribute, and not while tracing."""
    return (
        _is_own(tracker, name)
        and name in vars(_holder(tracker))
        and not tx.output.side_effects.has_pending_mutation_of_attr(tracker, name)
    )


def _deleted(
    ledger: Ledger, own: Any, function: Any, tx: Any, name: str, args: Any, kwargs: Any
) -> VariableTracker:
    """``del function.name`` of what it has not: torch raises what its dict does."""
    try:
        result: VariableTracker = own(function, tx, name, args, kwargs)
    except ObservedException:
        if name == "__delattr__" and raised_now(tx).exc_type is KeyError:
            _raise_lacking(tx, args[0].as_python_constant())
        raise
    return result


def _raise_lacking(tx: Any, name: str) -> None:
    if hasattr(_itself, name):
        return
    try:
        delattr(_itself, name)
    except AttributeError as error:  # the words are not the same in all releases of Python
        raise_in_program(tx, error)


def _place_of(ledger: Ledger, tracker: Any) -> Any:
    """Where the function lies: a bound method shows what its function has.

    torch looks for a method under the name of its function; the class may have it under another.
    None if it is found nowhere.
    """
    if not isinstance(tracker, UserMethodVariable):
        return tracker.source
    held = ledger.values_of([tracker.source.base]) if hasattr(tracker.source, "base") else None
    if held is None:
        return None
    cls = held[0] if isinstance(held[0], type) else type(held[0])
    names = (name for one in mro_of(cls) for name in dict_of(one))
    for name in (tracker.fn.__name__, *names):
        found = find(cls, name)
        if found is not None and getattr(found[1], "__func__", found[1]) is tracker.fn:
            return AttrSource(AttrSource(tracker.source.base, name), "__func__")
    return None


def _name(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, name: Any, *rest: Any
) -> VariableTracker:
    """``function.__qualname__`` and its like, which torch reads of the code, or not at all."""
    if name in _NAMES and _is_plain(tracker):
        return _named(tracker, tx, name)
    result: VariableTracker = own(tracker, tx, name, *rest)
    return result


def _unguarded(ledger: Ledger, result: Any, tracker: Any, tx: Any, name: Any, *_: Any) -> None:
    """torch read it of the function, and has no guard on it, as on annotations."""
    if name not in _NAMES or not _is_plain(tracker) or name_of(tracker.source) is None:
        return
    if tx.output.side_effects.has_pending_mutation_of_attr(tracker, name):
        return
    if result.source is None or is_from_skip_guard_source(result.source):
        text = f"{name} of {tracker.source.name}"
        ask = functools.partial(_value_of, name)
        ledger.sourced.asked("bodies", (name, tracker.source.name), text, [tracker.source], ask)


def _value_of(name: str, function: Any) -> Any:
    value = getattr(function, name)
    return dict(value) if type(value) is dict else value


def _entry(ledger: Ledger, own: Any, tracker: Any, name: Any) -> Any:
    """The same where torch has a table of what reads them: since 2.15."""
    entry = own(tracker, name)
    cached = _holder(tracker)
    if type(cached) is _CACHING and not hasattr(cached, name):
        return None  # the function inside has it
    if entry is None or name not in _NAMES or not _is_plain(tracker):
        return entry
    return dataclasses.replace(entry, getter=lambda tracker, tx: _named(tracker, tx, name))


def _is_plain(tracker: Any) -> bool:
    return type(tracker) is UserFunctionVariable and type(tracker.fn) is FunctionType


def _named(tracker: Any, tx: Any, name: str) -> VariableTracker:
    effects = tx.output.side_effects
    if effects.has_pending_mutation_of_attr(tracker, name):
        set_here: VariableTracker = effects.load_attr(tracker, name)
        return set_here
    source = tracker.source and AttrSource(tracker.source, name)
    return VariableTracker.build(tx, getattr(tracker.fn, name), source)


def _holder(tracker: Any) -> Any:
    """What has the attributes: the function, or what `functools.lru_cache` made of it."""
    return getattr(tracker, "wrapper_obj", getattr(tracker, "fn", None))


def _is_own(tracker: Any, name: Any) -> bool:
    """Whether ``name`` could only be in the function's own ``__dict__``."""
    cls = type(_holder(tracker))
    return (
        cls in (FunctionType, _CACHING)
        and isinstance(name, str)
        and name_of(tracker.source) is not None
        and find(cls, name) is None
        and not (isinstance(tracker, UserMethodVariable) and find(MethodType, name))
    )


#: What has the function that reads attributes, since 2.15 that of all trackers; and what
#: `functools.lru_cache` makes, up to 2.11 no function.
_OWNERS = (
    next(cls for cls in UserFunctionVariable.__mro__ if _READING in vars(cls)),
    WrapperUserFunctionVariable,
)

WATCHERS: tuple[Watcher, ...] = (
    *(
        Watcher(owner, _READING, "bodies", _read, needed=False, subclasses=subclasses)
        for owner, subclasses in (
            (BaseUserFunctionVariable, True),
            *((cls, False) for cls in _OWNERS if not issubclass(cls, BaseUserFunctionVariable)),
        )
    ),
    Watcher(BaseUserFunctionVariable, "call_obj_hasattr", "bodies", _has, needed=False),
    Watcher(WrapperUserFunctionVariable, _READING, "tracing", instead=_of_cache, needed=False),
    Watcher(
        BaseUserFunctionVariable, "call_obj_hasattr", "tracing", instead=_cache_has, needed=False
    ),
    *instead_of_methods("tracing", BaseUserFunctionVariable, _deleted),
    Watcher(MethodDescriptorVariable, "call_function", "tracing", instead=_copied, needed=False),
    Watcher(UserFunctionVariable, _READING, "tracing", instead=_name, needed=False),
    Watcher(UserFunctionVariable, _READING, "bodies", after=_unguarded, needed=False),
    Watcher(
        VariableTracker,
        "lookup_tp_getset_member",
        "tracing",
        instead=_entry,
        needed=False,
        subclasses=False,
    ),
)
