"""Whether a container from outside is equal to another: `sizes == [1, 2]`, `config == self.last`.

torch reads all that is in them, and compiles for each length. Here they are held against each other
again at each call, of literals alone, and the answer is guarded.
"""

from __future__ import annotations

import operator
from collections import deque
from typing import Any

from torch._dynamo.guards import GuardBuilder, install_guard

from vartrack.core.exporting import is_stored
from vartrack.core.worked_out import worked_out
from vartrack.extras.thrift.late.held import is_built, note_read
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.of_all.literals import SEQUENCES, in_made, literals

__all__ = ["equal"]

_TYPES = (list, tuple, deque, dict, set, frozenset)


def are_equal(one: Any, other: Any) -> bool:
    """Whether two containers of literals are equal.

    Raises:
        TypeError: something in one of them is no literal.
    """
    for each in (one, other):
        literals(each)
        if type(each) is dict:
            literals(each.values())
    return bool(one == other)


def is_equal_to(one: Any, kind: str, items: tuple[Any, ...]) -> bool:
    """Whether a container is equal to a list or tuple of literals; raises as `are_equal`."""
    return are_equal(one, SEQUENCES[kind](items))


def equal(tx: Any, op: Any, left: Any, right: Any) -> bool | None:
    """``left == right``, or ``!=``, of a late container; None if they are to be read."""
    if op not in (operator.eq, operator.ne) or is_stored(tx):
        return None
    late, other = (left, right) if _is_container(left) else (right, left)
    if not _is_container(late):
        return None
    if _is_container(other):
        function, known, operands = are_equal, (other.example,), [late.place(), other.place()]
    else:
        known = in_made(other)
        if known is None:
            return None
        function, operands = is_equal_to, [late.place(), *known]
    try:
        answer = function(late.example, *known)
    except Exception:
        return None  # code of the program could have a say, or torch raises it there
    for each in (late, other):
        if is_late(each):
            each.rely_on_type()
            note_read(tx, each)
    name = f"{__name__}.{function.__name__}"
    place = worked_out(f"{name}({', '.join(['{}'] * len(operands))})", name, operands)
    install_guard(place.make_guard(GuardBuilder.CONSTANT_MATCH))
    return answer is (op is operator.eq)


def _is_container(tracker: Any) -> bool:
    return is_late(tracker) and type(tracker.example) in _TYPES and not is_built(tracker)
