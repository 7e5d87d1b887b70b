"""What a dict holds under keys that vary, read and written in turn: `counts[name] += 1`.

Nothing of its other keys is guarded: only whether the one is there, whether it is one that was
written before, and what the graph depends on of what is found.
"""

from __future__ import annotations

import collections
from typing import Any

from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._guards import Source

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.late.symbols import is_symbol
from vartrack.bases.tracing.late.waiting import waits
from vartrack.bases.tracing.late.working_out import example_of
from vartrack.compat.making import lazy
from vartrack.core.exporting import is_stored
from vartrack.core.worked_out import worked_out
from vartrack.extras.thrift.late import held
from vartrack.extras.thrift.late.kinds import FOUND
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.late.may_wait import MayWait
from vartrack.extras.thrift.unread.filled import OF_TYPE, FilledDict, put
from vartrack.extras.thrift.unread.tables import missing_of
from vartrack.extras.thrift.unread.varying import place_or_literal

__all__ = ["GetOrSet", "count_of_new", "get_by_key", "is_by_key", "is_key", "item_of"]

#: Stands for nothing under a key.
_MISSING: Any = object()
#: Keys of these types are the same if they are equal, and C code finds them.
_KEYS = frozenset({str, bytes, int, bool})
#: What may be found: what has a guard of its own, or may be late itself.
_FOUND = FOUND | {list, dict, set, tuple, collections.deque}


def is_by_key(container: Any, key: Any) -> bool:
    """Whether it may be asked what ``container`` has under ``key`` without more of it."""
    if is_late(container):
        return type(container.example) in OF_TYPE and (waits(key) or is_symbol(key))
    return type(container.unwrap()) in OF_TYPE.values()


def item_of(tx: Any, container: Any, key: Any) -> VariableTracker | None:
    """``container[key]``, or an error in the program; None if torch is to look it up."""
    found = _find(tx, container, key)
    if found is not _MISSING:
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
    """Whether ``key in container``; None if torch is to look."""
    found = _find(tx, container, key, is_read=False)
    return None if found is None else found is not _MISSING


def get_by_key(tx: Any, container: Any, key: Any, default: Any = None) -> VariableTracker | None:
    """``container.get(key, default)``; None if torch is to look it up."""
    found = _find(tx, container, key)
    if found is not _MISSING:
        return found
    return ConstantVariable.create(None) if default is None else default


class GetOrSet(MayWait):
    """``container.setdefault`` of a dict from elsewhere."""

    def result(self, tx: Any, args: list[Any], kwargs: dict[str, Any]) -> VariableTracker | None:
        """What is found, or the default, which is written."""
        if not 1 <= len(args) <= 2 or kwargs or not is_by_key(self.obj, args[0]):
            return None
        key, default = args[0], (args[1] if len(args) > 1 else ConstantVariable.create(None))
        found = _find(tx, self.obj, key)
        if found is not _MISSING:
            return found
        return default if put(tx, self.obj, key, default) else None


def _find(tx: Any, container: Any, key: Any, is_read: bool = True) -> Any:
    """What is under ``key`` of a dict that `is_by_key`, as a tracker; `_MISSING` if nothing is.

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
        before, source = container.example, container.original_source()
    else:
        known: Any = container.unwrap()
        for one, value in reversed(known.written):
            same = _is_same(one, key, place)
            if same is None:
                return None
            if same:
                return value
        before, source = known.before, known.source
    example = example_of(key)
    found = before.get(example, _MISSING)
    if is_read and found is not _MISSING and type(found) not in _FOUND:
        return None
    if is_late(container):
        container.rely_on_type()
        held.note_read(tx, container)
    install_guard(_contained(source, place).make_guard(GuardBuilder.CONSTANT_MATCH))
    if found is _MISSING:
        return _MISSING
    if not is_read:
        return key
    # a default dict would be given what it lacks by looking it up
    how = ("{}[{}]", "operator.getitem") if type(before) is dict else ("{}.get({})", ".get")
    item: Any = lazy(found, worked_out(*how, (source, place)), tx=tx)
    if waits(item):
        item.rely_on_presence()
    return item


def count_of_new(tx: Any, known: Any) -> int | None:
    """How many keys a dict or set gained by what was written to it, which is guarded.

    Args:
        tx: the tracer.
        known: the tracker of which only what was written is known.

    Returns:
        None if that cannot be told without reading the dict or set.
    """
    keys = known.keys_written
    if is_stored(tx) or any(_place_of(key) is None for key in keys):
        return None
    count = 0
    for number, key in enumerate(keys):
        place = _place_of(key)
        if any(_is_same(other, key, place) for other in keys[:number]):
            continue
        install_guard(_contained(known.source, place).make_guard(GuardBuilder.CONSTANT_MATCH))
        count += example_of(key) not in known.before
    return count


def _contained(source: Source, place: Any) -> Source:
    """Where it is found whether a dict or set has a key."""
    return worked_out("({1} in {0})", "operator.contains", (source, place))


def _place_of(key: Any) -> Any:
    """Where a key is found, or the literal that it is; None if it is neither."""
    return place_or_literal(key, _KEYS)


def _is_same(one: VariableTracker, key: VariableTracker, place: Any) -> bool | None:
    """Whether two keys are equal, which is guarded; None if that cannot be told."""
    other = _place_of(one)
    if other is None:
        return None
    if other is place or (isinstance(other, Source) and other == place):
        return True
    answer = bool(example_of(one) == example_of(key))
    if isinstance(other, Source) or isinstance(place, Source):
        equal = worked_out("({} == {})", "operator.eq", (other, place))
        install_guard(equal.make_guard(GuardBuilder.CONSTANT_MATCH))
    return answer
