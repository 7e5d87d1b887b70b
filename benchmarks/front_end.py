"""What a cold compile costs with vartrack, over what it costs with torch's own builder.

CPU time of the whole front end (Dynamo, with a backend that does nothing), both in turn in one
process, after a warm-up of each. Printed: the median of the ratios of neighbouring runs per
model, its spread, and the geometric mean.

    python benchmarks/front_end.py [--runs N] [--json FILE] [MODEL ...]
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from collections.abc import Iterable
from typing import Any

import figures
import torch
from models import MODELS, Call
from rich.console import Console
from rich.progress import track
from rich.table import Table

import vartrack


def nothing(graph: torch.fx.GraphModule, inputs: list[Any]) -> Any:
    """A backend that does nothing."""
    return graph.forward


def cold(fn: Any, args: Any, kwargs: Any) -> float:
    """CPU seconds of one compile from nothing, the call itself included."""
    torch._dynamo.reset()
    gc.collect()
    gc.disable()
    try:
        compiled = torch.compile(fn, backend=nothing)
        start = time.process_time()
        compiled(*args, **kwargs)
        return time.process_time() - start
    finally:
        gc.enable()


def turns(runs: int) -> range:
    """The numbers of the compiles for ``runs`` of each; those below 0 are the warm-up."""
    return range(-2, 2 * runs)


def measure(
    call: Call, numbers: Iterable[int], registry: vartrack.Registry = vartrack.stock
) -> tuple[list[float], list[float]]:
    """CPU seconds of each run with torch's own builder, and with vartrack on ``registry``.

    ``numbers`` are those of `turns`, perhaps with progress shown as they are taken.
    """
    own: list[float] = []
    ours: list[float] = []
    for run in numbers:
        # which of the two goes first alternates, so that neither profits from the other
        with_vartrack = (run % 2 == 0) == (run // 2 % 2 == 0)
        if with_vartrack:
            vartrack.install(registry)
        try:
            seconds = cold(*call)
        finally:
            if with_vartrack:
                vartrack.uninstall()
        if run >= 0:
            (ours if with_vartrack else own).append(seconds)
    return own, ours


def ratios(own: list[float], ours: list[float]) -> tuple[float, float, float]:
    """The lower quartile, the median and the upper quartile of the ratios of neighbouring runs."""
    pairs = sorted(b / a for a, b in zip(own, ours, strict=True))
    low, middle, high = statistics.quantiles(pairs, n=4) if len(pairs) > 1 else pairs * 3
    return low, middle, high


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", choices=[*MODELS, []], help="which; all by default")
    parser.add_argument("--runs", type=int, default=15, help="runs of each (default 15)")
    figures.add_option(parser)
    options = parser.parse_args()
    found = figures.begin("front_end", runs=options.runs)
    table = Table(title=f"cold front end, torch {torch.__version__}, {options.runs} runs each")
    for column in ("model", "torch's own ms", "vartrack ms", "median ratio", "quartiles"):
        table.add_column(column, justify="left" if column == "model" else "right")
    medians = []
    for name in options.models or MODELS:
        torch.manual_seed(0)
        shown = track(turns(options.runs), description=f"{name:10}", console=Console(stderr=True))
        with torch.no_grad():
            own, ours = measure(MODELS[name](), shown)
        low, middle, high = ratios(own, ours)
        medians.append(middle)
        theirs, mine = (1000 * statistics.median(times) for times in (own, ours))
        found.rows[name] = {"torch's own ms": theirs, "vartrack ms": mine, "median ratio": middle}
        table.add_row(
            name, f"{theirs:.1f}", f"{mine:.1f}", f"{middle:.3f}", f"{low:.3f} to {high:.3f}"
        )
    mean = statistics.geometric_mean(medians)
    found.rows["geometric mean"] = {"median ratio": mean}
    table.add_row("geometric mean", "", "", f"{mean:.3f}", "")
    Console().print(table)
    figures.write(found, options.json)


if __name__ == "__main__":
    main()
