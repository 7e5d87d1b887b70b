"""What it costs to build the tracker of one value, over what torch's own builder takes.

Each value is built again and again inside a real compile, with a source and without one, in
rounds that alternate between the two builders. Printed: the median of the ratios.

    python benchmarks/building.py [--rounds N] [--json FILE]
"""

from __future__ import annotations

import argparse
import statistics
import timeit
from collections.abc import Callable
from typing import Any

import figures
import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch._dynamo.comptime import comptime
from torch._dynamo.source import LocalSource

import vartrack


class Plain:
    pass


SOURCED: dict[str, Any] = {
    "str": "text",
    "float": 1.5,
    "dtype": torch.float32,
    "list": [1, 2, 3],
    "tuple": (1, 2),
    "dict": {"a": 1, "b": 2},
    "builtin": len,
    "torch function": torch.add,
    "class": Plain,
    "object": Plain(),
}
SOURCELESS: dict[str, Any] = {
    "str": "text",
    "int": 3,
    "builtin": getattr,
    "list": [1, 2],
    "tuple": (1, 2, 3),
    "dict": {"a": 1},
}


def measure(registry: Any, times: dict[str, list[float]]) -> None:
    """Add the nanoseconds of one build of each value, with ``registry`` or torch's own builder."""

    def inside(ctx: Any) -> None:
        from torch._dynamo.variables import builder

        tx = ctx._ComptimeContext__tx
        output = tx.output
        for name, value in SOURCED.items():

            def sourced(value: Any = value) -> None:
                output.variable_tracker_cache.clear()
                output.side_effects.id_to_variable.pop(id(value), None)
                builder.VariableBuilder(tx, LocalSource("v"), False)(value)

            times[f"{name}, with a source"].append(per_call(sourced, 100))
        for name, value in SOURCELESS.items():

            def sourceless(value: Any = value) -> None:
                builder.SourcelessBuilder.create(tx, value)

            times[f"{name}, without"].append(per_call(sourceless, 1000))

    def program() -> None:
        comptime(inside)

    torch._dynamo.reset()
    if registry is not None:
        vartrack.install(registry)
    try:
        torch.compile(program, backend="eager")()
    finally:
        if registry is not None:
            vartrack.uninstall()


def per_call(call: Callable[[], None], number: int) -> float:
    """Nanoseconds of one call."""
    return timeit.timeit(call, number=number) / number * 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="rounds of each (default 9)")
    figures.add_option(parser)
    options = parser.parse_args()
    rounds = options.rounds
    found = figures.begin("building", rounds=rounds)
    names = [f"{name}, with a source" for name in SOURCED] + [f"{n}, without" for n in SOURCELESS]
    own: dict[str, list[float]] = {name: [] for name in names}
    ours: dict[str, list[float]] = {name: [] for name in names}
    measure(vartrack.stock, {name: [] for name in names})  # warm up
    for _ in track(range(rounds), description="building", console=Console(stderr=True)):
        measure(None, own)
        measure(vartrack.stock, ours)
    table = Table(title=f"building one value, torch {torch.__version__}, {rounds} rounds each")
    for column in ("value", "torch's own us", "vartrack us", "median ratio"):
        table.add_column(column, justify="left" if column == "value" else "right")
    for name in names:
        ratio = statistics.median(b / a for a, b in zip(own[name], ours[name], strict=True))
        theirs, mine = (statistics.median(times[name]) / 1000 for times in (own, ours))
        found.rows[name] = {"torch's own us": theirs, "vartrack us": mine, "median ratio": ratio}
        table.add_row(name, f"{theirs:.1f}", f"{mine:.1f}", f"{ratio:.2f}")
    Console().print(table)
    figures.write(found, options.json)


if __name__ == "__main__":
    main()
