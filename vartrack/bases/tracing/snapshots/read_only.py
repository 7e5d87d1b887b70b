"""What a snapshot holds: parts that traced code may read, and must not change."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo.variables.base import ValueMutationExisting, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import DequeVariable, ListVariable, TupleVariable

from vartrack.bases.tracing.snapshots.ways import Access
from vartrack.compat.hooks import of_base
from vartrack.compat.names import SetVariable

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

__all__ = ["ReadOnlyMutation", "container", "forbid_changes"]


class ReadOnlyMutation(ValueMutationExisting):
    """Marks a list or dict that a snapshot holds: changing it breaks the graph.

    Args:
        refuse: breaks the graph.
    """

    def __init__(self, refuse: Callable[[], Any]) -> None:
        self.refuse = refuse
        super().__init__()

    @property
    def is_modified(self) -> bool:
        """Always False. torch sets it when traced code changes the container."""
        return False

    @is_modified.setter
    def is_modified(self, changed: bool) -> None:
        if changed:
            self.refuse()


class _ReadOnly:
    """A container that a snapshot holds. One without a source is part of a new snapshot."""

    #: Writes the instructions that load the container; set if it has no source.
    load: Callable[[PyCodegen], None] | None = None
    #: Whether a change was refused. torch must not go on to work it out on a copy.
    refused = False

    def is_python_constant(self) -> bool:
        return not self.refused and super().is_python_constant()  # type: ignore[misc,no-any-return]

    def as_python_constant(self) -> Any:
        if self.refused:
            raise NotImplementedError(f"{self} was to be changed")
        return of_base(super().as_python_constant)()  # type: ignore[misc]

    def clone(self, **changes: Any) -> VariableTracker:
        """A copy, such as a slice, which is nobody's part."""
        own = {name: item for name, item in vars(self).items() if name not in ("load", "refused")}
        return type(self)(**{**own, **changes})

    def reconstruct(self, codegen: PyCodegen) -> None:
        if self.load is None:
            of_base(super().reconstruct)(codegen)  # type: ignore[misc]
        else:
            self.load(codegen)


class ReadOnlyListVariable(_ReadOnly, ListVariable):
    """A list that a snapshot holds."""

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name == "sort" and isinstance(self.mutation_type, ReadOnlyMutation):
            # torch would turn the refusal into an exception of the traced program
            self.mutation_type.refuse()
        return super().call_method(tx, name, args, kwargs)


class ReadOnlyDictVariable(_ReadOnly, ConstDictVariable):
    """A dict that a snapshot holds."""


class ReadOnlySetVariable(_ReadOnly, SetVariable):
    """A set that a snapshot holds."""


class ReadOnlyDequeVariable(_ReadOnly, DequeVariable):
    """A deque that a snapshot holds."""


def container(value: Any, part: Callable[[Any, Access], VariableTracker]) -> VariableTracker | None:
    """The tracker of a container of exactly a standard type; None for anything else.

    Args:
        value: the container.
        part: makes the tracker of one item.
    """
    cls = type(value)
    if cls is tuple or cls is list:
        items = [part(item, Access("index", index)) for index, item in enumerate(value)]
        return (TupleVariable if cls is tuple else ReadOnlyListVariable)(items)
    if cls is deque:
        items = [part(item, Access("index", index)) for index, item in enumerate(value)]
        return ReadOnlyDequeVariable(items, ConstantVariable.create(value.maxlen))
    if cls is dict and all(map(ConstantVariable.is_literal, value)):
        pairs = {
            ConstantVariable.create(key): part(item, Access("item", key))
            for key, item in value.items()
        }
        return ReadOnlyDictVariable(pairs)
    if cls is set and all(map(ConstantVariable.is_literal, value)):
        return ReadOnlySetVariable([ConstantVariable.create(item) for item in value])
    return None


def forbid_changes(
    tx: Any, value: Any, tracker: VariableTracker, refuse: Callable[[], Any]
) -> None:
    """File ``tracker`` as that of ``value``, so that it is met again wherever ``value`` is."""

    def mark_and_refuse() -> Any:
        tracker.refused = True  # type: ignore[attr-defined]
        return refuse()

    tx.output.side_effects.track_mutable(value, tracker)
    tracker.mutation_type = ReadOnlyMutation(mark_and_refuse)
