"""What a call costs on `vartrack.sound`, over one on `vartrack.stock`.

The graph of each model is replaced by its kept outputs, so that what is left of a call is mostly
its guards. Both registries take turns, each with a compile of its own; printed is the median time
of a call and the ratio. Then the cold front end over torch's own, as `front_end.py` measures it:
the CPU time of a compile with a backend that does nothing. Then objects of users' classes: 10, 100
and 1,000 objects of 20 classes, with the line that the added time lies on, and 100 objects of 100
classes.

    python benchmarks/sound.py [--rounds N] [--calls N] [--json FILE] [MODEL ...]
"""

from __future__ import annotations

import argparse
import functools
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import figures
import front_end
import torch
from models import MODELS
from rich.console import Console
from rich.table import Table

import vartrack

#: What is aimed at: the mean and the largest ratio of calls, and the mean ratio of cold compiles
#: over torch's own.
MEAN, MOST, COLD = 1.15, 1.3, 1.05
#: How many objects there are.
COUNTS = (10, 100, 1000)
#: The models without classes of their own, besides modules of torch's.
WITHOUT_CLASSES = frozenset({"lstm", "attention", "linear"})
#: The columns, and with how many digits they are shown.
COLUMNS = {
    "stock, µs": 1,
    "sound, µs": 1,
    "call": 3,
    "torch, ms": 1,
    "sound, ms": 1,
    "cold": 3,
}


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


def slope(points: dict[int, float]) -> tuple[float, float]:
    """Of the straight line nearest to ``points``: its rise, and the largest distance from it."""
    counts, times = list(points), list(points.values())
    line = statistics.linear_regression(counts, times)
    off = max(abs(line.slope * n + line.intercept - t) for n, t in points.items())
    return line.slope, off


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=list(MODELS), metavar="MODEL")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=100)
    figures.add_option(parser)
    options = parser.parse_args()
    sheet = figures.begin("sound", rounds=options.rounds, calls=options.calls)
    table = Table("program", "stock µs", "sound µs", "call", "torch ms", "sound ms", "cold")
    programs = {name: MODELS[name]() for name in options.models}
    programs |= {f"{count} objects": many_objects(count) for count in COUNTS}
    programs["100 classes"] = many_objects(100, classes=100)
    for name, call in programs.items():
        row = sheet.rows[name] = measured(call, options.calls, options.rounds)
        table.add_row(name, *(f"{row[column]:.{digits}f}" for column, digits in COLUMNS.items()))
    console = Console()
    console.print(table)
    for line in verdict(sheet.rows, options.models):
        console.print(line, soft_wrap=True)
    figures.write(sheet, options.json)


def measured(call: Any, calls: int, rounds: int) -> dict[str, float]:
    """The row of one program."""
    stock, sound = in_turn(functools.partial(call_time, call, calls), rounds)
    graphs = {graphs for _, graphs in (*stock, *sound)}
    assert len(graphs) == 1, f"other numbers of graphs: {graphs}"
    times = [statistics.median(time for time, _ in found) for found in (stock, sound)]
    with torch.no_grad():
        cold = front_end.measure(call, front_end.turns(rounds), vartrack.sound)
    milliseconds = [statistics.median(found) * 1e3 for found in cold]
    _, ratio, _ = front_end.ratios(*cold)
    values = (*times, times[1] / times[0], *milliseconds, ratio)
    return dict(zip(COLUMNS, values, strict=True))


def verdict(rows: dict[str, dict[str, float]], models: list[str]) -> Iterator[str]:
    """What was aimed at, and what came of it."""
    if models:
        ratios = {name: rows[name]["call"] for name in models}
        mean = statistics.geometric_mean(ratios.values())
        over = [name for name, ratio in ratios.items() if ratio > MOST]
        yield f"calls: geometric mean {mean:.3f}, aimed at {MEAN}; over {MOST}: {over or 'none'}"
        colds = [rows[name]["cold"] for name in models if name in WITHOUT_CLASSES]
        if colds:
            mean = statistics.geometric_mean(colds)
            yield f"cold, without users' classes: geometric mean {mean:.3f}, aimed at {COLD}"
    yield f"cold, with 100 users' classes: {rows['100 classes']['cold']:.3f}"
    added = {
        count: rows[f"{count} objects"]["sound, µs"] - rows[f"{count} objects"]["stock, µs"]
        for count in COUNTS
    }
    rise, off = slope(added)
    yield (
        f"objects of 20 classes: {rise * 1000:.1f} ns a call are added for each, "
        f"at most {off:.1f} µs off a straight line"
    )


if __name__ == "__main__":
    main()
