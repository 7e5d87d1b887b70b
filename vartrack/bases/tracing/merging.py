"""`**value`, `dict(value)` and `update`: the mapping protocol before iteration, as Python has it."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.dicts import ConstDictVariable

from vartrack.compat.dict_update import replace_operands

__all__ = ["MERGING", "as_dict", "merged_by_keys"]


def as_dict(value: Any) -> dict[Any, Any]:
    """What ``**value`` takes of a mapping, as a new dict."""
    result: dict[Any, Any] = {}
    result.update(value)
    return result


def merged_by_keys(tx: Any, mapping: VariableTracker) -> VariableTracker:
    """The same, traced: each item is what indexing gives for one of the mapping's ``keys()``."""
    get: Any = VariableTracker.build(tx, operator.getitem)
    listed: Any = VariableTracker.build(tx, list)
    keys = listed.call_function(tx, [mapping.call_method(tx, "keys", [], {})], {})
    return ConstDictVariable({key: get.call_function(tx, [mapping, key], {}) for key in keys.items})


def _merged(tx: Any, operand: VariableTracker) -> VariableTracker:
    """What stands for an operand that torch would iterate, or read in a way of its own."""
    operand = operand.realize()
    take: Callable[[Any], VariableTracker | None] | None = getattr(operand, "merged", None)
    return operand if take is None else take(tx) or operand


class Merging:
    """Has torch's dicts ask our trackers what they give, while vartrack is installed."""

    def __init__(self) -> None:
        self._undo: Callable[[], None] | None = None

    def add(self) -> None:
        """Have them ask."""
        self._undo = replace_operands(_merged)

    def remove(self) -> None:
        """Give torch its own back."""
        if self._undo is not None:
            self._undo()
        self._undo = None


#: What `install` puts in place.
MERGING = Merging()
