"""What a dict holds under keys that vary, read, written and taken away: `counts[name] += 1`.

Nothing of its other keys is guarded: only whether the one is there, whether it is one that was
written before, and what the graph depends on of what is found.
"""

from __future__ import annotations

import collections
import operator
from typing import Any

from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.source import DictGetItemSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import ListVariable, TupleVariable
from torch._guards import Source

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.making import lazy
from vartrack.core.guarding import guards
from vartrack.core.guarding.exporting import is_stored
from vartrack.core.sources.worked_out import WorkedOutSource, worked_out
from vartrack.extras.thrift.late import held
from vartrack.extras.thrift.late.found import is_fit, taken
from vartrack.extras.thrift.late.kinds import FOUND
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.late.may_wait import MayWait
from vartrack.extras.thrift.unread.filled import OF_TYPE, FilledDict, FilledSet, put, take_again
from vartrack.extras.thrift.unread.tables import TABLES, FilledTable, missing_of
from vartrack.extras.thrift.unread.varying import (
    KEYS,
    guard_contained,
    place_or_literal,
    value_of_key,
    varies,
)

__all__ = [
    "MISSING",
    "Count",
    "GetOrSet",
    "TakeByKey",
    "count_of_new",
    "delete",
    "find",
    "get_by_key",
    "is_by_key",
    "is_changed_set",
    "is_counter",
    "is_key",
    "item_of",
]

#: Stands for nothing under a key.
MISSING: Any = object()
#: What may be found: what has a guard of its own, or may be late itself.
_FOUND = FOUND | TABLES | {list, dict, set, tuple, collections.deque}


def is_by_key(container: Any, key: Any) -> bool:
    """Whether it may be asked what ``container`` has under ``key`` without more of it."""
    if is_late(container):
        cls = type(container.example)
        return cls in TABLES or (cls in OF_TYPE and varies(key))
    known: Any = container.unwrap()
    return issubclass(type(known), FilledDict) and known.is_at_place()


def is_changed_set(container: Any) -> bool:
    """Whether ``container`` is a set of which only what was done to it is known."""
    return issubclass(type(container.unwrap()), FilledSet)


def item_of(tx: Any, container: Any, key: Any) -> VariableTracker | None:
    """``container[key]``, or an error in the program; None if torch is to look it up."""
    found = find(tx, container, key)
    if found is not MISSING:
        return found  # type: ignore[no-any-return]
    default = missing_of(tx, container)
    if default is None:
        raise_in_program(tx, KeyError(key))
    if _type_of(container) is collections.defaultdict and not put(tx, container, key, default):
        return None
    return default


def _type_of(container: Any) -> type:
    return type(container.example if is_late(container) else container.unwrap().before)


def is_key(tx: Any, container: Any, key: Any) -> bool | None:
    """Whether ``key in container``, also of a set that was changed; None if torch is to look."""
    found = find(tx, container, key, is_read=False)
    return None if found is None else found is not MISSING


def get_by_key(tx: Any, container: Any, key: Any, default: Any = None) -> VariableTracker | None:
    """``container.get(key, default)``; None if torch is to look it up."""
    found = find(tx, container, key)
    if found is not MISSING:
        return found
    return ConstantVariable.create(None) if default is None else default


class GetOrSet(MayWait):
    """``container.setdefault`` of a dict from elsewhere."""

    def result(self, tx: Any, args: list[Any], kwargs: dict[str, Any]) -> VariableTracker | None:
        """What is found, or the default, which is written."""
        if not 1 <= len(args) <= 2 or kwargs or not is_by_key(self.obj, args[0]):
            return None
        key, default = args[0], (args[1] if len(args) > 1 else ConstantVariable.create(None))
        found = find(tx, self.obj, key)
        if found is not MISSING:
            return found
        return default if put(tx, self.obj, key, default) else None


class TakeByKey(MayWait):
    """``container.pop`` of a dict from elsewhere."""

    def result(self, tx: Any, args: list[Any], kwargs: dict[str, Any]) -> VariableTracker | None:
        """What is found and taken away, or the default; without one an error in the program."""
        if not 1 <= len(args) <= 2 or kwargs or not _can_be_taken(tx, self.obj, args[0]):
            return None
        key, *default = args
        found = find(tx, self.obj, key)
        if found is MISSING:
            if not default:
                raise_in_program(tx, KeyError(key))
            return default[0]  # type: ignore[no-any-return]
        return found if found is not None and put(tx, self.obj, key, None) else None


def _can_be_taken(tx: Any, container: Any, key: Any) -> bool:
    """Whether what is under ``key`` may be taken away without more of ``container``."""
    if is_by_key(container, key):
        return True
    if not varies(key) and type(key.unwrap()) is not ConstantVariable:
        return False
    if is_late(container):
        return type(container.example) is dict and not held.is_built(container)
    return not waits(container) and take_again(tx, container)


def delete(tx: Any, container: Any, key: Any) -> bool:
    """``del container[key]``.

    Returns:
        Whether it was done; else torch is to do it.
    """
    is_alone = _can_be_taken(tx, container, key)
    found = find(tx, container, key, is_read=False) if is_alone else None
    if found is MISSING:
        if _type_of(container) is collections.Counter:
            return True
        raise_in_program(tx, KeyError(key))
    return found is not None and put(tx, container, key, None)


class Count(MayWait):
    """``counter.update`` of a counter from elsewhere, with what the traced code has made."""

    def result(self, tx: Any, args: list[Any], kwargs: dict[str, Any]) -> VariableTracker | None:
        """Nothing, once each of them is counted."""
        made: Any = args[0].unwrap() if len(args) == 1 and not kwargs else None
        if type(made) not in (ListVariable, TupleVariable) or made.source is not None:
            return None
        if not self._can_count(tx, made.items):
            return None
        if is_late(self.obj):
            FilledTable.take(tx, self.obj)
        for key in made.items:
            count = get_by_key(tx, self.obj, key, ConstantVariable.create(0))
            more = [count, ConstantVariable.create(1)]
            put(tx, self.obj, key, BuiltinVariable(operator.add).call_function(tx, more, {}))
        return ConstantVariable.create(None)

    def _can_count(self, tx: Any, keys: list[VariableTracker]) -> bool:
        """Whether none of the keys has it read: one that varies is there, and all are known."""
        if is_stored(tx) or any(_place_of(key) is None for key in keys):
            return False
        if is_late(self.obj):
            before: Any = self.obj.example
            if held.is_built(self.obj) or not any(map(varies, keys)):
                return False
        else:
            before = self.obj.unwrap().before
        counts = [before.get(value_of_key(key), 0) for key in keys]
        return FilledTable.can_take(before) and all(type(count) is int for count in counts)


def is_counter(container: Any) -> bool:
    """Whether ``container`` is a counter from elsewhere."""
    if is_late(container):
        return type(container.example) is collections.Counter
    known = container.unwrap()
    return type(known) is FilledTable and type(known.before) is collections.Counter


def find(tx: Any, container: Any, key: Any, is_read: bool = True) -> Any:
    """What is under ``key`` of a dict that `is_by_key`, as a tracker; `MISSING` if nothing is.

    Args:
        tx: the tracer.
        container: the dict.
        key: the key.
        is_read: whether what is found is needed, or only that something is.

    Returns:
        None if that cannot be told without reading the dict.
    """
    place = None if is_stored(tx) else _place_of(key)
    if place is None:
        return None
    if is_late(container):
        if held.is_built(container) or not FilledDict.can_take(container.example):
            return None
        return _found_before(tx, container, container.example, key, place, is_read)
    known: Any = container.unwrap()
    for one, value in reversed(known.written):
        same = _is_same(one, key, place)
        if same is None:
            return None
        if same:
            return MISSING if value is None else value
    return _found_before(tx, container, known.before, key, place, is_read)


def _found_before(tx: Any, container: Any, before: Any, key: Any, place: Any, is_read: bool) -> Any:
    """The same of what was in the dict before, which is guarded."""
    example = value_of_key(key)
    found: Any = MISSING
    if example in before:
        found = before[example] if is_read else example
    varies_with_key = isinstance(place, Source)
    is_known = not (is_read and varies_with_key) or found is MISSING or type(found) in _FOUND
    if not is_known and not is_fit(tx, place, example, found):
        return None
    source = _source_relied_on(tx, container)
    is_at_source = type(before) is dict and not isinstance(source, WorkedOutSource)
    if varies_with_key or not is_at_source:
        guard_contained(source, place)
    else:
        guards.install_key(source, place, present=found is not MISSING)
    if found is MISSING:
        return MISSING
    if not is_read:
        return key
    if is_at_source and not varies_with_key:
        return lazy(found, DictGetItemSource(source, place), tx=tx)
    # a default dict would be given what it lacks by looking it up
    how = ("{}[{}]", "operator.getitem") if type(before) is dict else ("{}.get({})", ".get")
    return taken(tx, found, worked_out(*how, (source, place)), place, example)


def _source_relied_on(tx: Any, container: Any) -> Any:
    """Where the dict comes from, whose type is relied on."""
    if not is_late(container):
        return container.unwrap().place
    container.rely_on_type()
    held.note_read(tx, container)
    return container.original_source()


def count_of_new(tx: Any, known: Any) -> int | None:
    """How many keys a dict or set gained by what was done to it, which is guarded.

    Args:
        tx: the tracer.
        known: the tracker of which only what was written is known.

    Returns:
        None if that cannot be told without reading the dict or set.
    """
    if is_stored(tx) or any(_place_of(key) is None for key in known.keys_written):
        return None
    count = 0
    last: list[VariableTracker] = []
    for key, value in reversed(known.written):
        place = _place_of(key)
        if any(_is_same(other, key, place) for other in last):
            continue
        last.append(key)
        guard_contained(known.place, place)
        count += (value is not None) - (value_of_key(key) in known.before)
    return count


def _place_of(key: Any) -> Any:
    """Where a key is found, or the literal that it is; None if it is neither."""
    return place_or_literal(key, KEYS)


def _is_same(one: VariableTracker, key: VariableTracker, place: Any) -> bool | None:
    """Whether two keys are equal, which is guarded; None if that cannot be told."""
    other = _place_of(one)
    if other is None:
        return None
    if other is place or (isinstance(other, Source) and other == place):
        return True
    answer = bool(value_of_key(one) == value_of_key(key))
    if isinstance(other, Source) or isinstance(place, Source):
        equal = worked_out("({} == {})", "operator.eq", (other, place))
        install_guard(equal.make_guard(GuardBuilder.CONSTANT_MATCH))
    return answer
