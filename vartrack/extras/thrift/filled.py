"""Dicts that the traced code only writes to, under keys that change: `self.log[name] = loss`.

Neither the keys are guarded nor what was in the dict before, until something is read of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._dynamo.bytecode_transformation import create_instruction
from torch._dynamo.source import DictGetItemSource
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable

from vartrack.compat.making import lazy
from vartrack.extras.thrift.held import is_built
from vartrack.extras.thrift.late import LateVariable, is_late
from vartrack.extras.thrift.operands import is_found_in_c
from vartrack.extras.thrift.unread import Unread
from vartrack.visitors.mappings import all_literal

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

__all__ = ["FilledDict", "put"]


class FilledDict(Unread, ConstDictVariable):
    """A dict from outside of which only what was put into it is known.

    Args:
        before: the dict, as it was before the call.
        options: what else a tracker takes.
    """

    ordinary = ConstDictVariable
    _nonvar_fields = {"before", *ConstDictVariable._nonvar_fields}

    def __init__(self, before: dict[Any, Any], **options: Any) -> None:
        self.before = before
        self.put: list[tuple[VariableTracker, VariableTracker]] = []
        super().__init__({}, **options)
        self.should_reconstruct_all = False

    @property
    def items(self) -> dict[Any, VariableTracker]:  # type: ignore[override]
        """All items; the dict is an ordinary one from now on."""
        self.become_ordinary()
        items: dict[Any, VariableTracker] = self.__dict__["items"]
        return items

    @items.setter
    def items(self, items: dict[Any, VariableTracker]) -> None:
        """Nothing: there are none while it is made, and later it is an ordinary one."""

    def become_ordinary(self) -> None:
        """Read what was in the dict, and put in again what was put in."""
        tx: Any = InstructionTranslator.current_tx()
        source: Any = self.source
        create = ConstantVariable.create
        before = {
            create(key): lazy(value, DictGetItemSource(source, key), tx=tx)
            for key, value in self.before.items()
        }
        known, put = self.__dict__, self.put
        del known["before"], known["put"]
        ordinary = ConstDictVariable(before, source=source)
        known.update((name, vars(ordinary)[name]) for name in _OF_ITEMS)
        self.__class__ = ConstDictVariable  # type: ignore[assignment]
        self.install_dict_keys_match_guard()
        for key, value in put:
            self.call_method(tx, "__setitem__", [key.realize(), value], {})

    def has_new_items(self) -> bool:
        """Whether anything was put into it."""
        return bool(self.put)

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Write code that makes a dict of what was put into it, in that order."""
        for pair in self.put:
            codegen.foreach(pair)
        codegen.append_output(create_instruction("BUILD_MAP", arg=len(self.put)))

    def __repr__(self) -> str:
        return f"FilledDict(by {len(self.put)})"

    debug_repr = __repr__


#: What a dict's tracker knows of its items.
_OF_ITEMS = ("items", "original_items", "should_reconstruct_all")


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
        _fill(tx, container)
    held = container.unwrap()
    if type(held) is not FilledDict:
        return False
    tx.output.side_effects.mutation(held)
    held.put.append((key, value))
    return True


def _is_plain(key: Any) -> bool:
    """Whether a dict finds the key by C code alone."""
    if is_late(key):
        key.rely_on_type()
        return is_found_in_c(type(key.example))
    return type(key.unwrap()) is ConstantVariable


def _fill(tx: Any, late: LateVariable) -> None:
    """Make ``late``, a dict from outside that nothing was read of, one that is written to."""
    late.rely_on_type()
    tracker = FilledDict(late.example, source=late.original_source())
    cache: Any = late._cache
    cache.vt = tx.output.side_effects.track_mutable(late.example, tracker)
    del cache.value, cache.source
