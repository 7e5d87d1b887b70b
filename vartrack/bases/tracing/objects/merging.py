"""`**value`, `dict(value)`, `update` and `list(value)`, taken from a value as Python takes them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import ListVariable

from vartrack.bases.tracing.classes.lacking import lacks
from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.compat.taking import Operands

__all__ = [
    "MERGING",
    "as_dict",
    "gone_through",
    "items_given",
    "listed",
    "merged_by_keys",
    "need_iterable",
]


def as_dict(value: Any) -> dict[Any, Any]:
    """What ``**value`` takes of a mapping, as a new dict: the mapping protocol, not iteration."""
    result: dict[Any, Any] = {}
    result.update(value)
    return result


def merged_by_keys(tx: Any, mapping: VariableTracker) -> VariableTracker:
    """The same, traced: each item is what indexing gives for one of the mapping's ``keys()``."""
    get: Any = VariableTracker.build(tx, operator.getitem)
    keys = items_given(tx, mapping.call_method(tx, "keys", [], {}))
    return ConstDictVariable({key: get.call_function(tx, [mapping, key], {}) for key in keys})


def items_given(tx: Any, iterable: VariableTracker) -> list[VariableTracker]:
    """The trackers of all that going through ``iterable`` gives."""
    make_list: Any = VariableTracker.build(tx, list)
    return list(make_list.call_function(tx, [iterable], {}).items)


def gone_through(tx: Any, iterable: VariableTracker) -> list[VariableTracker]:
    """The trackers of all that ``iter`` gives for it, of which torch up to 2.12 knows more."""
    iterator: Any = VariableTracker.build(tx, iter).call_function(tx, [iterable], {})
    return list(iterator.force_unpack_var_sequence(tx))


def listed(items: list[VariableTracker]) -> VariableTracker:
    """What ``list(value)`` takes of a value that gives ``items``."""
    return ListVariable(items, mutation_type=ValueMutationNew())


def need_iterable(tx: Any, cls: type) -> None:
    """Raise Python's error in the program if no ``cls`` can be gone through."""
    if lacks(cls, "__iter__"):
        raise_in_program(tx, TypeError(f"{cls.__name__!r} object is not iterable"))


def _asking(name: str) -> Callable[[Any, VariableTracker, type], VariableTracker]:
    """Asks the method ``name`` of an operand's tracker what stands for it, if it has that."""

    def stand_in(tx: Any, operand: VariableTracker, _: type) -> VariableTracker:
        operand = operand.realize()
        take: Callable[[Any], VariableTracker | None] | None = getattr(operand, name, None)
        return operand if take is None else take(tx) or operand

    return stand_in


#: Has torch's dicts and lists ask our trackers what they give, while they may be met. It would read
#: them in ways of its own: by iteration where Python asks for ``keys()``, and with a guard on the
#: length, which not every value has.
MERGING = Operands(_asking("merged"), _asking("listed"))
