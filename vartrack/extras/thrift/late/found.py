"""What is found under a key or at an index that varies, with the look-up as its place.

A value of `FOUND` may have that place at once. An object or a module may once the key was seen to
change: it is then another one at each call, as an argument is. The key, which is not guarded, would
have said which of those that are found are one object. So that is guarded itself.
"""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, Any

from torch import nn
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable
from torch._guards import Source

from vartrack import session
from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.making import lazy
from vartrack.core.guarding.no_alias import guard_apart
from vartrack.core.user_code import methods
from vartrack.extras.thrift.late.changes import has_changed, note_change
from vartrack.extras.thrift.late.kinds import FOUND

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker

    from vartrack.core.compile import Compile

__all__ = ["is_fit", "keep_apart", "taken"]

_PLACES = "thrift.found"
#: Containers that may be found, which are read by what they hold.
_HOLDING = frozenset({list, tuple, dict, set, collections.deque})


def is_fit(tx: Any, at: Any, key: Any, found: Any) -> bool:
    """Whether what is under ``key``, which is at ``at``, may have the look-up as its place."""
    if type(found) in FOUND:
        return True
    return (type(found) in _HOLDING or _is_object(found)) and has_changed(tx, at, key)


def _is_object(value: Any) -> bool:
    """Whether a value is a module, or an object of a class that is written in Python."""
    cls = type(value)  # an object may say that it is of another
    if issubclass(cls, nn.Module):
        return True
    is_made = methods.held_by(cls, "__new__") is vars(object)["__new__"]
    return is_made and bool(methods.flags_of(cls) & methods.HEAP_TYPE)


def taken(tx: Any, found: Any, place: Source, at: Any, key: Any) -> VariableTracker:
    """The tracker of what was found at ``place``.

    Args:
        tx: the tracer.
        found: what was found.
        place: the look-up.
        at: where the key is; or the key itself, if it does not vary.
        key: the key. A number that is found varies as it does.
    """
    if type(found) in (int, float) and isinstance(at, Source) and has_changed(tx, at, key):
        note_change(tx, place, found)
    compile = session.compile_of(tx)
    if compile is not None and type(found) not in FOUND:
        compile.notes.setdefault(_PLACES, set()).add(place)
    item: Any = lazy(found, place, tx=tx)
    if waits(item):
        item.rely_on_presence()
    return item  # type: ignore[no-any-return]


def keep_apart(compile: Compile, effects: Any) -> None:
    """Guard that objects that were found, and what they hold, are none of the others.

    torch has each of them at a place where no other is found at the next call.
    """
    places = compile.notes.get(_PLACES)
    if not places:
        return
    values = {id(value): value for value in effects.keepalive}
    of_type: dict[type, list[tuple[Any, Any]]] = {}
    for key, tracker in effects.id_to_variable.items():
        if key not in values or not tracker.source:
            continue
        if type(values[key]) in _HOLDING or isinstance(tracker, UserDefinedObjectVariable):
            of_type.setdefault(type(values[key]), []).append((values[key], tracker.source))
    for alike in of_type.values():
        if len(alike) > 1 and any(_is_within(source, places) for _, source in alike):
            guard_apart(compile, alike)


def _is_within(source: Any, places: set[Source]) -> bool:
    """Whether ``source`` is one of ``places``, or leads through one."""
    while source is not None:
        if source in places:
            return True
        source = getattr(source, "base", None)
    return False
