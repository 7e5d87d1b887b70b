"""Whether a change fills a place that is empty, as a cache is filled, or takes something away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch._dynamo.variables.base import VariableTracker

from vartrack.bases.tracing.contents.stored_attributes import NOT_STORED, stored_at
from vartrack.bases.tracing.evaluating.folding import is_plain

__all__ = ["is_filling"]

_EMPTY = (NOT_STORED, None)


def is_filling(value: Any, method: str, args: Sequence[VariableTracker]) -> bool:
    """Whether ``method``, called with ``args``, leaves all that ``value`` holds as it is.

    It does if it sets an attribute or item that is not there, or None, or just so already. Of what
    cannot be told yet the answer is yes.

    Args:
        value: the value.
        method: one such as ``"__setattr__"``.
        args: the operands: a name or key, and what is set.
    """
    name = args[0].realize()
    if method in ("__delattr__", "__delitem__"):
        return False
    if len(args) < 2 or not name.is_python_constant():
        return True
    held = _held(value, method, name.as_python_constant())
    if any(held is empty for empty in _EMPTY):
        return True
    new = args[1].realize()
    if not new.is_python_constant():
        return not is_plain(held)
    number: Any = new.as_python_constant()
    return not is_plain(held) or (type(number) is type(held) and number == held)


def _held(value: Any, method: str, name: Any) -> Any:
    if method == "__setattr__":
        return stored_at(value, name)
    if isinstance(value, dict):
        return dict.get(value, name, NOT_STORED)
    return NOT_STORED
