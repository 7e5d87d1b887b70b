"""What a call costs on `vartrack.sound`, over one on `vartrack.stock`.

The graph of each model is replaced by its kept outputs, so that what is left of a call is mostly
its guards. Both registries take turns, each with a compile of its own; printed is the median time
of a call and the ratio. Then the cold front end: the time of a compile with a backend that does
nothing. Then objects of users' classes: 10, 100 and 1,000 objects of 20 classes.

    python benchmarks/sound.py [--rounds N] [--calls N] [MODEL ...]
"""

from __future__ import annotations

import argparse
import functools
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from models import MODELS
from rich.console import Console
from rich.table import Table

import vartrack


class Counted:
    """Backends that count, and keep the outputs of a graph."""

    def __init__(self) -> None:
        self.graphs = 0

    def keeping(self, graph: Any, inputs: Any) -> Callable[..., Any]:
        """A graph that gives what it gave the first time."""
        self.graphs += 1
        kept: list[Any] = []

        def run(*args: Any) -> Any:
            if not kept:
                kept.append(graph.forward(*args))
            return kept[0]

        return run


def call_time(call: Any, calls: int, registry: Any) -> tuple[float, int]:
    """Microseconds of one call on ``registry``, the best of ten batches; and how many graphs."""
    torch._dynamo.reset()
    function, args, kwargs = call
    counted = Counted()
    with vartrack.use(registry), torch.no_grad():
        compiled = torch.compile(function, backend=counted.keeping)
        for _ in range(3):
            compiled(*args, **kwargs)
        batches = []
        for _ in range(10):
            start = time.perf_counter()
            for _ in range(calls):
                compiled(*args, **kwargs)
            batches.append((time.perf_counter() - start) / calls * 1e6)
    return min(batches), counted.graphs


def cold_time(call: Any, registry: Any) -> float:
    """Milliseconds of the first call, with a backend that does nothing."""
    torch._dynamo.reset()
    function, args, kwargs = call
    with vartrack.use(registry), torch.no_grad():
        compiled = torch.compile(function, backend="eager")
        start = time.perf_counter()
        compiled(*args, **kwargs)
        return (time.perf_counter() - start) * 1e3


def in_turn(measure: Callable[[Any], Any], rounds: int) -> tuple[list[Any], list[Any]]:
    """What ``measure`` gives for stock and for sound, ``rounds`` times each, in turn."""
    stock, sound = [], []
    for number in range(rounds):
        pairs = [(stock, vartrack.stock), (sound, vartrack.sound)]
        for found, registry in pairs[:: 1 if number % 2 else -1]:
            found.append(measure(registry))
    return stock, sound


def many_objects(count: int, classes: int = 20) -> Any:
    """A function that calls a method of ``count`` objects of ``classes`` classes."""
    kinds = [
        type(f"Kind{number}", (), {"act": lambda self, x: x * self.n, "extra": 0})
        for number in range(classes)
    ]
    objects = []
    for number in range(count):
        one = kinds[number % classes]()
        one.n = 1.0
        objects.append(one)

    def act(x: torch.Tensor, objects: list[Any]) -> torch.Tensor:
        for one in objects:
            x = one.act(x)
        return x

    return act, (torch.ones(2), objects), {}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=list(MODELS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=100)
    options = parser.parse_args()
    table = Table("model", "stock µs", "sound µs", "call", "stock ms", "sound ms", "cold")
    ratios = []
    programs = {name: MODELS[name]() for name in options.models}
    programs |= {f"{count} objects": many_objects(count) for count in (10, 100, 1000)}
    for name, call in programs.items():
        stock, sound = in_turn(functools.partial(call_time, call, options.calls), options.rounds)
        assert [graphs for _, graphs in stock] == [graphs for _, graphs in sound], name
        times = [statistics.median(time for time, _ in found) for found in (stock, sound)]
        cold_stock, cold_sound = in_turn(functools.partial(cold_time, call), options.rounds)
        cold = [statistics.median(found) for found in (cold_stock, cold_sound)]
        if name in MODELS:
            ratios.append(times[1] / times[0])
        table.add_row(
            name,
            *(f"{value:.1f}" for value in times),
            f"{times[1] / times[0]:.3f}",
            *(f"{value:.1f}" for value in cold),
            f"{cold[1] / cold[0]:.3f}",
        )
    console = Console()
    console.print(table)
    if ratios:
        console.print(f"geometric mean of calls: {statistics.geometric_mean(ratios):.3f}")


if __name__ == "__main__":
    main()
