"""Numbers or texts that vary, in order: `sorted([a, b, c])`, worked out again at each call.

And the first or last of texts, `max(a, b, c)`; of numbers it is a symbol. The same by a key,
`sorted(items, key=lambda item: -item)`: the key is traced, and what it gives is put in order. Of
items that are no numbers or texts themselves the order is guarded. `items.sort(key=key)` does the
same in place.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import NestedUserFunctionVariable, UserFunctionVariable
from torch._dynamo.variables.lists import ListVariable, TupleVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.late.symbols import is_symbol
from vartrack.bases.tracing.late.waiting import waits
from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.extras.thrift.unread.sorted_in_place import is_backwards
from vartrack.extras.thrift.worked_out.methods import made

__all__ = [
    "HOOKS",
    "ascending",
    "extreme_by_key",
    "extreme_text",
    "order_of_keys",
    "ordered_by_keys",
    "sorted_by_key",
    "sorted_items",
]

#: The types of what is sorted with each other.
_GROUPS = (frozenset({int, float}), frozenset({str}))
#: So many are sorted at most, as each that is used is found by sorting them again.
_MOST = 16


def ascending(*items: Any) -> tuple[Any, ...]:
    """Numbers or texts from the smallest to the largest."""
    return tuple(sorted(items))


def descending(*items: Any) -> tuple[Any, ...]:
    """Numbers or texts from the largest to the smallest."""
    return tuple(sorted(items, reverse=True))


def ordered_by_keys(way: str, width: int, count: int, *parts: Any) -> tuple[Any, ...]:
    """Items in the order of their keys.

    Args:
        way: a name in `_WAYS`.
        width: of how many parts a key is a tuple; 0 if keys are none.
        count: how many items there are.
        parts: the parts of all keys, and then the items.
    """
    keys, items = parts[:-count], parts[-count:]
    return tuple([items[at] for at in _WAYS[way](_keys(width, keys))])


def order_of_keys(way: str, width: int, *parts: Any) -> str:
    """The numbers of the items in the order of their keys, as a text."""
    return " ".join(map(str, _WAYS[way](_keys(width, parts))))


def _keys(width: int, parts: tuple[Any, ...]) -> Sequence[Any]:
    if not width:
        return parts
    return [parts[at : at + width] for at in range(0, len(parts), width)]


def _upwards(keys: Sequence[Any]) -> list[int]:
    return sorted(range(len(keys)), key=keys.__getitem__)


def _downwards(keys: Sequence[Any]) -> list[int]:
    return sorted(range(len(keys)), key=keys.__getitem__, reverse=True)


def _last(keys: Sequence[Any]) -> list[int]:
    return [max(range(len(keys)), key=keys.__getitem__)]


def _first(keys: Sequence[Any]) -> list[int]:
    return [min(range(len(keys)), key=keys.__getitem__)]


_WAYS: dict[str, Callable[[Sequence[Any]], list[int]]] = {
    "upwards": _upwards,
    "downwards": _downwards,
    "max": _last,
    "min": _first,
}


class _KeysAtHand(VariableTracker):
    """A function that gives keys that were worked out before, one after the other."""

    def __init__(self, keys: Sequence[VariableTracker], **options: Any) -> None:
        super().__init__(**options)
        self.keys = [*keys]

    def call_function(self, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        return self.keys.pop(0)


def sorted_by_key(tx: Any, args: list[Any], kwargs: dict[str, Any]) -> VariableTracker | None:
    """``sorted(items, key=key)`` of a few items; None if torch is to sort."""
    if not kwargs.keys() <= {"key", "reverse"} or not _is_key(kwargs.get("key")):
        return None
    backwards = is_backwards(kwargs)
    if backwards is None:
        return None
    way = "downwards" if backwards else "upwards"
    done = _by_key(tx, way, sorted, args, kwargs)
    return ListVariable(done, mutation_type=ValueMutationNew()) if type(done) is list else done


def extreme_by_key(
    tx: Any, op: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]
) -> VariableTracker | None:
    """``op(items, key=key)`` of `max` or `min`, of a few items; None if torch is to find it."""
    if kwargs.keys() != {"key"} or not _is_key(kwargs["key"]):
        return None
    done = _by_key(tx, op.__name__, op, args, kwargs)
    return done[0] if type(done) is list else done


def _by_constants(way: str, keys: list[Any]) -> list[int] | None:
    """The numbers of the items in the order of keys that are constants; None if one is none.

    torch calls `max` and `min` with a key if all is constant, and breaks the graph else.
    """
    try:
        known = [specialize_symnode(key.realize()).as_python_constant() for key in keys]
        return _WAYS[way](known)
    except (NotImplementedError, TypeError):
        return None


def _by_key(tx: Any, way: str, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """The items in the order of their keys, or what ``function`` gives for other keys."""
    items = _few(tx, args)
    if items is None:
        return None
    keys = [kwargs["key"].call_function(tx, [item], {}) for item in [*items]]
    ordered = _in_order(tx, way, keys, items)
    if ordered is not None:
        return ordered
    order = _by_constants(way, keys) if function in (max, min) else None
    if order is not None:
        return [items[at] for at in order]
    listed = ListVariable([*items], mutation_type=ValueMutationNew())
    at_hand = {**kwargs, "key": _KeysAtHand(keys)}
    return VariableTracker.build(tx, function).call_function(tx, [listed], at_hand)


def _few(tx: Any, args: list[Any]) -> Sequence[VariableTracker] | None:
    """The items of the only argument, if those are a few and torch has them."""
    if len(args) != 1:
        return None
    made_of = args[0].realize()
    if not made_of.is_tensor() and made_of.python_type() in _OF_DICTS:
        listed = VariableTracker.build(tx, list).call_function(tx, [made_of], {})
        made_of = listed.realize()
    if type(made_of) not in (ListVariable, TupleVariable) or not 1 < len(made_of.items) <= _MOST:
        return None
    return made_of.items  # type: ignore[no-any-return]


_OF_DICTS: tuple[type, ...] = (dict, type({}.keys()), type({}.values()), type({}.items()))


#: Functions in C that give a number or a text of a value that varies, which varies as well.
_IN_C = frozenset({abs, len, int, float, str})


def _is_key(key: Any) -> bool:
    """Whether it is a function that is traced: most of what is in C sees constants."""
    if key is None:
        return False
    known = key.realize()
    if type(known) is BuiltinVariable:
        return known.fn in _IN_C
    return type(known) in (UserFunctionVariable, NestedUserFunctionVariable)


def _in_order(
    tx: Any, way: str, keys: list[Any], items: Sequence[VariableTracker]
) -> list[VariableTracker] | None:
    """``items`` in the order of their keys; None if those do not vary, or may run code."""
    parts = [_parts(key) for key in keys]
    width = len(parts[0])
    of_each = [*zip(*parts, strict=False)]
    if any(len(each) != width for each in parts) or not all(map(_are_alike, of_each)):
        return None
    is_alone = type(keys[0].unwrap()) is not TupleVariable
    known: list[Any] = [way, 0 if is_alone else width]
    flat = [part for each in parts for part in each]
    if not any(waits(part) or is_symbol(part) for part in flat):
        return None
    if _are_alike(items):
        head = [ConstantVariable.create(each) for each in (*known, len(items))]
        pieces: Any = made(tx, ordered_by_keys, [*head, *flat, *items])
        if pieces is not None:
            count = len(pieces.example)
            return [pieces.item(tx, ConstantVariable.create(at)) for at in range(count)]
    order: Any = made(tx, order_of_keys, [*map(ConstantVariable.create, known), *flat])
    if order is None:
        return None
    return [items[int(at)] for at in order.realize().as_python_constant().split()]


def _parts(key: Any) -> list[Any]:
    """What a key is compared by: its items, if it is a tuple."""
    known = key.unwrap()
    return [*known.items] if type(known) is TupleVariable else [key]


def _are_alike(items: Sequence[Any]) -> bool:
    """Whether they are numbers or texts that are compared with each other by code in C."""
    for item in items:
        if not (waits(item) or is_symbol(item) or type(item.unwrap()) is ConstantVariable):
            return False
    types = {item.python_type() for item in items}
    return any(types <= group for group in _GROUPS)


def extreme_text(
    tx: Any, op: Callable[..., Any], items: Sequence[VariableTracker]
) -> VariableTracker | None:
    """``op(*items)`` of `max` or `min`, of texts some of which vary; None if they are others."""
    if len(items) == 1:
        made_here: Any = None if waits(items[0]) else items[0].unwrap()
        if type(made_here) not in (ListVariable, TupleVariable) or made_here.source is not None:
            return None
        items = made_here.items
    if not 1 < len(items) <= _MOST or not any(map(waits, items)):
        return None
    is_of_texts = all(waits(item) or type(item.unwrap()) is ConstantVariable for item in items)
    if not is_of_texts or any(item.python_type() is not str for item in items):
        return None
    text: Any = made(tx, op, items)
    if waits(text):
        text.rely_on_presence()
    return text  # type: ignore[no-any-return]


def sorted_items(tx: Any, args: list[Any], kwargs: dict[str, Any]) -> VariableTracker | None:
    """``sorted(items)`` of numbers or texts, some of which vary; None if torch is to sort."""
    if len(args) != 1 or not kwargs.keys() <= {"reverse"}:
        return None
    numbers = args[0].realize()
    if type(numbers) not in (ListVariable, TupleVariable):
        return None
    items = numbers.items
    if not 1 < len(items) <= _MOST or not any(waits(item) or is_symbol(item) for item in items):
        return None
    types = {item.python_type() for item in items}
    backwards = is_backwards(kwargs) if any(types <= group for group in _GROUPS) else None
    if backwards is None:
        return None
    pieces: Any = made(tx, descending if backwards else ascending, items)
    if pieces is None:
        return None
    return ListVariable(
        [pieces.item(tx, ConstantVariable.create(at)) for at in range(len(items))],
        mutation_type=ValueMutationNew(),
    )


def _sorting(own: Callable[..., Any]) -> Callable[..., Any]:
    """``items.sort(key=key)`` of a few items, some of whose keys vary."""

    @functools.wraps(own)
    def call_method(self: Any, tx: Any, name: str, args: Any, kwargs: Any) -> Any:
        if name == "sort" and not args and "key" in kwargs and self.is_mutable():
            done = _sorted_meanwhile(tx, self, kwargs)
            if done is not None:
                tx.output.side_effects.mutation(self)
                self.items[:] = done.items  # type: ignore[attr-defined]
                return ConstantVariable.create(None)
        return own(self, tx, name, args, kwargs)

    return call_method


def _sorted_meanwhile(tx: Any, whole: Any, kwargs: dict[str, Any]) -> VariableTracker | None:
    """The items of a list in order. It is empty to the key, as it is in Python."""
    items = [*whole.items]
    whole.items.clear()
    try:
        listed = ListVariable(items, mutation_type=ValueMutationNew())
        done = sorted_by_key(tx, [listed], kwargs)
        is_changed = bool(whole.items)
    finally:
        whole.items[:] = items
    if is_changed and done is not None:
        whole.items[:] = done.items  # type: ignore[attr-defined]
        tx.output.side_effects.mutation(whole)
        raise_in_program(tx, ValueError("list modified during sort"))
    return done


#: What is put into torch while a registry with this set is in force.
HOOKS = (Wrappers((ListVariable, "call_method", _sorting)),)
