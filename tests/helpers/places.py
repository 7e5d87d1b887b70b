"""Running a function with a value in each place where it can stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
import torch._dynamo

import vartrack
from vartrack import Registry

#: The places that every type is tried in.
PLACES = ("argument", "attribute", "global", "closure")

held: Any = None


class Counting:
    """A backend that runs graphs as they are and counts them."""

    def __init__(self) -> None:
        self.graphs = 0

    def __call__(self, graph: torch.fx.GraphModule, inputs: Any) -> Callable[..., Any]:
        self.graphs += 1
        return graph.forward


class Holder(torch.nn.Module):
    """A module that has the value as an attribute."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function
        self.value: Any = None

    def forward(self, x: torch.Tensor) -> Any:
        return self.function(x, self.value)


def standing(
    place: str, function: Callable[..., Any], backend: Counting, fullgraph: bool = True
) -> Callable[[torch.Tensor, Any], Any]:
    """``function``, compiled, as what takes a tensor and the value to put in ``place``."""

    def compiled(entry: Any) -> Any:
        return torch.compile(entry, backend=backend, fullgraph=fullgraph)

    if place == "argument":
        return compiled(lambda x, value: function(x, value))
    if place == "attribute":
        holder = Holder(function)
        entry = compiled(holder)

        def with_attribute(x: torch.Tensor, value: Any) -> Any:
            holder.value = value
            return entry(x)

        return with_attribute
    if place == "global":
        entry = compiled(lambda x: function(x, held))

        def with_global(x: torch.Tensor, value: Any) -> Any:
            global held
            held = value
            return entry(x)

        return with_global
    cell: Any = None
    entry = compiled(lambda x: function(x, cell))

    def with_closure(x: torch.Tensor, value: Any) -> Any:
        nonlocal cell
        cell = value
        return entry(x)

    return with_closure


def assert_alike(got: Any, expected: Any) -> None:
    """Whether two results are the same in type and content, NaN and the sign of zero included."""
    assert type(got) is type(expected), (got, expected)
    if isinstance(expected, torch.Tensor):
        torch.testing.assert_close(got, expected, rtol=0, atol=0, equal_nan=True)
    elif isinstance(expected, np.ndarray):
        assert got.dtype == expected.dtype
        assert repr(got) == repr(expected)
    elif isinstance(expected, (list, tuple)):
        assert len(got) == len(expected)
        for one, other in zip(got, expected, strict=True):
            assert_alike(one, other)
    elif isinstance(expected, dict):
        assert_alike(list(got.items()), list(expected.items()))
    elif type(expected).__eq__ is object.__eq__:
        assert got is expected or repr(got) == repr(expected)
    else:
        assert repr(got) == repr(expected)


def compare_with_eager(
    registry: Registry | None,
    function: Callable[..., Any],
    values: Iterator[Any] | list[Any],
    place: str = "argument",
) -> int:
    """Run ``function`` on each value, compiled and not; the number of graphs that this took."""
    backend = Counting()
    x = torch.arange(4.0)
    with vartrack.use(registry):
        run = standing(place, function, backend)
        for value in values:
            assert_alike(run(x.clone(), value), function(x.clone(), value))
    return backend.graphs
