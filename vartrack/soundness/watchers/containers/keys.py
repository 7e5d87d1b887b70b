"""Keys of dicts and sets: that they can be keys at all, and which of them are equal."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from types import BuiltinFunctionType, FunctionType
from typing import Any

import torch
from torch._dynamo.output_graph import OutputGraph
from torch._dynamo.symbolic_convert import tls
from torch._dynamo.variables.base import AttributeMutationNew
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import UserMethodVariable
from torch._dynamo.variables.nn_module import UnspecializedNNModuleVariable
from torch._dynamo.variables.user_defined import (
    UserDefinedClassVariable,
    UserDefinedObjectVariable,
)

from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.containers import plain_inside
from vartrack.compat.hooks import TRACES_HASHES
from vartrack.compat.names import LAZY, OBJECTS, HashableTracker
from vartrack.soundness.facts.sourced import Holds, name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import find
from vartrack.soundness.reading.packages import is_of_torch
from vartrack.soundness.watchers.classes.metaclasses import rely_on_key

__all__ = ["WATCHERS"]

#: What is read of a key that lies in a dict has guards of torch's, and takes long to find.
_IN_A_DICT = "list(dict.keys("
_BY_IDENTITY: Any = object.__hash__


def _keyed(ledger: Ledger, _: Any, key: Any, tracker: Any, *__: Any, **___: Any) -> None:
    """A key was made of ``tracker``, by a hash of the real value."""
    if waits(tracker):
        return  # which keys it is equal to is guarded
    if type(tracker) in LAZY:
        if tracker.is_realized():
            tracker = tracker.realize()
        else:  # it is known by its place alone
            _found_as_before(ledger, tracker)
            value = tracker.original_value()
            _told_by_value(ledger, tracker, value)
            if issubclass(type(value), type):
                rely_on_key(ledger, value)
            return
    if isinstance(tracker, ConstantVariable):
        if tracker.value != tracker.value:  # a NaN is equal to itself alone
            _told_by_value(ledger, tracker, tracker.value)
    elif type(tracker) is UserMethodVariable and name_of(tracker.source) is not None:
        _told_by_value(ledger, tracker, None)  # of others their objects are noted
    elif type(tracker) in OBJECTS or isinstance(tracker, UnspecializedNNModuleVariable):
        _of_object(ledger, tracker)
    elif type(tracker) is UserDefinedClassVariable:
        rely_on_key(ledger, tracker.value)


def _of_object(ledger: Ledger, tracker: Any) -> None:
    value = tracker.value
    if isinstance(value, torch.nn.Module):
        tx = getattr(tls, "current_tx", None)
        if tx is None or is_of_torch(tx.f_code):
            return  # torch's own code keeps modules in tables
    elif type(value).__hash__ is _BY_IDENTITY or plain_inside(tracker) is not None:
        return  # the first are noted as identities, of the others the parts have guards
    elif isinstance(tracker.mutation_type, AttributeMutationNew) or _is_traced(tracker):
        # it is asked by tracing: one that is made here is without what it will have, and one from
        # outside may keep what it says, which is a change
        return
    _told_by_value(ledger, tracker, value)


def _is_traced(tracker: Any) -> bool:
    """Whether its hash was traced, so that what it depends on has guards."""
    found = find(type(tracker.value), "__hash__")
    in_python = found is not None and type(found[1]) is FunctionType
    return TRACES_HASHES and in_python and type(tracker) is UserDefinedObjectVariable


def _told_by_value(ledger: Ledger, tracker: Any, value: Any) -> None:
    name = name_of(tracker.source)
    if name is None or _IN_A_DICT in name:
        ledger.keys_there.append(value)
    else:
        ledger.keys[name] = tracker.source


def _found_as_before(ledger: Ledger, tracker: Any) -> None:
    """Note how it is found: what is found by identity now could equal a literal at another call."""
    name = name_of(tracker.source)
    if name is not None:
        text = f"how {name} is found as a key"
        ledger.sourced.rely("containers", text, text, [tracker.source], _as_before)


def _as_before(value: Any) -> Holds:
    before = _found_by(value)
    return lambda value: _found_by(value) == before


def _found_by(value: Any) -> tuple[Any, Any]:
    """The hash of its type, None if it has none, and how it compares."""
    # what C code calls is equal to its like alone, and to no literal either
    cls = object if type(value) is BuiltinFunctionType else type(value)
    return cls.__hash__, cls.__eq__


_BY_NOTHING_ELSE = _found_by(object())


def _compiled(ledger: Ledger, *_: Any, **__: Any) -> None:
    """Tracing is over: keys that were told apart must not have become equal, or the reverse."""
    if len(ledger.keys) + bool(ledger.keys_there) > 1:
        names = ", ".join(ledger.keys)
        make = functools.partial(_still_equal, ledger.keys_there)
        key = ("equal", *ledger.keys, len(ledger.keys_there))
        sources = list(ledger.keys.values())
        text = f"which of {names} are equal"
        lasting = _are_found_by_identity(ledger, ledger.values_of(sources) or (None,))
        ledger.sourced.rely("containers", key, text, sources, make, lasting=lasting)


def _are_found_by_identity(ledger: Ledger, values: Iterable[Any]) -> bool:
    """Whether of ``values``, and of keys without a source, nothing but their classes counts."""
    if any(_found_by(value) != _BY_NOTHING_ELSE for value in (*values, *ledger.keys_there)):
        return False
    for cls in {type(value) for value in values}:
        ledger.classes.look(cls, "__hash__", "__eq__")
    return True


class _Unequal:
    """Whether values are all different, and none is a known key: so it is nearly always.

    Args:
        known: these keys.
    """

    __slots__ = ("known",)

    asks_classes = True

    def __init__(self, known: dict[Any, int]) -> None:
        self.known = known

    def __call__(self, *values: Any) -> bool:
        """Whether it is so of ``values``, which takes no list to ask."""
        return len(set(values)) == len(values) and self.known.keys().isdisjoint(values)


def _still_equal(there: list[Any], *values: Any) -> Holds:
    known = {key: number for number, key in enumerate(there)}
    before = _equal(known, values)
    if before == [(None, number) for number in range(len(values))]:
        return _Unequal(known)
    return lambda *values: _equal(known, values) == before


def _equal(known: dict[Any, int], values: tuple[Any, ...]) -> list[tuple[int | None, int]]:
    """Of each value which known key it is, and which of the values before it."""
    seen: dict[Any, int] = {}
    return [(known.get(one), seen.setdefault(one, number)) for number, one in enumerate(values)]


WATCHERS: tuple[Watcher, ...] = (
    Watcher(HashableTracker, "__init__", "containers", after=_keyed, needed=False),
    Watcher(OutputGraph, "compile_subgraph", "containers", _compiled),
)
