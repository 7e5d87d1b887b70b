"""Lists that the traced code only adds to: `self.losses.append(loss)`.

What was in them before is neither read nor guarded, until something else is done with the list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from torch._dynamo.bytecode_transformation import create_instruction
from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.source import GetItemSource
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import ListVariable, TupleVariable

from vartrack.compat.making import lazy
from vartrack.extras.thrift.unread import Unread

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

    from vartrack.extras.thrift.late import LateVariable

__all__ = ["ADDING", "GrownList", "grow"]

#: The methods that add to the end of a list.
ADDING = frozenset({"append", "extend"})


class GrownList(Unread, ListVariable):
    """A list from outside of which only what was added is known.

    Args:
        before: the list, as it was before the call.
        options: what else a tracker takes.
    """

    ordinary = ListVariable
    _nonvar_fields = {"before", *ListVariable._nonvar_fields}

    def __init__(self, before: list[Any], **options: Any) -> None:
        self.before = before
        self.added: list[VariableTracker] = []
        super().__init__([], **options)

    @property
    def items(self) -> list[VariableTracker]:  # type: ignore[override]
        """All items; the list is an ordinary one from now on."""
        self.become_ordinary()
        items: list[VariableTracker] = self.__dict__["items"]
        return items

    @items.setter
    def items(self, items: list[VariableTracker]) -> None:
        if items:
            self.__dict__["items"] = items
            self.__class__ = ListVariable  # type: ignore[assignment]

    def become_ordinary(self) -> None:
        """Read what was in the list, and have its length guarded, as torch has from the start."""
        tx: Any = InstructionTranslator.current_tx()
        source: Any = self.source
        install_guard(source.make_guard(GuardBuilder.SEQUENCE_LENGTH), skip=1)
        before = [
            lazy(item, GetItemSource(source, index), tx=tx)
            for index, item in enumerate(self.before)
        ]
        known = self.__dict__
        known["items"] = [*before, *self.added]
        del known["before"], known["added"]
        self.__class__ = ListVariable  # type: ignore[assignment]

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name in ADDING and len(args) == 1 and not kwargs:
            more = args if name == "append" else _items_of(args[0])
            if more is not None:
                return self._add(tx, more)
        self.become_ordinary()
        result: VariableTracker = self.call_method(tx, name, args, kwargs)
        return result

    def _add(self, tx: Any, more: Iterable[VariableTracker]) -> VariableTracker:
        tx.output.side_effects.mutation(self)
        self.added.extend(more)
        return ConstantVariable.create(None)

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Write code that makes the list anew: its items now, and what was added."""
        codegen.append_output(create_instruction("BUILD_LIST", arg=0))
        codegen(self.source)
        codegen.append_output(create_instruction("LIST_EXTEND", arg=1))
        codegen.foreach(self.added)
        codegen.append_output(create_instruction("BUILD_LIST", arg=len(self.added)))
        codegen.append_output(create_instruction("LIST_EXTEND", arg=1))

    def __repr__(self) -> str:
        return f"GrownList(by {len(self.added)})"

    debug_repr = __repr__


def _added_by(name: str) -> Callable[..., VariableTracker]:
    """The method that a torch has which looks up one for each."""

    def add(self: GrownList, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        return self.call_method(tx, name, args, kwargs)

    return add


for _name in ADDING:
    if hasattr(ListVariable, f"list_{_name}"):
        setattr(GrownList, f"list_{_name}", _added_by(_name))


def _items_of(more: Any) -> list[VariableTracker] | None:
    """The items of a list or tuple that is made while tracing."""
    more = more.realize()
    if type(more) not in (ListVariable, TupleVariable) or more.source is not None:
        return None
    return list(more.items)


def grow(tx: Any, late: LateVariable) -> None:
    """Make ``late``, a list from outside that nothing was read of, one that is added to."""
    late.rely_on_type()
    tracker = GrownList(late.example, source=late.original_source())
    cache: Any = late._cache
    cache.vt = tx.output.side_effects.track_mutable(late.example, tracker)
    del cache.value, cache.source
