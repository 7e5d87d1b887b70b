"""What torch's own functions hold in closures, where no name of a module leads to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import CellType, FunctionType
from typing import Any

from torch._dynamo.variables.torch import TorchInGraphFunctionVariable

__all__ = ["cells_of_handlers"]


def cells_of_handlers() -> Iterator[CellType]:
    """The closure cells of torch's handlers for single functions.

    torch makes their table once, at the first compile that needs it, and they keep what the names
    of the builder stood for at that time.
    """
    table: Any = TorchInGraphFunctionVariable._get_handlers
    if table.cache_info().currsize:
        seen: set[int] = set()
        for handler in table().values():
            yield from _cells(handler, seen)


def _cells(function: Callable[..., Any], seen: set[int]) -> Iterator[CellType]:
    for cell in getattr(function, "__closure__", None) or ():
        if id(cell) in seen:
            continue
        seen.add(id(cell))
        try:
            held = cell.cell_contents
        except ValueError:  # of a name that was never given a value
            continue
        yield cell
        if type(held) is FunctionType:
            yield from _cells(held, seen)
