"""Lists and deques that the traced code only adds to: `self.losses.append(loss)`.

What was in them before is neither read nor guarded, until something else is done with them. One
item of a list may be replaced at an index that varies: `cache[layer] = keys`.
"""

from __future__ import annotations

import itertools
import operator
from typing import TYPE_CHECKING, Any

from torch._dynamo.bytecode_transformation import (
    create_call_method,
    create_dup_top,
    create_instruction,
)
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.lists import DequeVariable, ListVariable, TupleVariable

from vartrack.extras.thrift.unread.only_written import Unread

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

__all__ = ["GrownDeque", "GrownList"]


class Grown(Unread):
    """A sequence of which only what was added to it is known, each with the method that adds it."""

    holder = list
    #: From a method that adds several to the one that adds one of them.
    of_each = {"extend": "append"}
    adding = frozenset({"append", "extend"})

    def added(self, name: str, args: list[VariableTracker]) -> list[Any] | None:
        items = _items_of(args[0]) if name in self.of_each else args
        name = self.of_each.get(name, name)
        return None if items is None else [(name, item) for item in items]

    @staticmethod
    def write(tx: Any, tracker: VariableTracker, one: tuple[str, VariableTracker]) -> None:
        """Add one item."""
        name, item = one
        tracker.call_method(tx, name, [item], {})


class GrownList(Grown, ListVariable):
    """A list from outside of which only what was added, or put in another's place, is known.

    Attributes:
        replaced: what was put in the place of items that were there before, each with its index.
    """

    ordinary = ListVariable
    replaced: list[tuple[VariableTracker, VariableTracker]]

    def __init__(self, before: list[Any], asked: Any, **options: Any) -> None:
        super().__init__(before, asked, **options)
        self.replaced = []

    def replace(self, tx: Any, index: VariableTracker, item: VariableTracker) -> None:
        """Note that ``item`` is put at ``index``, where there was one before."""
        self.note(tx, ())
        self.replaced.append((index, item))

    def become_ordinary(self) -> None:
        """Read what was there, and write again what was written."""
        tx: Any = InstructionTranslator.current_tx()
        replaced = self.__dict__.pop("replaced")
        super().become_ordinary()
        for index, item in replaced:
            self.call_method(tx, "__setitem__", [index.realize(), item], {})

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Write code that makes it anew as a list: its items now, and what was added."""
        codegen.append_output(create_instruction("BUILD_LIST", arg=0))
        codegen(self.source)
        codegen.append_output(create_instruction("LIST_EXTEND", arg=1))
        for pair in self.replaced:
            codegen.append_output(create_dup_top())
            codegen.load_method("__setitem__")
            codegen.foreach(pair)
            codegen.extend_output([*create_call_method(2), create_instruction("POP_TOP")])
        _build_list(codegen, [item for _, item in self.written])
        codegen.append_output(create_instruction("LIST_EXTEND", arg=1))


class GrownDeque(Grown, DequeVariable):
    """A deque from outside of which only what was added is known.

    How many it may have makes no difference: what was done is done again to a copy, where Python
    drops those that are too many.
    """

    ordinary = DequeVariable
    of_each = {"extend": "append", "extendleft": "appendleft"}
    adding = frozenset({*of_each, *of_each.values()})

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Write code that makes a copy, and adds to it what was added."""
        codegen(self.source)
        codegen.load_method("copy")
        codegen.extend_output(create_call_method(0))
        for name, run in itertools.groupby(self.written, operator.itemgetter(0)):
            codegen.append_output(create_dup_top())
            codegen.load_method(_OF_SEVERAL[name])
            _build_list(codegen, [item for _, item in run])
            codegen.extend_output([*create_call_method(1), create_instruction("POP_TOP")])


#: From a method that adds one item to the one that adds several.
_OF_SEVERAL = {one: several for several, one in GrownDeque.of_each.items()}


def _build_list(codegen: PyCodegen, items: list[VariableTracker]) -> None:
    codegen.foreach(items)
    codegen.append_output(create_instruction("BUILD_LIST", arg=len(items)))


def _items_of(more: Any) -> list[VariableTracker] | None:
    """The items of a list or tuple that is made while tracing."""
    more = more.realize()
    if type(more) not in (ListVariable, TupleVariable) or more.source is not None:
        return None
    return list(more.items)
