"""Sequences that are taken apart, `first, *rest = items`, or matched: `case ["add", n, *_]:`.

Only what is at the ends is read, and how many there are at least. The rest is a part that is made
again when the graph has run, until something goes through it.
"""

from __future__ import annotations

import collections
import functools
import operator
import sys
from collections.abc import Callable
from typing import Any

from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import ListVariable, TupleVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat import behaviour
from vartrack.compat.instructions import Instructions
from vartrack.core.guarding.exporting import is_stored
from vartrack.extras.thrift.late import held
from vartrack.extras.thrift.late.asked import Question
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.unread.copied import copy_of, part_of
from vartrack.extras.thrift.worked_out.lengths import length_of

__all__ = ["HOOKS"]

_SEQUENCES = frozenset({list, tuple, collections.deque})
_MAPPINGS = frozenset({dict, collections.OrderedDict, collections.defaultdict, collections.Counter})
#: The types of late values of which Python says what they match, and no code of a program does.
_KNOWN = _SEQUENCES | _MAPPINGS | {str, bytes, int, float, bool, set, frozenset}


def _unpack_ex(tx: Any, inst: Any) -> bool:
    """``a, *b, c = items``."""
    first, last = inst.argval & 0xFF, inst.argval >> 8
    late = tx.stack[-1]
    if not is_late(late) or type(late.example) not in (list, tuple) or held.is_built(late):
        return False
    least = first + last
    if is_stored(tx):
        return False
    late.rely_on_type()
    if len(late.example) < least:
        install_guard(late.original_source().make_guard(GuardBuilder.SEQUENCE_LENGTH))
        few = f"not enough values to unpack (expected at least {least}, got {len(late.example)})"
        raise_in_program(tx, ValueError(few))
    long_enough = Question(f"len(_) >= {least}", functools.partial(held.is_as_long, least))
    if late.asked.put(long_enough) is not True:
        return False
    rest = part_of(tx, copy_of(tx, late, list), slice(first, -last or None))
    if rest is None:
        return False
    rest.by_torch = lambda: _read(tx, late, first, last)
    held.note_read(tx, late)
    ends = [
        held.item_before(tx, late.original_source(), late.asked, at)
        for at in (*range(first), *range(-last, 0))
    ]
    tx.pop()
    for item in reversed((*ends[:first], rest, *ends[first:])):
        tx.push(item)
    return True


def _read(tx: Any, late: Any, first: int, last: int) -> Any:
    """The items of the rest, each at its place, unless the traced code has changed the sequence."""
    effects = tx.output.side_effects
    if late.example in effects and effects.is_modified(effects[late.example]):
        return None
    items = late.realize().items
    return ListVariable(items[first : len(items) - last])


def _get_len(tx: Any, inst: Any) -> bool:
    """How many items something has that is matched."""
    length = length_of(tx.stack[-1])
    if length is None:
        return False
    tx.push(length)
    return True


def _matches(types: frozenset[type]) -> Callable[[Any, Any], bool]:
    """Whether a late value is of a kind, which its type says."""

    def match(tx: Any, inst: Any) -> bool:
        late = tx.stack[-1]
        if not is_late(late) or type(late.example) not in _KNOWN:
            return False
        late.rely_on_type()
        tx.push(ConstantVariable.create(type(late.example) in types))
        return True

    return match


def _match_keys(tx: Any, inst: Any) -> bool:
    """``case {"lr": rate}:``, of a dict: which of its keys are there, and what they hold.

    torch asks first whether it is a mapping, and reads all of it for that.
    """
    table, keys = tx.stack[-2:]
    if is_late(table):
        is_dict = type(table.example) is dict
    else:
        is_dict = not waits(table) and type(table.unwrap()) is ConstDictVariable
    if not is_dict or not _IS_ALONE:
        if waits(table) and not behaviour.TRACES_MATCHING:
            tx.stack[-2] = table.realize()  # torch asks the tracker itself
        return False
    found: list[VariableTracker] = []
    for key in keys.realize().items:
        there = _CONTAINS.call_function(tx, [table, key], {})
        if not there.as_python_constant():
            tx.push(ConstantVariable.create(None))
            return True
        found.append(_GET_ITEM.call_function(tx, [table, key], {}))
    tx.push(TupleVariable(found))
    return True


_CONTAINS, _GET_ITEM = BuiltinVariable(operator.contains), BuiltinVariable(operator.getitem)
#: Up to Python 3.10 the instruction also says whether they were found.
_IS_ALONE = sys.version_info >= (3, 11)

#: What is put into torch while a registry with this set is in force.
HOOKS = (
    Instructions(
        UNPACK_EX=_unpack_ex,
        GET_LEN=_get_len,
        MATCH_SEQUENCE=_matches(_SEQUENCES),
        MATCH_MAPPING=_matches(_MAPPINGS),
        MATCH_KEYS=_match_keys,
    ),
)
