"""What it costs to put a registry in force and to take it out again, beside one small compile.

CPU time of `vartrack.use` around nothing, for each registry in turn, and of a cold compile of one
addition on torch alone; then the part of that compile in which torch runs the new guards to time
them, which it does after each compile. Printed: the least of all runs, in milliseconds.

    python benchmarks/putting_in_force.py [--runs N] [--json FILE]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from unittest import mock

import figures
import torch
from rich.console import Console
from rich.table import Table
from torch._dynamo import guards

import vartrack
from vartrack.dispatch.registry import Registry


def use(registry: Registry) -> None:
    """Put ``registry`` in force, and take it out."""
    with vartrack.use(registry):
        pass


def add_one(x: torch.Tensor) -> torch.Tensor:
    return x + 1


def compile_cold() -> None:
    """One cold compile on torch alone."""
    torch._dynamo.reset()
    torch.compile(add_one, backend="eager")(torch.ones(2))


def timing_of_guards() -> float:
    """CPU seconds in which torch times the guards of one cold compile."""
    spent = 0.0
    own = guards.profile_guard_manager

    def timed(*args: object) -> float:
        nonlocal spent
        start = time.process_time()
        latency: float = own(*args)
        spent += time.process_time() - start
        return latency

    with mock.patch.object(guards, "profile_guard_manager", timed):
        compile_cold()
    return spent


def seconds(work: Callable[[], None]) -> float:
    """CPU seconds of ``work``."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=30, help="runs of each (default 30)")
    figures.add_option(parser)
    options = parser.parse_args()
    found = figures.begin("putting_in_force", runs=options.runs)
    all_sets = vartrack.sound.derive("sound with all sets")
    for name in vartrack.extras.NAMES:
        getattr(vartrack.extras, name).register(all_sets)
    registries = {"stock": vartrack.stock, "sound": vartrack.sound, "sound, all sets": all_sets}
    readings: dict[str, Callable[[], float]] = {
        **{
            f"use({name})": lambda registry=registry: seconds(lambda: use(registry))  # type: ignore[misc]
            for name, registry in registries.items()
        },
        "a cold compile of x + 1, torch alone": lambda: seconds(compile_cold),
        "of which torch times its guards": timing_of_guards,
    }
    least = dict.fromkeys(readings, float("inf"))
    for _ in range(options.runs + 1):  # the first run warms up
        for name, reading in readings.items():
            least[name] = min(least[name], reading())
    table = Table("what", "CPU ms", title=f"torch {torch.__version__}, {options.runs} runs")
    for name, least_of_all in least.items():
        found.rows[name] = {"CPU ms": 1000 * least_of_all}
        table.add_row(name, f"{1000 * least_of_all:.2f}")
    Console().print(table)
    figures.write(found, options.json)


if __name__ == "__main__":
    main()
