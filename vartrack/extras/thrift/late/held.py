"""What a late container holds: one item is read without that the others are guarded."""

from __future__ import annotations

import functools
from collections import deque
from typing import Any

import torch
from torch._dynamo.source import AttrSource, GetItemSource, LocalSource, TypeMROSource
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.utils import get_locals_to_steal
from torch._dynamo.variables.base import VariableTracker

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.shared import guards_on
from vartrack.extras.thrift.late.asked import Question
from vartrack.extras.thrift.late.late_variable import LateVariable, is_late
from vartrack.extras.thrift.late.settings import is_setting
from vartrack.extras.thrift.late.sources import FromEndSource

__all__ = [
    "is_as_long",
    "is_built",
    "is_own_part",
    "item_before",
    "item_of",
    "must_be_built",
    "note_read",
    "read_of",
    "source_before",
]

_READ = "thrift.read"
_SEQUENCES = (list, tuple, deque)
_SETS = (set, frozenset)


def must_be_built(source: Any, value: Any) -> bool:
    """Whether torch has something of its own to say about such a container at such a place."""
    cls = type(value)
    tx = InstructionTranslator.current_tx()
    if isinstance(source, TypeMROSource) or (cls is tuple and is_setting(tx, source, value)):
        return True
    if cls in _SETS and any(isinstance(it, torch.Tensor) for it in value):
        return True  # refused
    if cls in _SEQUENCES and any(item is value for item in value):
        return True
    if isinstance(source, LocalSource):
        return source.local_name in get_locals_to_steal(tx.output)
    return is_own_part(source)


def is_own_part(source: Any) -> bool:
    """Whether it is where a module, a function or a class has parts of its own."""
    return isinstance(source, AttrSource) and source.member.startswith("_")


def is_built(late: LateVariable) -> bool:
    """Whether the very object was built from another place; then this one is an alias of it."""
    return late.example in InstructionTranslator.current_tx().output.side_effects


def note_read(tx: Any, late: LateVariable) -> None:
    """Remember that something of ``late`` was read."""
    read_of(tx)[id(late)] = late


def read_of(tx: Any) -> dict[int, LateVariable]:
    """The late containers of which something was read in this compile."""
    output: Any = tx.output
    read: dict[int, LateVariable] = output.vartrack_compile.notes.setdefault(_READ, {})
    return read


def item_of(tx: Any, late: Any, index: VariableTracker) -> VariableTracker | None:
    """One item of a late list, tuple or deque; None if it cannot be read alone."""
    if not is_late(late) or not isinstance(late.example, _SEQUENCES) or is_built(late):
        return None
    if waits(index) or not index.is_python_constant():
        return None
    number = index.as_python_constant()
    if type(number) is not int:
        return None
    if not -len(late.example) <= number < len(late.example):
        _say_missing(tx, late, number)
        return None
    return _item(tx, late, number)


def _say_missing(tx: Any, late: Any, number: int) -> None:
    """Raise in the program that there is no such item, if that there is none can be asked."""
    late.rely_on_type()
    if late.asked.put(_long_enough(number)) is False:
        note_read(tx, late)
        name = type(late.example).__name__
        raise_in_program(tx, IndexError(f"{name} index out of range"))


def _long_enough(number: int) -> Question:
    """Whether there is an item at an index, counted from the end if it is negative."""
    least = number + 1 if number >= 0 else -number
    return Question(f"len(_) >= {least}", functools.partial(is_as_long, least))


def _item(tx: Any, late: Any, number: int) -> VariableTracker:
    late.rely_on_type()
    note_read(tx, late)
    return item_before(tx, late.original_source(), late.asked, number)


def item_before(tx: Any, base: Any, asked: Any, number: int) -> VariableTracker:
    """One item of a container from outside, which has one there.

    Args:
        tx: the tracer.
        base: where the container is.
        asked: what was asked of it.
        number: which item, counted from the end if it is negative.
    """
    source = source_before(base, number)
    item: Any = VariableTracker.build(tx, asked.value[number], source)
    if is_late(item):
        item.rely_on_presence()
    else:
        item = item.realize()
    if not guards_on(tx.output.guards, source):
        # nothing of the item is guarded that would fail if it were not there
        asked.put(_long_enough(number))
    return item  # type: ignore[no-any-return]


def source_before(base: Any, number: int) -> Any:
    """Where an item of a container is, counted from the end if ``number`` is negative."""
    return FromEndSource(base, number) if number < 0 else GetItemSource(base, number)


def is_as_long(least: int, it: Any) -> bool:
    """Whether ``it`` has at least so many items."""
    return len(it) >= least
