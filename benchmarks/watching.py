"""What `vartrack.watch` costs: compile time with it over without, and the time of later calls.

CPU time of cold compiles on vartrack (Dynamo, with a backend that does nothing), watched and not
in turn in one process, after a warm-up of each; then of calls of what is compiled, before and
after a watched block. Printed: medians, and the median of the ratios of neighbouring runs.

    python benchmarks/watching.py [--runs N] [--json FILE] [MODEL ...]
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import time
from typing import Any

import figures
import torch
from front_end import cold, nothing
from models import MODELS
from rich.console import Console
from rich.table import Table

import vartrack

CALLS = 200


def compiles(fn: Any, args: Any, kwargs: Any, runs: int) -> tuple[list[float], list[float]]:
    """CPU seconds of each compile, plain and watched."""
    plain: list[float] = []
    watched: list[float] = []
    for run in range(-2, 2 * runs):
        watch = (run % 2 == 0) == (run // 2 % 2 == 0)
        block: Any = vartrack.watch() if watch else contextlib.nullcontext()
        with block:
            seconds = cold(fn, args, kwargs)
        if run >= 0:
            (watched if watch else plain).append(seconds)
    return plain, watched


def calls(fn: Any, args: Any, kwargs: Any) -> tuple[float, float]:
    """Microseconds of a call of what was compiled plainly, and in a watched block that is over."""
    times = []
    for block in (contextlib.nullcontext(), vartrack.watch()):
        torch._dynamo.reset()
        compiled = torch.compile(fn, backend=nothing)
        with block:  # type: ignore[attr-defined]
            compiled(*args, **kwargs)
        readings = []
        for _ in range(7):
            start = time.process_time()
            for _ in range(CALLS):
                compiled(*args, **kwargs)
            readings.append((time.process_time() - start) / CALLS)
        times.append(1e6 * min(readings))
    return times[0], times[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", choices=[*MODELS, []], help="which; all by default")
    parser.add_argument("--runs", type=int, default=7, help="runs of each (default 7)")
    figures.add_option(parser)
    options = parser.parse_args()
    found = figures.begin("watching", runs=options.runs)
    table = Table(title=f"vartrack.watch, torch {torch.__version__}, {options.runs} runs each")
    for column in ("model", "compile ms", "watched ms", "ratio", "call µs", "after watch µs"):
        table.add_column(column, justify="left" if column == "model" else "right")
    with torch.no_grad(), vartrack.use(vartrack.stock):
        for name in options.models or MODELS:
            torch.manual_seed(0)
            fn, args, kwargs = MODELS[name]()
            plain, watched = compiles(fn, args, kwargs, options.runs)
            ratio = statistics.median(b / a for a, b in zip(plain, watched, strict=True))
            one, other = (1000 * statistics.median(times) for times in (plain, watched))
            before, after = calls(fn, args, kwargs)
            found.rows[name] = {
                "compile ms": one,
                "watched ms": other,
                "median ratio": ratio,
                "call us": before,
                "call after watch us": after,
            }
            table.add_row(
                name,
                *(f"{one:.1f}", f"{other:.1f}", f"{ratio:.2f}", f"{before:.1f}", f"{after:.1f}"),
            )
    Console().print(table)
    figures.write(found, options.json)


if __name__ == "__main__":
    main()
