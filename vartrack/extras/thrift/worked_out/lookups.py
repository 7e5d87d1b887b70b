"""What is held under a key or at a place that changes: `table[self.key]`, `rates[self.step]`.

torch fixes the key or index, and compiles once for each. But the graph depends only on what is
found. So that has a source which is the look-up itself, done again at each call, and what is
guarded is what is found.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import torch
from torch._dynamo.source import is_constant_source
from torch._dynamo.variables.base import ValueMutationExisting, VariableTracker
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.tensor import SymNodeVariable

from vartrack import session
from vartrack.bases.tracing.late.symbols import is_symbol, place_of_symbol
from vartrack.bases.tracing.late.waiting import waits
from vartrack.bases.tracing.late.working_out import example_of, place_of
from vartrack.core.guarding.tensors_in_dicts import TENSORS_IN_DICTS
from vartrack.core.sources.at_source import value_at
from vartrack.core.sources.worked_out import worked_out
from vartrack.core.wrapping.wrappers import Wrappers, in_this_release
from vartrack.extras.thrift.asking.membership import at_its_place, is_member
from vartrack.extras.thrift.late import found, held
from vartrack.extras.thrift.late.changes import note_change
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.late.may_wait import MayWait
from vartrack.extras.thrift.of_all.dicts import CopiedDict
from vartrack.extras.thrift.unread import by_key
from vartrack.extras.thrift.unread.filled import OF_TYPE
from vartrack.inputs import value_numbers

__all__ = ["HOOKS", "GetOfTable", "is_table", "item_at", "looked_up"]


def is_table(container: Any) -> bool:
    """Whether ``container`` is a dict from elsewhere, or a copy of one that was not read."""
    if is_late(container):
        return type(container.example) in OF_TYPE
    table = container.unwrap()
    if type(table) is CopiedDict:
        return table.is_at_place()
    return type(table) in (ConstDictVariable, *OF_TYPE.values()) and table.source is not None


def looked_up(tx: Any, container: Any, key: Any) -> VariableTracker | None:
    """What a dict holds under a late key; None if torch is to look it up."""
    table: Any = container.realize()
    if type(table) is not ConstDictVariable:
        return None
    key = at_its_place(key)
    if not is_late(key) or not _is_as_it_was(table) or not _has(tx, table, key.example):
        return None
    at, wanted = key.place(), key.example
    value = value_at(tx, table.source)[wanted]
    if not found.is_fit(tx, at, wanted, value) or not is_member(table, key):
        return None
    return found.taken(tx, value, worked_out(*_READ, (table.source, at)), at, wanted)


def item_at(tx: Any, container: Any, index: Any) -> VariableTracker | None:
    """What a late list or tuple holds at an index that varies; None if torch is to look it up."""
    if not is_late(container) or not (waits(index) or is_symbol(index)):
        return None
    if held.is_built(container) or type(container.example) not in (list, tuple):
        return None
    place = place_of(operator.getitem, [container, index])
    try:
        number = example_of(index)
        value = container.example[number]
    except Exception:
        return None  # torch raises it in the program
    if place is None or type(number) is not int:
        return None
    at = index.place() if waits(index) else place_of_symbol(index)
    if not found.is_fit(tx, at, number, value):
        return None
    held.note_read(tx, container)
    if is_symbol(index):
        note_change(tx, place, value)
    return found.taken(tx, value, place, at, number)


def _has(tx: Any, table: Any, key: Any) -> bool:
    try:
        return key in value_at(tx, table.source)
    except Exception:
        return False  # torch raises it in the program


class GetOfTable(MayWait):
    """``table.get`` of a dict from elsewhere."""

    def result(self, tx: Any, args: list[Any], kwargs: dict[str, Any]) -> VariableTracker | None:
        """What is found, or the default."""
        if not 1 <= len(args) <= 2 or kwargs:
            return None
        item = None
        if by_key.is_by_key(self.obj, args[0]):
            item = by_key.get_by_key(tx, self.obj, *args)
        if item is not None or not is_late(args[0]):
            return item
        item = looked_up(tx, self.obj, args[0])
        table = self.obj.realize()
        if item is None and type(table) is ConstDictVariable and _is_as_it_was(table):
            item = self._missed(tx, *args)
        return item

    def _missed(self, tx: Any, key: Any, default: Any = None) -> VariableTracker | None:
        """The default, if that the key is not there can be guarded."""
        if is_member(self.obj.realize(), key) is not False:
            return None
        return VariableTracker.build(tx, None) if default is None else default


#: How an item is read, as `worked_out` takes it.
_READ = ("{}[{}]", "operator.getitem")


def _looking_up(own: Callable[..., VariableTracker]) -> Callable[..., VariableTracker]:
    """What reads an item of a dict, by a key that may be a symbol."""

    def mp_subscript_impl(
        self: ConstDictVariable, tx: Any, key: VariableTracker
    ) -> VariableTracker:
        return _found_by_symbol(self, tx, key) or own(self, tx, key)

    return mp_subscript_impl


def _found_by_symbol(
    of: ConstDictVariable, tx: Any, key: VariableTracker
) -> VariableTracker | None:
    """The tensor under a symbol, as an input of its own; None if that is not what is read."""
    compile = session.compile_of(tx)
    if compile is None or of.source is None or not _is_as_it_was(of):
        return None
    number = key.realize()
    if not isinstance(number, SymNodeVariable) or number.source is None:
        return None
    if is_constant_source(number.source) or not value_numbers.is_met(compile, number.source):
        return None
    try:
        table = value_at(tx, of.source)
        value = table[value_at(tx, number.source)]
    except Exception:
        return None  # torch says what is wrong with it
    if type(table) is not dict or type(value) is not torch.Tensor:
        return None
    return VariableTracker.build(tx, value, worked_out(*_READ, (of.source, number.source)))


def _is_as_it_was(table: ConstDictVariable) -> bool:
    """Whether the traced code has not changed the dict."""
    change = table.mutation_type
    return isinstance(change, ValueMutationExisting) and not change.is_modified


#: What is put into torch while a registry with this set is in force; torch looks keys up by a
#: method of its own on some releases.
HOOKS = (
    TENSORS_IN_DICTS,
    Wrappers(*in_this_release((ConstDictVariable, "mp_subscript_impl", _looking_up))),
)
