"""Dicts and sets that the traced code only changes: `self.log[name] = loss`, `seen.discard(name)`.

Neither the keys are guarded nor what was there before, until something is read of it.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from torch._dynamo.bytecode_transformation import create_instruction
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables import SetVariable
from torch._dynamo.variables.base import ValueMutationExisting, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import TupleVariable
from torch._dynamo.variables.misc import StringFormatVariable

from vartrack.bases.tracing.late.late_text import LateText
from vartrack.bases.tracing.late.symbols import is_symbol
from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.names import HashableTracker
from vartrack.core.guarding.exporting import is_stored
from vartrack.core.sources.at_source import value_at
from vartrack.extras.thrift.asking.operands import is_found_in_c
from vartrack.extras.thrift.late.asked import Asked
from vartrack.extras.thrift.late.held import is_built
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.unread.keys import spare, written_by_key
from vartrack.extras.thrift.unread.only_written import Unread
from vartrack.extras.thrift.unread.varying import (
    KEYS,
    are_parts,
    guard_contained,
    place_or_literal,
    value_of_key,
)

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

__all__ = [
    "OF_TYPE",
    "Filled",
    "FilledDict",
    "FilledSet",
    "is_plain",
    "put",
    "take_again",
    "unchanged_dict",
]


class Filled(Unread):
    """A dict or set from outside of which only what was done to it is known.

    `written` has that in pairs: a key with the value that was put there; None if it was taken away.
    """

    holder = dict

    def __init__(self, before: Any, asked: Any, **options: Any) -> None:
        super().__init__(before, asked, **options)
        self.should_reconstruct_all = False

    def is_at_place(self) -> bool:
        """Whether all that was there before is at `place`."""
        return True

    @property
    def keys_written(self) -> list[VariableTracker]:
        """The keys of what was done to it."""
        return [key for key, _ in self.written]

    @property
    def is_only_added_to(self) -> bool:
        """Whether nothing was taken away."""
        return all(value is not None for _, value in self.written)

    def has_new_items(self) -> bool:
        """Whether torch is to write back what was put into it: not if keys are taken away too."""
        return bool(self.written) and self.is_only_added_to


class FilledDict(Filled, ConstDictVariable):
    """A dict from outside of which only what was put into it is known.

    Attributes:
        was_read: the ordinary tracker that it had before, if some of it was read.
    """

    own_state: tuple[str, ...] = ("was_read",)
    ordinary = ConstDictVariable
    adding = frozenset({"update"})
    _nonvar_fields = {"was_read", *Filled._nonvar_fields}

    def __init__(self, before: Any, asked: Any, **options: Any) -> None:
        super().__init__(before, asked, **options)
        self.was_read: VariableTracker | None = None

    @classmethod
    def can_take(cls, example: Any) -> bool:
        return all(map(_is_literal, example))

    def added(self, name: str, args: list[VariableTracker]) -> list[Any] | None:
        more = args[0].unwrap()
        if type(more) is not ConstDictVariable or more.source is not None:
            return None
        pairs = [(key.vt, value) for key, value in more.items.items()]
        return pairs if all(is_plain(key) for key, _ in pairs) else None

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name != "update" or not kwargs:
            return super().call_method(tx, name, args, kwargs)
        if args:
            self.call_method(tx, name, args, {})
        named = {ConstantVariable.create(key): value for key, value in kwargs.items()}
        result: VariableTracker = self.call_method(tx, name, [ConstDictVariable(named)], {})
        return result

    def as_before(self, tx: Any) -> VariableTracker:
        """The dict, as it was; it counts as changed."""
        tracker = self.was_read or super().as_before(tx)
        spare(tracker)
        return tracker

    @staticmethod
    def write(tx: Any, tracker: VariableTracker, one: Any) -> None:
        """Put one value under its key, or take it away."""
        key, value = one
        if value is None:
            key, none = key.realize(), ConstantVariable.create(None)
            # `pop` builds what it takes away, which may not be read at all
            if HashableTracker(key) in vars(tracker)["items"]:
                tracker.call_method(tx, "__delitem__", [key], {})
            else:
                tracker.call_method(tx, "pop", [key, none], {})
        else:
            tracker.call_method(tx, "__setitem__", [key, value], {})

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Write code that makes a dict of what was put into it, in that order."""
        for pair in self.written:
            codegen.foreach(pair)
        codegen.append_output(create_instruction("BUILD_MAP", arg=len(self.written)))


class FilledSet(Filled, SetVariable):
    """A set from outside of which only what was added and taken away is known."""

    ordinary = SetVariable
    adding = frozenset({"add", "discard", "remove"})

    @classmethod
    def can_take(cls, example: Any) -> bool:
        return all(map(ConstantVariable.is_literal, example))

    def added(self, name: str, args: list[VariableTracker]) -> list[Any] | None:
        if not is_plain(args[0]) or (name == "remove" and not self._has(args[0])):
            return None
        return [(args[0], ConstantVariable.create(True) if name == "add" else None)]

    def _has(self, key: VariableTracker) -> bool:
        """Whether ``key`` is an element, which is guarded; False also if it is to be read."""
        tx: Any = InstructionTranslator.current_tx()
        place = None if self.written or is_stored(tx) else place_or_literal(key, KEYS)
        if place is None or value_of_key(key) not in self.before:
            return False
        guard_contained(self.place, place)
        return True

    @staticmethod
    def write(tx: Any, tracker: VariableTracker, one: Any) -> None:
        """Add one element, or take it away."""
        key, value = one
        tracker.call_method(tx, "discard" if value is None else "add", [key.realize()], {})

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Write code that makes a set of what was added."""
        codegen.foreach(self.keys_written)
        codegen.append_output(create_instruction("BUILD_SET", arg=len(self.written)))


def put(tx: Any, container: Any, key: Any, value: VariableTracker | None) -> bool:
    """Note ``container[key] = value``, if that can be done without reading the dict.

    Args:
        tx: the tracer.
        container: the dict.
        key: the key.
        value: what is put there; None if what is there is taken away.

    Returns:
        Whether it was noted.
    """
    if not is_plain(key):
        return False
    if is_late(container):
        taking = OF_TYPE.get(type(container.example))
        if taking is None or is_built(container) or not taking.can_take(container.example):
            return False
        taking.take(tx, container)
    elif value is not None and _is_late_text(key):
        take_again(tx, container)  # torch makes the text to look for it
    held = container.unwrap()
    if not issubclass(type(held), FilledDict):
        return False
    held.note(tx, [(key, value)])
    return True


def unchanged_dict(tx: Any, known: VariableTracker) -> dict[Any, Any] | None:
    """The dict from outside that an ordinary tracker stands for; None if it was changed, or is
    something else."""
    if type(known) is not ConstDictVariable or known.source is None or is_stored(tx):
        return None
    change = known.mutation_type
    if not isinstance(change, ValueMutationExisting) or change.is_modified:
        return None
    before = value_at(tx, known.source)
    return before if type(before) is dict else None


def _written_by_key(tx: Any, known: Any) -> tuple[Any, list[Any], dict[Any, Any]] | None:
    """A dict as it was, what was written to it and the items that it had; None if more was done."""
    if type(known) is not ConstDictVariable or known.source is None or is_stored(tx):
        return None
    found = written_by_key(known)
    before = None if found is None else value_at(tx, known.source)
    return (before, *found) if found is not None and type(before) is dict else None


def take_again(tx: Any, container: Any) -> bool:
    """Have a dict from outside tracked as unread of which some was read.

    Nothing of it was changed, or it was only written to under literals.

    Returns:
        Whether it is.
    """
    known = container.unwrap()
    before, was_read = unchanged_dict(tx, known), vars(known).copy()
    written: list[Any] = []
    if before is None and (found := _written_by_key(tx, known)) is not None:
        before, written, was_read["items"] = found
    if before is None:
        return False
    effects = tx.output.side_effects
    if before not in effects or effects[before] is not known or not FilledDict.can_take(before):
        return False
    asked = Asked(tx, known.source, before)
    taken = FilledDict(before, asked, source=known.source, mutation_type=known.mutation_type)
    taken.was_read = ConstDictVariable.__new__(ConstDictVariable)
    vars(taken.was_read).update(was_read)
    taken.written = written
    vars(known).clear()
    vars(known).update(vars(taken))
    known.__class__ = FilledDict
    return True


#: By the type of a dict the tracker that only knows what was put into it.
OF_TYPE: dict[type, type[FilledDict]] = {dict: FilledDict}


def _is_literal(key: Any) -> bool:
    """Whether a key is a literal or a member of an enum, or a tuple of some."""
    if type(key) is tuple:
        return all(map(_is_literal, key))
    return ConstantVariable.is_literal(key) or (
        isinstance(key, enum.Enum) and is_found_in_c(type(key))
    )


def _is_late_text(key: Any) -> bool:
    """Whether the key is a text that is made when the graph has run."""
    return (type(key) is LateText and waits(key)) or type(key.unwrap()) is StringFormatVariable


def is_plain(key: Any) -> bool:
    """Whether a dict finds the key by C code alone."""
    if type(key) is TupleVariable or are_parts(key.unwrap()):
        return all(map(is_plain, key.unwrap().items))
    if is_late(key):
        key.rely_on_type()
        return is_found_in_c(type(key.example))
    if is_symbol(key):
        return key.python_type() is int
    return _is_late_text(key) or type(key.unwrap()) is ConstantVariable
