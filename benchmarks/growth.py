"""How the time of a cold compile grows with the number of values in one frame.

Each family is a list of so many values of one sort, each of which is read. With torch's own builder
and with vartrack in turn, in one process, with a backend that does nothing; CPU time over the
number of values. Flat is good. Then nested lists, as deep as torch itself goes, and a dict of many
keys of which one is read. What would take longer than the limit with torch's own builder is left
out, and said to be.

    python benchmarks/growth.py [--runs N] [--limit SECONDS] [--json FILE] [FAMILY ...]
"""

from __future__ import annotations

import argparse
import functools
import gc
import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import figures
import torch
from rich.console import Console
from rich.table import Table

import vartrack

COUNTS = (10, 100, 1_000, 10_000)
DEPTHS = (10, 100, 200)
KEYS = (1_000, 100_000)
ONES = torch.ones(2)


@dataclass
class Pair:
    one: int
    other: str


class Plain:
    def __init__(self, number: int) -> None:
        self.number = number


class Named(NamedTuple):
    number: int


def function_of(number: int) -> Callable[[int], int]:
    return lambda other: number + other


def dictionary(number: int) -> dict[str, int]:
    return {"key": number}


def summed(x: torch.Tensor, values: list[Any], read: Callable[[Any], int]) -> Any:
    total = 0
    for value in values:
        total += read(value)
    return x + total


#: From a family to what makes its values, and what is read of one.
FAMILIES: dict[str, tuple[Callable[[int], Any], Callable[[Any], int]]] = {
    "int": (lambda n: n, lambda v: v > 0),
    "str": (str, len),
    "list": (lambda n: [n], lambda v: len(v)),
    "tuple": (lambda n: (n,), lambda v: len(v)),
    "dict": (dictionary, lambda v: len(v)),
    "named tuple": (Named, lambda v: len(v)),
    "dataclass": (lambda n: Pair(n, "a"), lambda v: len(v.other)),
    "object": (Plain, lambda v: v.number > 0),
    "function": (function_of, lambda v: v(1) > 0),
    "partial": (lambda n: functools.partial(max, n), lambda v: v(1) > 0),
    "module": (lambda n: torch.nn.Identity(), lambda v: v.training),
    "tensor": (lambda n: torch.ones(2), lambda v: v.dim()),
}


def nested(depth: int) -> list[Any]:
    """Lists in lists, ``depth`` deep."""
    found: list[Any] = [1]
    for _ in range(depth):
        found = [found]
    return found


def deepest(x: torch.Tensor, value: Any) -> torch.Tensor:
    while isinstance(value, list):
        value = value[0]
    return x + value


def looked_up(x: torch.Tensor, values: dict[str, int]) -> torch.Tensor:
    return x + values["key 7"]


class Case(NamedTuple):
    """One row: what it is of, how many values, and the call."""

    family: str
    count: int
    call: Callable[..., Any]
    args: tuple[Any, ...]


def cases(families: list[str]) -> Iterator[Case]:
    for family in families:
        make, read = FAMILIES[family]
        for count in COUNTS:
            values = [make(number) for number in range(1, count + 1)]
            yield Case(family, count, summed, (ONES, values, read))
    for depth in DEPTHS:
        yield Case("nested lists", depth, deepest, (ONES, nested(depth)))
    for count in KEYS:
        values = {f"key {number}": number for number in range(count)}
        yield Case("one key of a dict", count, looked_up, (ONES, values))


def nothing(graph: torch.fx.GraphModule, inputs: list[Any]) -> Any:
    """A backend that does nothing."""
    return graph.forward


def seconds(case: Case, ours: bool) -> float:
    """CPU seconds of one compile from nothing."""
    torch._dynamo.reset()
    gc.collect()
    if ours:
        vartrack.install(vartrack.stock)
    try:
        compiled = torch.compile(case.call, backend=nothing, fullgraph=True)
        start = time.process_time()
        compiled(*case.args)
        return time.process_time() - start
    finally:
        if ours:
            vartrack.uninstall()


def measured(case: Case, runs: int) -> tuple[float, float]:
    """Microseconds for a value: torch's own, and vartrack's; medians of runs in turn."""
    times: tuple[list[float], list[float]] = ([], [])
    for run in range(runs):
        for ours in (False, True) if run % 2 else (True, False):
            times[ours].append(seconds(case, ours) / case.count * 1e6)
    own, mine = map(statistics.median, times)
    return own, mine


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("families", nargs="*", choices=[*FAMILIES, []])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--limit", type=float, default=60.0, help="seconds of one compile")
    figures.add_option(parser)
    options = parser.parse_args()
    found = figures.begin("growth", runs=options.runs)
    table = Table(title=f"cold front end, µs for a value, torch {torch.__version__}")
    for column in ("family", "values", "torch's own", "vartrack", "ratio"):
        table.add_column(column, justify="left" if column == "family" else "right")
    left_out = []
    measured(Case("", 1, summed, (ONES, [1], bool)), 2)  # imports, and what is made once
    families = options.families or list(FAMILIES)
    for family, group in itertools.groupby(cases(families), key=lambda case: case.family):
        before = 0.0
        for case in group:
            # no more than linear is expected; a first guess from the count before
            if before * case.count / 1e6 > options.limit:
                left_out.append(f"{family} {case.count:,}")
                continue
            own, ours = measured(case, options.runs)
            before = own
            row = {"torch's own µs": own, "vartrack µs": ours, "ratio": ours / own}
            found.rows[f"{family} {case.count}"] = row
            table.add_row(
                family, f"{case.count:,}", f"{own:,.1f}", f"{ours:,.1f}", f"{ours / own:.3f}"
            )
    Console().print(table)
    print("left out, as torch's own builder would take longer:", ", ".join(left_out) or "nothing")
    figures.write(found, options.json)


if __name__ == "__main__":
    main()
