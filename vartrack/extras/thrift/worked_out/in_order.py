"""Numbers or texts that vary, in order: `sorted([a, b, c])`, worked out again at each call.

And the first or last of texts, `max(a, b, c)`; of numbers it is a symbol. The same by a key,
`sorted(items, key=lambda item: -item)`: the key is traced, and what it gives is put in order. Of
items that are no numbers or texts themselves the order is guarded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import NestedUserFunctionVariable, UserFunctionVariable
from torch._dynamo.variables.lists import ListVariable, TupleVariable

from vartrack.bases.tracing.late.symbols import is_symbol
from vartrack.bases.tracing.late.waiting import waits
from vartrack.extras.thrift.worked_out.methods import made

__all__ = [
    "ascending",
    "extreme_by_key",
    "extreme_text",
    "order_of_keys",
    "sorted_by_key",
    "sorted_by_keys",
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


def sorted_by_keys(backwards: bool, *keys_and_items: Any) -> tuple[Any, ...]:
    """The items, which are the second half, in the order of their keys."""
    count = len(keys_and_items) // 2
    order = _order(backwards, keys_and_items[:count])
    return tuple([keys_and_items[count + at] for at in order])


def order_of_keys(backwards: bool, *keys: Any) -> str:
    """Which of the keys comes first, which second and so on, as a text."""
    return " ".join(map(str, _order(backwards, keys)))


def _order(backwards: bool, keys: tuple[Any, ...]) -> list[int]:
    return sorted(range(len(keys)), key=keys.__getitem__, reverse=backwards)


class _KeysAtHand(VariableTracker):
    """A function that gives keys that were worked out before, one after the other."""

    def __init__(self, keys: Sequence[VariableTracker], **options: Any) -> None:
        super().__init__(**options)
        self.keys = [*keys]

    def call_function(self, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        return self.keys.pop(0)


def sorted_by_key(tx: Any, args: list[Any], kwargs: dict[str, Any]) -> VariableTracker | None:
    """``sorted(items, key=key)`` of a few items; None if torch is to sort."""
    order = kwargs.get("reverse", ConstantVariable.create(False))
    if waits(order) or not order.is_python_constant() or not kwargs.keys() <= {"key", "reverse"}:
        return None
    backwards = order.as_python_constant()
    items = _few(args)
    if items is None or type(backwards) is not bool or not _is_key(kwargs.get("key")):
        return None
    keys = [kwargs["key"].call_function(tx, [item], {}) for item in items]
    ordered = _in_order(tx, backwards, keys, items)
    if ordered is None:
        at_hand = {**kwargs, "key": _KeysAtHand(keys)}
        listed = ListVariable([*items], mutation_type=ValueMutationNew())
        return BuiltinVariable(sorted).call_function(tx, [listed], at_hand)
    return ListVariable(ordered, mutation_type=ValueMutationNew())


def extreme_by_key(
    tx: Any, op: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]
) -> VariableTracker | None:
    """``op(items, key=key)`` of `max` or `min`, of a few items; None if torch is to find it."""
    items = _few(args)
    if items is None or kwargs.keys() != {"key"} or not _is_key(kwargs["key"]):
        return None
    keys = [kwargs["key"].call_function(tx, [item], {}) for item in items]
    ordered = _in_order(tx, op is max, keys, items)
    if ordered is not None:
        return ordered[0]  # of those that are equal the first, in either order
    at_hand = {"key": _KeysAtHand(keys)}
    return BuiltinVariable(op).call_function(tx, [TupleVariable([*items])], at_hand)


def _few(args: list[Any]) -> Sequence[VariableTracker] | None:
    """The items of the only argument, if those are a few and torch has them."""
    if len(args) != 1:
        return None
    made_of = args[0].realize()
    if type(made_of) not in (ListVariable, TupleVariable) or not 1 < len(made_of.items) <= _MOST:
        return None
    return made_of.items  # type: ignore[no-any-return]


def _is_key(key: Any) -> bool:
    """Whether it is a function that is traced: what is in C sees constants."""
    return key is not None and type(key.unwrap()) in (
        UserFunctionVariable,
        NestedUserFunctionVariable,
    )


def _in_order(
    tx: Any, backwards: bool, keys: list[Any], items: Sequence[VariableTracker]
) -> list[VariableTracker] | None:
    """``items`` in the order of their keys; None if those do not vary, or may run code."""
    if not any(waits(key) or is_symbol(key) for key in keys) or not _are_alike(keys):
        return None
    which = ConstantVariable.create(backwards)
    if _are_alike(items):
        pieces: Any = made(tx, sorted_by_keys, [which, *keys, *items])
        if pieces is not None:
            return [pieces.item(tx, ConstantVariable.create(at)) for at in range(len(items))]
    order: Any = made(tx, order_of_keys, [which, *keys])
    if order is None:
        return None
    return [items[int(at)] for at in order.realize().as_python_constant().split()]


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
    order = kwargs.get("reverse", ConstantVariable.create(False))
    if type(numbers) not in (ListVariable, TupleVariable) or waits(order):
        return None
    items = numbers.items
    if not 1 < len(items) <= _MOST or not any(waits(item) or is_symbol(item) for item in items):
        return None
    if not order.is_python_constant() or type(order.as_python_constant()) is not bool:
        return None
    types = {item.python_type() for item in items}
    if not any(types <= group for group in _GROUPS):
        return None
    pieces: Any = made(tx, descending if order.as_python_constant() else ascending, items)
    if pieces is None:
        return None
    return ListVariable(
        [pieces.item(tx, ConstantVariable.create(at)) for at in range(len(items))],
        mutation_type=ValueMutationNew(),
    )
