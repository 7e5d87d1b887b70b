"""How a container from outside stands to another: `sizes == [1, 2]`, `version >= (2, 3)`.

torch reads all that is in them, and compiles for each length. Here they are held against each other
again at each call, of literals alone, and the answer is guarded.
"""

from __future__ import annotations

import operator
from collections import deque
from typing import Any

from torch._dynamo.guards import GuardBuilder, install_guard

from vartrack.core.guarding.exporting import is_stored
from vartrack.core.sources.worked_out import worked_out
from vartrack.extras.thrift.late.held import is_built, note_read
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.late.views import is_view
from vartrack.extras.thrift.of_all.literals import CONTAINERS, in_made, literals
from vartrack.extras.thrift.of_all.sets import CopiedSet

__all__ = ["held_against"]

_TYPES = (list, tuple, deque, dict, set, frozenset)
_ORDERING = {name: getattr(operator, name) for name in ("le", "lt", "ge", "gt")}
_OPERATORS = {"eq": operator.eq, "ne": operator.ne, **_ORDERING}
_NAMES = {operator_: name for name, operator_ in _OPERATORS.items()}


def answer(name: str, one_is: str, one: Any, other_is: str, other: Any) -> bool:
    """What an operator says of two containers of literals.

    Args:
        name: of the operator.
        one_is: what is made of ``one`` before: a list, a tuple, a set, or the keys of a dict.
        one: the first operand.
        other_is: what is made of ``other``.
        other: the second operand.

    Raises:
        TypeError: something in one is no literal, or one is not before or after the other.
    """
    both = [_as(one_is, one), _as(other_is, other)]
    return bool(_OPERATORS[name](*both))


def _as(kind: str, container: Any) -> Any:
    literals(container)
    if kind == "keys":
        return container.keys()
    if kind:
        return CONTAINERS[kind](container)
    if type(container) is dict:
        literals(container.values())
    return container


def held_against(tx: Any, op: Any, left: Any, right: Any) -> bool | None:
    """``left == right`` and its like of late containers, guarded; None if they are to be read."""
    name = _NAMES.get(op)
    if name is None or not (_is_unread(left) or _is_unread(right)) or is_stored(tx):
        return None
    one, other = _part(left), _part(right)
    if one is None or other is None:
        return None
    parts = [one, other]
    examples: list[Any] = []
    operands: list[Any] = [name]
    for kind, place, example, _ in parts:
        examples += [kind, example]
        operands += [kind, place]
    try:
        result = answer(name, *examples)
    except Exception:
        return None  # code of the program could have a say, or torch raises it there
    for *_, late in parts:
        if late is not None:
            late.rely_on_type()
            note_read(tx, late)
    function = f"{__name__}.{answer.__name__}"
    place = worked_out(f"{function}({', '.join(['{}'] * 5)})", function, operands)
    install_guard(place.make_guard(GuardBuilder.CONSTANT_MATCH))
    return result


def _is_unread(tracker: Any) -> bool:
    """Whether it is a late container, the keys of one, or a set that was made of one."""
    if is_late(tracker):
        return type(tracker.example) in _TYPES
    return type(tracker) is CopiedSet or (is_view(tracker) and tracker.name == "keys")


def _part(tracker: Any) -> tuple[str, Any, Any, Any] | None:
    """What is made of an operand, where that is, the one at hand, and the late container."""
    if type(tracker) is CopiedSet:
        return None if tracker.written else ("set", tracker.of, tracker.before, None)
    late = tracker.of if is_view(tracker) else tracker
    if is_late(late):
        kind = "" if late is tracker else tracker.name
        is_one = type(late.example) in _TYPES and kind in ("", "keys") and not is_built(late)
        return (kind, late.place(), late.example, late) if is_one else None
    made = in_made(tracker)
    return None if made is None else (*made, made[1], None)
