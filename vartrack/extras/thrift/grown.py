"""Lists and deques that the traced code only adds to: `self.losses.append(loss)`.

What was in them before is neither read nor guarded, until something else is done with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._dynamo.bytecode_transformation import create_instruction
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.lists import DequeVariable, ListVariable, TupleVariable

from vartrack.extras.thrift.unread import Unread

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

__all__ = ["GrownDeque", "GrownList"]


class Grown(Unread):
    """A sequence of which only what was added to its end is known."""

    holder = list
    adding = frozenset({"append", "extend"})

    def added(self, name: str, args: list[VariableTracker]) -> list[Any] | None:
        return args if name == "append" else _items_of(args[0])

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


class GrownDeque(Grown, DequeVariable):
    """A deque from outside of which only what was added is known.

    How many it may have makes no difference, as Python drops those that are too many.
    """

    ordinary = DequeVariable


def _items_of(more: Any) -> list[VariableTracker] | None:
    """The items of a list or tuple that is made while tracing."""
    more = more.realize()
    if type(more) not in (ListVariable, TupleVariable) or more.source is not None:
        return None
    return list(more.items)
