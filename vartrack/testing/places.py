"""Where a value can stand when a compiled function meets it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch

from vartrack.trials.running import Counting, Program

__all__ = ["PLACES", "standing"]

#: Compiles a function of a tensor and of what is needed to get at the value.
Compile = Callable[[Callable[..., Any]], Callable[..., Any]]


class _Holder(torch.nn.Module):
    def __init__(self, function: Program) -> None:
        super().__init__()
        self.function = function
        self.value: Any = None

    def forward(self, x: torch.Tensor) -> Any:
        return x + 1, self.function(x, self.value)


_held: Any = None


# what is compiled adds 1 to the tensor, so that there is a graph to be counted


def _as_argument(function: Program, compiled: Compile) -> Program:
    entry = compiled(lambda x, value: (x + 1, function(x, value)))
    return lambda x, value: entry(x, value)[1]


def _as_attribute(function: Program, compiled: Compile) -> Program:
    holder = _Holder(function)
    entry = compiled(holder)

    def run(x: torch.Tensor, value: Any) -> Any:
        holder.value = value
        return entry(x)[1]

    return run


def _as_global(function: Program, compiled: Compile) -> Program:
    entry = compiled(lambda x: (x + 1, function(x, _held)))

    def run(x: torch.Tensor, value: Any) -> Any:
        global _held
        _held = value
        try:
            return entry(x)[1]
        finally:
            _held = None

    return run


def _in_closure(function: Program, compiled: Compile) -> Program:
    cell: Any = None
    entry = compiled(lambda x: (x + 1, function(x, cell)))

    def run(x: torch.Tensor, value: Any) -> Any:
        nonlocal cell
        cell = value
        return entry(x)[1]

    return run


_STANDING: dict[str, Callable[[Program, Compile], Program]] = {
    "argument": _as_argument,
    "attribute": _as_attribute,
    "global": _as_global,
    "closure": _in_closure,
}
#: Where a value can stand when a compiled function meets it.
PLACES: tuple[str, ...] = tuple(_STANDING)


def standing(place: str, function: Program, backend: Counting, fullgraph: bool = True) -> Program:
    """``function``, compiled, as what takes a tensor and the value to put in ``place``.

    Raises:
        ValueError: there is no such place.
    """
    if place not in _STANDING:
        raise ValueError(f"There is no place {place!r}; use some of {', '.join(PLACES)}.")
    return _STANDING[place](
        function, functools.partial(torch.compile, backend=backend, fullgraph=fullgraph)
    )
