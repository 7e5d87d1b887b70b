"""Lists that are sorted in place, `self.best.sort()`, of which not all is read.

Numbers and texts are sorted by code in C. So what is in the list is guarded by its types alone, and
each item that is read is found by sorting again.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.bases.tracing.late.symbols import is_symbol, place_of_symbol
from vartrack.bases.tracing.late.waiting import waits
from vartrack.core.sources.fixed import is_writable
from vartrack.core.sources.worked_out import worked_out
from vartrack.extras.thrift.late.asked import Question
from vartrack.extras.thrift.unread.varying import place_or_literal

__all__ = ["ascending", "descending", "is_backwards", "place_in_order", "question_of_types"]

#: The types of values that are sorted with each other.
_GROUPS: tuple[tuple[str, frozenset[type]], ...] = (
    ("numbers", frozenset({int, float})),
    ("texts", frozenset({str})),
)


def ascending(*parts: Any) -> list[Any]:
    """What `_joined` gives, the smallest first."""
    items = _joined(*parts)
    items.sort()
    return items


def descending(*parts: Any) -> list[Any]:
    """The same, the largest first."""
    items = _joined(*parts)
    items.sort(reverse=True)  # those that are equal stay as they were
    return items


def _joined(part: Any, first: int, last: int, before: int, *known: Any) -> list[Any]:
    """``part`` without its first and last items, between what is known.

    Raises:
        TypeError: these are neither all numbers nor all texts.
    """
    items = [*known[:before], *[*part][first : len(part) - last], *known[before:]]
    for _, types in _GROUPS:  # by no generator: torch 2.10 refuses one that compiled code calls
        if _are_all(types, items):
            return items
    raise TypeError("What is no number or text is not sorted, as code of a user's could run.")


def _are_all(types: frozenset[type], it: Iterable[Any]) -> bool:
    return types.issuperset(map(type, it))


def is_backwards(kwargs: dict[str, Any]) -> bool | None:
    """Whether ``sort(**kwargs)`` puts the largest first; None if that is not known.

    A flag that varies is guarded.
    """
    order = kwargs.get("reverse")
    if order is None:
        return False
    if waits(order) and order.type_at_hand is not bool:
        return None
    known = order.realize()
    is_known = type(known) is ConstantVariable and type(known.value) is bool
    return known.value if is_known else None


def question_of_types(items: Iterable[Any], known: Sequence[VariableTracker]) -> Question | None:
    """What is asked of a list so that it can be sorted; None if code of a program could run."""
    for name, types in _GROUPS:
        if _are_all(types, items) and all(_is_of(types, each) for each in known):
            return Question(f"all of _ are {name}", functools.partial(_are_all, types))
    return None


def _is_of(types: frozenset[type], item: Any) -> bool:
    if waits(item):
        if item.type_at_hand not in types:
            return False
        item.rely_on_type()
        return True
    if is_symbol(item):
        return item.python_type() in types
    known = item.unwrap()
    return type(known) is ConstantVariable and type(known.value) in types


def place_in_order(
    backwards: bool, place: Any, ends: tuple[int, int, int], known: Sequence[VariableTracker]
) -> Any:
    """Where a list is that is sorted again at each call; None if not all of it is at a place.

    Args:
        backwards: whether the largest comes first.
        place: where the list is as it was before.
        ends: how many of its first and last items are gone, and how many of ``known`` come first.
        known: what was added.
    """
    places = [_place_of(each) for each in known]
    if None in places:
        return None
    sort = descending if backwards else ascending
    operands = (place, *ends, *places)
    name = f"{__name__}.{sort.__name__}"
    return worked_out(f"{name}({', '.join(['{}'] * len(operands))})", name, operands)


def _place_of(item: Any) -> Any:
    """Where a number or text is found, or itself."""
    if is_symbol(item):
        return place_of_symbol(item)
    known: Any = None if waits(item) else item.unwrap()
    if type(known) is ConstantVariable:
        return known.value if is_writable(known.value) else None
    return place_or_literal(item, _ALL)


_ALL = frozenset({int, float, str})
