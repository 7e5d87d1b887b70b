"""Dicts that the traced code only writes to, under keys that change: `self.log[name] = loss`.

Neither the keys are guarded nor what was in the dict before, until something is read of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._dynamo.bytecode_transformation import create_instruction
from torch._dynamo.source import DictGetItemSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable

from vartrack.compat.making import lazy
from vartrack.extras.thrift.held import is_built
from vartrack.extras.thrift.late import is_late
from vartrack.extras.thrift.operands import is_found_in_c
from vartrack.extras.thrift.unread import Unread
from vartrack.visitors.mappings import all_literal

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

__all__ = ["FilledDict", "put"]


class FilledDict(Unread, ConstDictVariable):
    """A dict from outside of which only what was put into it is known, in pairs."""

    ordinary = ConstDictVariable
    holder = dict

    def __init__(self, before: dict[Any, Any], **options: Any) -> None:
        super().__init__(before, **options)
        self.should_reconstruct_all = False

    def as_before(self, tx: Any) -> VariableTracker:
        """The dict, as it was, with a guard on all keys: it was changed."""
        source: Any = self.source
        items = {
            ConstantVariable.create(key): lazy(value, DictGetItemSource(source, key), tx=tx)
            for key, value in self.before.items()
        }
        tracker = ConstDictVariable(items, source=source)
        tracker.install_dict_keys_match_guard()
        return tracker

    @staticmethod
    def write(tx: Any, tracker: VariableTracker, one: Any) -> None:
        """Put one value under its key."""
        key, value = one
        tracker.call_method(tx, "__setitem__", [key.realize(), value], {})

    def has_new_items(self) -> bool:
        """Whether anything was put into it."""
        return bool(self.written)

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Write code that makes a dict of what was put into it, in that order."""
        for pair in self.written:
            codegen.foreach(pair)
        codegen.append_output(create_instruction("BUILD_MAP", arg=len(self.written)))


def put(tx: Any, container: Any, key: Any, value: VariableTracker) -> bool:
    """Note ``container[key] = value``, if that can be done without reading the dict.

    Returns:
        Whether it was noted.
    """
    if not _is_plain(key):
        return False
    if is_late(container) and is_late(key) and type(container.example) is dict:
        if is_built(container) or not all_literal(container.example):
            return False
        FilledDict.take(tx, container)
    held = container.unwrap()
    if type(held) is not FilledDict:
        return False
    held.note(tx, [(key, value)])
    return True


def _is_plain(key: Any) -> bool:
    """Whether a dict finds the key by C code alone."""
    if is_late(key):
        key.rely_on_type()
        return is_found_in_c(type(key.example))
    return type(key.unwrap()) is ConstantVariable
