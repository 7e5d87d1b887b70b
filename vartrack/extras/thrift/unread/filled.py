"""Dicts and sets that the traced code only writes to: `self.log[name] = loss`, `seen.add(name)`.

Neither the keys are guarded nor what was there before, until something is read of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._dynamo.bytecode_transformation import create_instruction
from torch._dynamo.variables import SetVariable
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import TupleVariable
from torch._dynamo.variables.misc import StringFormatVariable

from vartrack.bases.tracing.late.late_text import LateText
from vartrack.bases.tracing.late.symbols import is_symbol
from vartrack.bases.tracing.late.waiting import waits
from vartrack.extras.thrift.asking.operands import is_found_in_c
from vartrack.extras.thrift.late.held import is_built
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.unread.keys import spare
from vartrack.extras.thrift.unread.only_written import Unread
from vartrack.visitors.mappings import all_literal

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

__all__ = ["OF_TYPE", "FilledDict", "FilledSet", "put"]


class FilledDict(Unread, ConstDictVariable):
    """A dict from outside of which only what was put into it is known, in pairs."""

    ordinary = ConstDictVariable
    holder = dict
    adding = frozenset({"update"})

    def __init__(self, before: dict[Any, Any], asked: Any, **options: Any) -> None:
        super().__init__(before, asked, **options)
        self.should_reconstruct_all = False

    @classmethod
    def can_take(cls, example: Any) -> bool:
        return all_literal(example)

    def added(self, name: str, args: list[VariableTracker]) -> list[Any] | None:
        more = args[0].unwrap()
        if type(more) is not ConstDictVariable or more.source is not None:
            return None
        pairs = [(key.vt, value) for key, value in more.items.items()]
        return pairs if all(_is_plain(key) for key, _ in pairs) else None

    def as_before(self, tx: Any) -> VariableTracker:
        """The dict, as it was; it counts as changed."""
        tracker = super().as_before(tx)
        spare(tracker)
        return tracker

    @staticmethod
    def write(tx: Any, tracker: VariableTracker, one: Any) -> None:
        """Put one value under its key."""
        key, value = one
        tracker.call_method(tx, "__setitem__", [key, value], {})

    @property
    def keys_written(self) -> list[VariableTracker]:
        """The keys of what was put into it."""
        return [key for key, _ in self.written]

    def has_new_items(self) -> bool:
        """Whether anything was put into it."""
        return bool(self.written)

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Write code that makes a dict of what was put into it, in that order."""
        for pair in self.written:
            codegen.foreach(pair)
        codegen.append_output(create_instruction("BUILD_MAP", arg=len(self.written)))


class FilledSet(Unread, SetVariable):
    """A set from outside of which only what was added is known."""

    ordinary = SetVariable
    holder = dict
    adding = frozenset({"add"})

    def __init__(self, before: set[Any], asked: Any, **options: Any) -> None:
        super().__init__(before, asked, **options)
        self.should_reconstruct_all = False

    @classmethod
    def can_take(cls, example: Any) -> bool:
        return all(map(ConstantVariable.is_literal, example))

    def added(self, name: str, args: list[VariableTracker]) -> list[Any] | None:
        return args if _is_plain(args[0]) else None

    @staticmethod
    def write(tx: Any, tracker: VariableTracker, one: Any) -> None:
        """Add one element."""
        tracker.call_method(tx, "add", [one.realize()], {})

    @property
    def keys_written(self) -> list[VariableTracker]:
        """What was added."""
        return self.written

    def has_new_items(self) -> bool:
        """Whether anything was added."""
        return bool(self.written)

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Write code that makes a set of what was added."""
        codegen.foreach(self.written)
        codegen.append_output(create_instruction("BUILD_SET", arg=len(self.written)))


def put(tx: Any, container: Any, key: Any, value: VariableTracker) -> bool:
    """Note ``container[key] = value``, if that can be done without reading the dict.

    Returns:
        Whether it was noted.
    """
    if not _is_plain(key):
        return False
    if is_late(container):
        taking = OF_TYPE.get(type(container.example))
        if taking is None or is_built(container) or not taking.can_take(container.example):
            return False
        if taking is not FilledDict and not waits(key) and not is_symbol(key):
            return False  # of a key that does not vary torch knows what it needs
        taking.take(tx, container)
    held = container.unwrap()
    if type(held) not in OF_TYPE.values():
        return False
    held.note(tx, [(key, value)])
    return True


#: By the type of a dict the tracker that only knows what was put into it.
OF_TYPE: dict[type, type[FilledDict]] = {dict: FilledDict}


def _is_late_text(key: Any) -> bool:
    """Whether the key is a text that is made when the graph has run."""
    return (type(key) is LateText and waits(key)) or type(key.unwrap()) is StringFormatVariable


def _is_plain(key: Any) -> bool:
    """Whether a dict finds the key by C code alone."""
    if type(key) is TupleVariable:
        return all(map(_is_plain, key.items))
    if is_late(key):
        key.rely_on_type()
        return is_found_in_c(type(key.example))
    if is_symbol(key):
        return key.python_type() is int
    return _is_late_text(key) or type(key.unwrap()) is ConstantVariable
