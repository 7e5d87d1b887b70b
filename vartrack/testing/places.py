"""Where a value can stand when a compiled function meets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from vartrack.trials.running import Counting, Program

__all__ = ["PLACES", "standing"]

#: Where a value can stand when a compiled function meets it.
PLACES: tuple[str, ...] = ("argument", "attribute", "global", "closure")


class _Holder(torch.nn.Module):
    def __init__(self, function: Program) -> None:
        super().__init__()
        self.function = function
        self.value: Any = None

    def forward(self, x: torch.Tensor) -> Any:
        return x + 1, self.function(x, self.value)


_held: Any = None


def standing(place: str, function: Program, backend: Counting, fullgraph: bool = True) -> Program:
    """``function``, compiled, as what takes a tensor and the value to put in ``place``.

    Raises:
        ValueError: there is no such place.
    """

    # what is compiled adds 1 to the tensor, so that there is a graph to be counted

    def compiled(entry: Callable[..., Any]) -> Callable[..., Any]:
        made: Callable[..., Any] = torch.compile(entry, backend=backend, fullgraph=fullgraph)
        return made

    if place == "argument":
        entry = compiled(lambda x, value: (x + 1, function(x, value)))
        return lambda x, value: entry(x, value)[1]
    if place == "attribute":
        holder = _Holder(function)
        entry = compiled(holder)

        def with_attribute(x: torch.Tensor, value: Any) -> Any:
            holder.value = value
            return entry(x)[1]

        return with_attribute
    if place == "global":
        entry = compiled(lambda x: (x + 1, function(x, _held)))

        def with_global(x: torch.Tensor, value: Any) -> Any:
            global _held
            _held = value
            try:
                return entry(x)[1]
            finally:
                _held = None

        return with_global
    if place != "closure":
        raise ValueError(f"There is no place {place!r}; use some of {', '.join(PLACES)}.")
    cell: Any = None
    entry = compiled(lambda x: (x + 1, function(x, cell)))

    def with_closure(x: torch.Tensor, value: Any) -> Any:
        nonlocal cell
        cell = value
        return entry(x)[1]

    return with_closure
