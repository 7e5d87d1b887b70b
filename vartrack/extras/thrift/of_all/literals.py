"""Literals in containers: of them alone it is worked out again at each call what is made of all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch._dynamo.variables import SetVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import ListVariable, TupleVariable

from vartrack.bases.tracing.late.waiting import waits
from vartrack.core.sources.fixed import is_writable

__all__ = ["CONTAINERS", "SEQUENCES", "in_made", "literals"]

_LITERALS: frozenset[type] = frozenset({str, bytes, int, float, bool, type(None)})
#: By the name of its type, which can be written into code, what makes a sequence.
SEQUENCES: dict[str, type] = {"list": list, "tuple": tuple}
#: The same, and what makes a set.
CONTAINERS: dict[str, type] = {**SEQUENCES, "set": set}
_MADE = (ListVariable, TupleVariable, SetVariable)


def literals(items: Iterable[Any], types: frozenset[type] = _LITERALS) -> list[Any]:
    """What is in ``items``.

    Raises:
        TypeError: it is not of these types, so code of a user's could have a say.
    """
    them = [*items]
    if not types.issuperset(map(type, them)):
        raise TypeError("What is no literal is not looked at, as code of a user's could run.")
    return them


def in_made(tracker: Any) -> tuple[str, tuple[Any, ...]] | None:
    """The literals in a list, tuple or set that the traced code has made, after what it is.

    Returns:
        None if it is from outside, or if something else is in it.
    """
    if waits(tracker):
        return None
    known: Any = tracker.unwrap()
    if type(known) is ConstantVariable and type(known.value) is tuple:
        items = known.value
    elif type(known) in _MADE and known.source is None:
        parts = [getattr(item, "vt", item).unwrap() for item in known.items]
        if not all(type(part) is ConstantVariable for part in parts):
            return None
        items = tuple(part.value for part in parts)
    else:
        return None
    kind = known.python_type().__name__
    return (kind, items) if kind in CONTAINERS and all(map(is_writable, items)) else None
