"""`Operations`: what Dynamo's tables of functions hold of a tracker class while it may be met."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable

from vartrack.compat.subclasses import with_subclasses
from vartrack.core.wrapping.handlers import forget_handlers, is_of_torch

__all__ = ["Entry", "Operations"]

Entry = tuple[tuple[type, type], Callable[..., Any]]


class Operations:
    """What Dynamo's tables of functions hold of a tracker class while they may be met.

    Args:
        tracker: the tracker class.
        of_one: for functions of one operand what answers for the class and its subclasses.
        of_two: gives functions of two operands, each with its entry, when it is called.
    """

    def __init__(
        self,
        tracker: type[VariableTracker],
        of_one: Mapping[Any, Callable[..., VariableTracker]],
        of_two: Callable[[], Iterable[tuple[Any, Entry]]] = tuple,
    ) -> None:
        self.tracker = tracker
        self.of_one = of_one
        self.of_two = of_two
        self.added: list[tuple[Any, Entry]] = []
        self.new: list[Any] = []
        self.in_force = False

    def add(self) -> None:
        """Have Dynamo ask here first."""
        table: Any = BuiltinVariable._binop_handlers()
        for function, entry in self.of_two():
            if function not in table:
                self.new.append(function)
            table.setdefault(function, []).insert(0, entry)
            self.added.append((function, entry))
        self.in_force = True
        for cls in with_subclasses(self.tracker):
            self.add_class(cls)

    def add_class(self, cls: type) -> None:
        """The same for a subclass of the tracker class."""
        if self.in_force:
            cache: Any = BuiltinVariable.call_function_handler_cache
            cache.update({(function, cls): answer for function, answer in self.of_one.items()})

    def remove(self) -> None:
        """Leave Dynamo's tables as they were, and what it remembers of foreign trackers as well."""
        table: Any = BuiltinVariable._binop_handlers()
        ours = {id(entry) for _, entry in self.added}
        for function, _ in self.added:
            table[function][:] = [entry for entry in table[function] if id(entry) not in ours]
        for function in self.new:
            del table[function]
        self.added, self.new, self.in_force = [], [], False
        forget_handlers(lambda key: not is_of_torch(key))
