"""Where, how often or what something is in a container from outside: `h.index(x)`, `h.count(x)`.

And `max(d, key=d.get)` and its like.

torch reads all that is in it. Here Python looks again at each call, and what it finds is late.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.base import VariableTracker

from vartrack import session
from vartrack.bases.tracing.late.symbols import is_symbol
from vartrack.bases.tracing.late.waiting import waits
from vartrack.bases.tracing.late.working_out import example_of
from vartrack.compat.making import lazy
from vartrack.core.guarding.exporting import is_stored
from vartrack.core.sources.worked_out import worked_out
from vartrack.extras.thrift.late.changes import is_noted, note_change
from vartrack.extras.thrift.late.held import is_built, note_read
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.late.may_wait import MayWait
from vartrack.extras.thrift.of_all.whole import is_own_get
from vartrack.extras.thrift.unread.varying import place_or_literal

__all__ = ["SearchOf", "extreme_text", "has_search", "key_of_extreme"]

_LITERALS = frozenset({str, bytes, int, float, bool})
_NUMBERS = frozenset({int, float})


def index_of(items: Any, value: Any) -> int:
    """Where ``value`` is in ``items``.

    Raises:
        TypeError: code of a program could have a say in that.
        ValueError: it is not there.
    """
    return _searched(items).index(value)  # type: ignore[no-any-return]


def count_of(items: Any, value: Any) -> int:
    """How often ``value`` is in ``items``; raises TypeError as `index_of`."""
    return _searched(items).count(value)  # type: ignore[no-any-return]


def _searched(items: Any) -> Any:
    if not _LITERALS.issuperset(map(type, items)):
        raise TypeError("What is no literal is not searched, as code of a user's could run.")
    return items


def key_of_largest(table: dict[Any, Any]) -> Any:
    """The first key under which the largest number is; raises as `index_of`."""
    return max(_of_numbers(table), key=table.get)  # type: ignore[arg-type]


def key_of_smallest(table: dict[Any, Any]) -> Any:
    """The first key under which the smallest number is; raises as `index_of`."""
    return min(_of_numbers(table), key=table.get)  # type: ignore[arg-type]


def last_text(items: Any) -> Any:
    """The text that comes last; raises as `index_of`."""
    return max(_of_texts(items))


def first_text(items: Any) -> Any:
    """The text that comes first; raises as `index_of`."""
    return min(_of_texts(items))


def longest_text(items: Any) -> Any:
    """The first of the longest texts; raises as `index_of`."""
    return max(_of_texts(items), key=len)


def shortest_text(items: Any) -> Any:
    """The first of the shortest texts; raises as `index_of`."""
    return min(_of_texts(items), key=len)


def _of_texts(items: Any) -> Any:
    if set(map(type, items)) != {str}:
        raise TypeError("What is no text is not compared, as code of a user's could run.")
    return items


def _of_numbers(table: dict[Any, Any]) -> dict[Any, Any]:
    if not _NUMBERS.issuperset(map(type, table.values())):
        raise TypeError("What is no number is not compared, as code of a user's could run.")
    return table


#: The methods of lists, tuples and deques that look for something.
_SEARCHES: dict[str, Callable[[Any, Any], int]] = {"index": index_of, "count": count_of}


class SearchOf(MayWait):
    """The method of a late list, tuple or deque that says where something is, or how often."""

    def result(self, tx: Any, args: list[Any], kwargs: dict[str, Any]) -> VariableTracker | None:
        """What it says, as a number that varies."""
        if len(args) != 1 or kwargs or not is_late(self.obj):
            return None
        value = place_or_literal(args[0], _LITERALS)
        return (
            None if value is None else _found(tx, _SEARCHES[self.name], self.obj, (value, args[0]))
        )


def has_search(late: Any, name: str) -> bool:
    """Whether ``name`` is a method of a late container that looks for something in it."""
    return name in _SEARCHES and type(late.example) in (list, tuple, deque)


#: From what a program calls to what gives the same of a dict and its own `get`.
_EXTREMES: dict[Any, Callable[[dict[Any, Any]], Any]] = {max: key_of_largest, min: key_of_smallest}


def key_of_extreme(
    tx: Any, function: Any, args: list[Any], kwargs: dict[str, Any]
) -> VariableTracker | None:
    """``max(d, key=d.get)`` of a late dict of numbers, ``max(h, key=len)`` of late texts.

    Returns:
        None if torch is to work it out.
    """
    if len(args) != 1 or kwargs.keys() != {"key"}:
        return None
    if _is_len(kwargs["key"]):
        return _found(tx, _BY_LENGTH[function], args[0]) if _is_of_texts(args[0]) else None
    if not is_own_get(kwargs["key"], args[0]):
        return None
    return _found(tx, _EXTREMES[function], args[0])


def extreme_text(tx: Any, function: Any, container: Any) -> VariableTracker | None:
    """``max(h)`` of late texts; None if torch is to work it out."""
    return _found(tx, _TEXTS[function], container) if _is_of_texts(container) else None


_TEXTS: dict[Any, Callable[[Any], Any]] = {max: last_text, min: first_text}
_BY_LENGTH: dict[Any, Callable[[Any], Any]] = {max: longest_text, min: shortest_text}


def _is_of_texts(container: Any) -> bool:
    """Whether it is a late container of texts alone; of a dict, its keys."""
    is_one = is_late(container) and type(container.example) in _OF_ITEMS
    return is_one and set(map(type, container.example)) == {str}


_OF_ITEMS = frozenset({list, tuple, deque, set, frozenset, dict, OrderedDict, defaultdict, Counter})


def _is_len(key: Any) -> bool:
    return not waits(key) and getattr(key.unwrap(), "fn", None) is len


def _found(tx: Any, find: Any, late: Any, *more: tuple[Any, Any]) -> VariableTracker | None:
    """What ``find`` gives for a late container, and more, each a place and its tracker."""
    if is_stored(tx) or is_built(late):
        return None
    try:
        result = find(late.example, *(example_of(tracker) for _, tracker in more))
    except Exception:
        return None  # torch raises it in the program
    late.rely_on_type()
    note_read(tx, late)
    operands = [late.original_source(), *(place for place, _ in more)]
    name = f"{__name__}.{find.__name__}"
    place = worked_out(f"{name}({', '.join(['{}'] * len(operands))})", name, operands)
    if any(is_symbol(tracker) or _varies(tx, at) for at, tracker in more):
        note_change(tx, place, result)
    found: Any = lazy(result, place, tx=tx)
    if waits(found):
        found.rely_on_presence()
    return found  # type: ignore[no-any-return]


def _varies(tx: Any, place: Any) -> bool:
    compile = session.compile_of(tx)
    return compile is not None and is_noted(compile, place)
