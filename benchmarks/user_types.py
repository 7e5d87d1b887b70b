"""What a value of a user's type costs to build, over what a built-in one of its sort costs.

Both are built in turn in one compile, with a source, each value once and another one each time:
guards, tracker and registration. Printed: the median time of one build of each, and the ratio. The
second table has whole compiles of a function that uses as many of either.

    python benchmarks/user_types.py [--runs N] [--values N] [--json FILE]
"""

from __future__ import annotations

import argparse
import enum
import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import figures
import torch
from rich.console import Console
from rich.table import Table
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

import vartrack
from vartrack import ConstantVisitor, OpaqueVisitor, RecordVisitor, SnapshotVisitor


class Point:
    def __init__(self, x: int, y: int) -> None:
        self.x = x
        self.y = y


class Record(Point): ...


class Snapshot(Point): ...


class Quick(Point): ...


class Handle(Point): ...


@dataclass(frozen=True)
class Frozen:
    x: int
    y: int


class Amount(Decimal): ...


Color = enum.Enum("Color", [f"C{number}" for number in range(1000)])


class Decimals(ConstantVisitor):
    types = (Decimal,)


class Amounts(ConstantVisitor):
    types = (Amount,)
    key = str


class Snapshots(SnapshotVisitor):
    types = (Snapshot,)


class Quicks(SnapshotVisitor):
    types = (Quick,)
    key = staticmethod(lambda point: (point.x, point.y))


class Records(RecordVisitor):
    types = (Record,)
    fields = ("x", "y")


class Handles(OpaqueVisitor):
    types = (Handle,)


DTYPES = [torch.float32, torch.float64, torch.int32, torch.int64, torch.bool, torch.bfloat16]

#: How the n-th value of each sort is made, and how the compiled function uses it.
SORTS: dict[str, tuple[Callable[[int], Any], Callable[[Any], Any]]] = {
    "Decimal": (Decimal, lambda value: value == 3),
    "Decimal, by its text": (Amount, lambda value: value == 3),
    "torch.dtype": (lambda n: DTYPES[n % len(DTYPES)], lambda value: value == torch.int8),
    "str": (lambda n: f"text {n}", lambda value: value == "3"),
    "enum member": (lambda n: Color[f"C{n}"], lambda value: value is None),
    "snapshot, all of it": (lambda n: Snapshot(n, n), lambda value: value.x),
    "snapshot, by a key": (lambda n: Quick(n, n), lambda value: value.x),
    "record": (lambda n: Record(n, n), lambda value: value.x),
    "opaque object": (lambda n: Handle(n, n), lambda value: value is None),
    "plain object": (lambda n: Point(n, n), lambda value: value.x),
    "frozen dataclass": (lambda n: Frozen(n, n), lambda value: value.x),
}
#: A sort of users' values, and the built-in one it is held against.
PAIRS = [
    ("Decimal", "torch.dtype"),
    ("Decimal", "str"),
    ("Decimal", "enum member"),
    ("Decimal, by its text", "torch.dtype"),
    ("snapshot, all of it", "plain object"),
    ("snapshot, by a key", "plain object"),
    ("record", "plain object"),
    ("record", "frozen dataclass"),
    ("opaque object", "plain object"),
]


class Probe:
    """Holds the values; its visitor builds them one by one, and looks at the clock."""

    def __init__(self, sorts: list[str], number: int) -> None:
        self.one = 1
        self.names: list[tuple[str, str]] = []
        for index in range(number):
            # which sort goes first changes from round to round
            first = index % len(sorts)
            for sort in sorts[first:] + sorts[:first]:
                name = f"v{len(self.names)}"
                setattr(self, name, SORTS[sort][0](index))
                self.names.append((sort, name))


class Probes(vartrack.Sourced, vartrack.Visitor):
    types = (Probe,)
    guarded_by = "ID_MATCH"
    one_half = "a probe is an argument"
    times: dict[str, list[int]] = {}

    def children(self, ctx: Any, value: Probe) -> None:
        for sort, name in value.names:
            part, held = ctx.attr(name), getattr(value, name)
            part.allow_lazy_constant = False
            start = time.perf_counter_ns()
            part.compile.build(part.tx, part.source, held).realize()
            self.times[sort].append(time.perf_counter_ns() - start)

    def tracker(self, ctx: Any, value: Probe, children: None, **options: Any) -> Any:
        return UserDefinedObjectVariable(value, **options)


def registry() -> vartrack.Registry:
    registry = vartrack.stock.derive("benchmark")
    for visitor in (Decimals, Amounts, Snapshots, Quicks, Records, Handles, Probes):
        registry.register(visitor)
    return registry


def builds(runs: int, values: int) -> dict[str, list[int]]:
    """Nanoseconds of each build of each sort."""
    times: dict[str, list[int]] = {}
    for run in range(runs + 1):
        Probes.times = {sort: [] for sort in SORTS}
        quietly(lambda x, probe: x + probe.one, Probe(list(SORTS), values))
        if run:  # the first one warms up
            for sort, found in Probes.times.items():
                times.setdefault(sort, []).extend(found)
    return times


def compiles(runs: int, values: int) -> dict[str, list[float]]:
    """Seconds of CPU time of whole compiles of a function that uses the values."""
    times: dict[str, list[float]] = {sort: [] for sort in SORTS}
    for run in range(-1, runs):
        order = list(SORTS)[run % len(SORTS) :] + list(SORTS)[: run % len(SORTS)]
        for sort in order:
            make, use = SORTS[sort]
            given = tuple(make(number) for number in range(values))

            def program(x: torch.Tensor, given: Any, use: Any = use) -> Any:
                for value in given:
                    use(value)
                return x + 1

            seconds = quietly(program, given)
            if run >= 0:
                times[sort].append(seconds)
    return times


def quietly(function: Any, given: Any) -> float:
    """CPU seconds of a compile from nothing and the call, without garbage collection."""
    torch._dynamo.reset()
    gc.collect()
    gc.disable()
    try:
        with vartrack.use(REGISTRY):
            start = time.process_time()
            torch.compile(function, backend="eager", fullgraph=True)(torch.ones(1), given)
            return time.process_time() - start
    finally:
        gc.enable()


def medians(times: Mapping[str, Sequence[float]], scale: float) -> dict[str, float]:
    """The median of each sort, times ``scale``."""
    return {sort: statistics.median(taken) * scale for sort, taken in times.items()}


def table(title: str, unit: str, found: dict[str, float]) -> Table:
    table = Table(title=title)
    columns = ("user's", "built-in", f"user's {unit}", f"built-in {unit}", "ratio of medians")
    for column in columns:
        table.add_column(column, justify="right" if unit in column or "ratio" in column else "left")
    for ours, theirs in PAIRS:
        a, b = found[ours], found[theirs]
        table.add_row(ours, theirs, f"{a:.1f}", f"{b:.1f}", f"{a / b:.2f}")
    return table


REGISTRY = registry()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15, help="compiles of each (default 15)")
    parser.add_argument("--values", type=int, default=50, help="values in each (default 50)")
    figures.add_option(parser)
    options = parser.parse_args()
    sheet = figures.begin("user_types", runs=options.runs, values=options.values)
    about = f"torch {torch.__version__}, {options.runs} runs of {options.values} values"
    one = medians(builds(options.runs, options.values), 1e-3)
    Console().print(table(f"building one value, {about}", "µs", one))
    whole = medians(compiles(options.runs, options.values), 1e3)
    Console().print(table(f"a whole compile, {about}", "ms", whole))
    for sort in SORTS:
        sheet.rows[sort] = {"building one, µs": one[sort], "a whole compile, ms": whole[sort]}
    figures.write(sheet, options.json)


if __name__ == "__main__":
    main()
