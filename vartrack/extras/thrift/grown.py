"""Lists and deques that the traced code only adds to: `self.losses.append(loss)`.

What was in them before is neither read nor guarded, until something else is done with them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo.bytecode_transformation import create_instruction
from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.source import GetItemSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import DequeVariable, ListVariable, TupleVariable

from vartrack.compat.making import lazy
from vartrack.extras.thrift.unread import Unread

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

__all__ = ["ADDING", "GROWN", "GrownDeque", "GrownList"]

#: The methods that add to the end.
ADDING = frozenset({"append", "extend"})


class Grown(Unread):
    """A sequence of which only what was added to its end is known."""

    holder = list

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name in ADDING and len(args) == 1 and not kwargs:
            more = args if name == "append" else _items_of(args[0])
            if more is not None:
                return self.note(tx, more)
        self.become_ordinary()
        result: VariableTracker = self.call_method(tx, name, args, kwargs)
        return result

    def lazy_items(self, tx: Any) -> list[VariableTracker]:
        """What was there, each built when it is needed; how much that was is guarded."""
        source: Any = self.source
        install_guard(source.make_guard(GuardBuilder.SEQUENCE_LENGTH), skip=1)
        return [
            lazy(item, GetItemSource(source, index), tx=tx)
            for index, item in enumerate(self.before)
        ]

    @staticmethod
    def write(tx: Any, tracker: VariableTracker, one: VariableTracker) -> None:
        """Add one item."""
        tracker.call_method(tx, "append", [one], {})

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Write code that makes it anew as a list: its items now, and what was added."""
        codegen.append_output(create_instruction("BUILD_LIST", arg=0))
        codegen(self.source)
        codegen.append_output(create_instruction("LIST_EXTEND", arg=1))
        codegen.foreach(self.written)
        codegen.append_output(create_instruction("BUILD_LIST", arg=len(self.written)))
        codegen.append_output(create_instruction("LIST_EXTEND", arg=1))


class GrownList(Grown, ListVariable):
    """A list from outside of which only what was added is known."""

    ordinary = ListVariable

    def as_before(self, tx: Any) -> VariableTracker:
        """The list, as it was."""
        return ListVariable(self.lazy_items(tx), source=self.source)


class GrownDeque(Grown, DequeVariable):
    """A deque from outside of which only what was added is known.

    torch refuses to change one of limited length, since it does not keep in what order.
    """

    ordinary = DequeVariable

    def as_before(self, tx: Any) -> VariableTracker:
        """The deque, as it was."""
        length = ConstantVariable.create(self.before.maxlen)
        return DequeVariable(self.lazy_items(tx), length, source=self.source)


#: From the type of a container to its tracker.
GROWN: dict[type, type[Grown]] = {list: GrownList, deque: GrownDeque}


def _added_by(name: str) -> Callable[..., VariableTracker]:
    """The method that a torch has which looks up one for each."""

    def add(self: Grown, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        return self.call_method(tx, name, args, kwargs)

    return add


for _cls in GROWN.values():
    for _name in ADDING:
        for _prefix in ("list", "deque"):
            if hasattr(_cls.ordinary, f"{_prefix}_{_name}"):
                setattr(_cls, f"{_prefix}_{_name}", _added_by(_name))


def _items_of(more: Any) -> list[VariableTracker] | None:
    """The items of a list or tuple that is made while tracing."""
    more = more.realize()
    if type(more) not in (ListVariable, TupleVariable) or more.source is not None:
        return None
    return list(more.items)
