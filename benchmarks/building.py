"""What it costs to build the tracker of one value, over what torch's own builder takes.

Each value is built again and again inside a real compile, with a source and without one, in
rounds that alternate between the two builders. Printed: the median of the ratios. With
``--instructions`` the bytecode instructions of one build are counted instead, which does not
depend on what else the machine does.

    python benchmarks/building.py [--rounds N | --instructions] [--json FILE]
"""

from __future__ import annotations

import argparse
import statistics
import timeit
from collections.abc import Callable
from typing import Any

import figures
import torch
from counting import counted
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
    "empty tuple": (),
    "size": torch.Size([1, 2]),
    "set": {1, 2},
    "dict": {"a": 1},
}


#: What one call of a function takes, if it is called so many times.
Taken = Callable[[Callable[[], None], int], float]


def measure(registry: Any, found: dict[str, list[float]], taken: Taken) -> None:
    """Add what one build of each value takes, with ``registry`` or torch's own builder."""

    def inside(ctx: Any) -> None:
        from torch._dynamo.variables import builder

        tx = ctx._ComptimeContext__tx
        output = tx.output
        for name, value in SOURCED.items():

            def sourced(value: Any = value) -> None:
                output.variable_tracker_cache.clear()
                output.side_effects.id_to_variable.pop(id(value), None)
                builder.VariableBuilder(tx, LocalSource("v"), False)(value)

            found[f"{name}, with a source"].append(taken(sourced, 100))
        for name, value in SOURCELESS.items():

            def sourceless(value: Any = value) -> None:
                builder.SourcelessBuilder.create(tx, value)

            found[f"{name}, without"].append(taken(sourceless, 1000))

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
    """Microseconds of one call."""
    return timeit.timeit(call, number=number) / number * 1e6


def instructions(call: Callable[[], None], number: int) -> float:
    """How many bytecode instructions a call takes once it was called."""
    call()
    with counted() as found:
        call()
    return found.total()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="rounds of each (default 9)")
    parser.add_argument("--instructions", action="store_true", help="count them, in one round")
    figures.add_option(parser)
    options = parser.parse_args()
    rounds, taken, unit = options.rounds, per_call, "us"
    if options.instructions:
        rounds, taken, unit = 1, instructions, "instructions"
    found = figures.begin("building", rounds=rounds)
    names = [f"{name}, with a source" for name in SOURCED] + [f"{n}, without" for n in SOURCELESS]
    own: dict[str, list[float]] = {name: [] for name in names}
    ours: dict[str, list[float]] = {name: [] for name in names}
    measure(vartrack.stock, {name: [] for name in names}, taken)  # warm up
    for _ in track(range(rounds), description="building", console=Console(stderr=True)):
        measure(None, own, taken)
        measure(vartrack.stock, ours, taken)
    table = Table(title=f"building one value, torch {torch.__version__}, {rounds} rounds each")
    columns = f"torch's own {unit}", f"vartrack {unit}", "median ratio"
    for column in ("value", *columns):
        table.add_column(column, justify="left" if column == "value" else "right")
    for name in names:
        ratio = statistics.median(b / a for a, b in zip(own[name], ours[name], strict=True))
        theirs, mine = (statistics.median(one[name]) for one in (own, ours))
        found.rows[name] = dict(zip(columns, (theirs, mine, ratio), strict=True))
        table.add_row(name, f"{theirs:.1f}", f"{mine:.1f}", f"{ratio:.2f}")
    Console().print(table)
    figures.write(found, options.json)


if __name__ == "__main__":
    main()
