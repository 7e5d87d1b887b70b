"""Lists that are made of all of a container from outside: `list(h)`, `sorted(h)`, `list(d)`.

They are made again when the graph has run, and none of it is guarded until it is read. Then torch
makes them, unless the traced code has changed the container since.
"""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable, Iterable
from typing import Any

from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable

from vartrack.core.guarding.exporting import is_stored
from vartrack.core.sources.worked_out import worked_out
from vartrack.extras.thrift.late.asked import Asked
from vartrack.extras.thrift.late.held import is_built, note_read
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.late.may_wait import MayWait
from vartrack.extras.thrift.late.pieces import LateRange, are_pieces
from vartrack.extras.thrift.late.views import has_views, is_view
from vartrack.extras.thrift.of_all.repeated import numbers_of
from vartrack.extras.thrift.unread.copied import Copied, copy_of, copy_of_made, display_of
from vartrack.extras.thrift.unread.ends import Ends
from vartrack.extras.thrift.unread.sorted_in_place import is_backwards

__all__ = ["displayed", "is_own_get", "list_of", "sorted_list", "tuple_of", "values_in"]

_SEQUENCES = (list, tuple, collections.deque)
_NUMBERS = frozenset({int, float})
_LITERALS = frozenset({str, bytes, int, float, bool})
_TEXTS = frozenset({str})


def keys_of(it: dict[Any, Any]) -> list[Any]:
    """The keys of a dict."""
    return [*it]


def values_of(it: dict[Any, Any]) -> list[Any]:
    """The values of a dict."""
    return [*it.values()]


def items_of(it: dict[Any, Any]) -> list[Any]:
    """The items of a dict."""
    return [*it.items()]


def all_in(it: Any) -> list[Any]:
    """What is in a deque."""
    return [*it]


_OF_VIEW = {"keys": keys_of, "values": values_of, "items": items_of}


def ascending(items: Iterable[Any]) -> list[Any]:
    """Numbers or texts from the smallest to the largest.

    Raises:
        TypeError: they are others, or both.
    """
    return sorted(_ordered(items))


def descending(items: Iterable[Any]) -> list[Any]:
    """Numbers or texts from the largest to the smallest, as `ascending`."""
    return sorted(_ordered(items), reverse=True)


def upwards(table: dict[Any, float]) -> list[Any]:
    """The keys of a dict of numbers, by these; raises as `ascending`."""
    _ordered(table.values())
    return sorted(table, key=table.get)  # type: ignore[arg-type]


def downwards(table: dict[Any, float]) -> list[Any]:
    """The keys of a dict of numbers, by these, the largest first; raises as `ascending`."""
    _ordered(table.values())
    return sorted(table, key=table.get, reverse=True)  # type: ignore[arg-type]


#: What puts the items in an order of its own.
_BY_VALUE = (ascending, descending)


def _ordered(items: Iterable[Any]) -> list[Any]:
    them = [*items]
    types = set(map(type, them))
    if not (types <= _NUMBERS or types <= _TEXTS):
        raise TypeError("What is no number or text is not sorted, as code of a user's could run.")
    return them


def values_in(tx: Any, container: Any) -> tuple[Any, Any, Any] | None:
    """What is gone through in a late container: the late container, the place, and the items.

    Returns:
        None if it is none that waits.
    """
    if is_view(container):
        late, name = container.of, container.name
    elif is_late(container) and has_views(container):
        late, name = container, "keys"
    elif is_late(container) and type(container.example) in _SEQUENCES:
        late, name = container, ""
    else:
        return None
    if is_stored(tx) or is_built(late):
        return None
    place: Any = late.original_source()
    items = late.example
    if name:
        items = _OF_VIEW[name](items)
        place = _made_by(_OF_VIEW[name], place)
    return late, place, items


def _set_of(tx: Any, late: Any) -> tuple[Any, Any, Any] | None:
    """The same of a late set, for what does not go by the order of its items."""
    is_set = is_late(late) and type(late.example) in (set, frozenset)
    if not is_set or is_stored(tx) or is_built(late):
        return None
    return late, late.original_source(), late.example


def _made_by(function: Callable[..., Any], place: Any) -> Any:
    name = f"{function.__module__}.{function.__name__}"
    return worked_out(f"{name}({{}})", name, [place])


def list_of(tx: Any, function: Any, container: Any) -> VariableTracker | None:
    """``list(container)``; None if torch is to make it."""
    if is_late(container) and type(container.example) in (list, tuple):
        return _copy(tx, function, container, list)
    return _of_known(tx, list, container) or _made(tx, function, [container], {}, None)


def tuple_of(tx: Any, function: Any, container: Any) -> VariableTracker | None:
    """``tuple(container)`` of a list; None if torch is to make it."""
    if is_late(container) and type(container.example) is list:
        return _copy(tx, function, container, tuple)
    return _of_known(tx, tuple, container)


def _of_known(tx: Any, cls: type, container: Any) -> VariableTracker | None:
    """``cls(container)`` of one of which the ends are known, or of a range; else None."""
    if issubclass(type(container.unwrap()), Ends):  # `isinstance` would build what is late
        return copy_of(tx, container, cls)
    is_range = type(container) is LateRange and are_pieces(container)
    return numbers_of(tx, cls, container) if is_range else None


def _copy(tx: Any, function: Any, late: Any, cls: type) -> VariableTracker | None:
    copied = copy_of(tx, late, cls)
    if copied is not None:
        copied.by_torch = functools.partial(_by_torch, tx, function, late, late, {})
    return copied


def displayed(tx: Any, made: Any, more: Any) -> VariableTracker | None:
    """``[..., *more]``, of which torch makes ``more`` where all of it is read; None if it may."""
    copied = display_of(tx, made, more)
    if copied is not None and is_late(more):
        make_list = VariableTracker.build(tx, list)
        copied.by_torch = functools.partial(_by_torch, tx, make_list, more, more, {})
    return copied


def sorted_list(tx: Any, args: list[Any], kwargs: dict[str, Any]) -> VariableTracker | None:
    """``sorted(container)`` of numbers or texts; None if torch is to sort."""
    if len(args) != 1 or not kwargs.keys() <= {"reverse", "key"}:
        return None
    if "key" in kwargs and not is_own_get(kwargs["key"], args[0]):
        return None
    backwards = is_backwards(kwargs)
    if backwards is None:
        return None
    if "key" in kwargs:
        return _made(tx, None, args, {}, downwards if backwards else upwards)
    sort = descending if backwards else ascending
    return _made(tx, BuiltinVariable(sorted), args, kwargs, sort)


def is_own_get(key: Any, late: Any) -> bool:
    """Whether ``key`` is the ``get`` of a late dict itself."""
    if not is_late(late) or type(late.example) is not dict:
        return False
    if not isinstance(key, MayWait) or key.name != "get" or key.obj is not late:
        return False
    return _LITERALS.issuperset(map(type, late.example))


def _made(
    tx: Any, function: Any, args: list[Any], kwargs: dict[str, Any], then: Any
) -> Copied | None:
    """What ``function`` makes of all of a late container, ``then`` applied to what is in it.

    Without a function ``then`` is applied to the container itself, which torch could not do.
    """
    found = values_in(tx, args[0])
    if found is None and then in _BY_VALUE:
        found = _set_of(tx, args[0])
    if found is None:
        return None
    late, place, items = found
    if function is None:
        items, place = late.example, late.original_source()
    if then is None and type(items) is collections.deque:
        then = all_in  # of which parts can be taken
    if then is not None:
        try:
            items = then(items)
        except TypeError:
            return None  # torch sorts them, or raises it in the program
        place = _made_by(then, place)
    late.rely_on_type()
    note_read(tx, late)

    by_torch = functools.partial(_by_torch, tx, function, late, args[0], kwargs)
    copied = copy_of_made(list, items, Asked(tx, place, items), by_torch)
    if then is not None:
        install_guard(place.make_guard(GuardBuilder.TYPE_MATCH))
    return copied


def _by_torch(tx: Any, function: Any, late: Any, arg: Any, kwargs: dict[str, Any]) -> Any:
    """What torch makes of it, if it can and the traced code has not changed the container."""
    effects = tx.output.side_effects
    if function is None or (late.example in effects and effects.is_modified(effects[late.example])):
        return None
    return function.call_function(tx, [arg.realize()], kwargs).realize()
