"""How much of a cold compile is spent in vartrack's own code, and where.

The processor's time is sampled, as often as the system lets it, over many compiles from nothing of
each model, on `stock` without extras and with a backend that does nothing. A sample counts for the
file of the Python function that ran, so what it calls in C counts for it as well.

    python benchmarks/own_time.py [--runs N] [--lines N] [--json FILE] [MODEL ...]
"""

from __future__ import annotations

import argparse
import signal
import statistics
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import figures
import torch
from front_end import cold
from models import MODELS
from rich.console import Console
from rich.progress import track
from rich.table import Table

import vartrack

_OWN = str(Path(vartrack.__file__).parent)
#: Seconds of the processor's time between two samples; Linux may make more of it.
_EVERY = 0.001


@contextmanager
def sampled(samples: Counter[tuple[str, str]]) -> Iterator[None]:
    """Count, for a block, the file and function that run when a sample is taken."""

    def take(number: int, frame: FrameType | None) -> None:
        if frame is not None:
            samples[frame.f_code.co_filename, frame.f_code.co_qualname] += 1

    before = signal.signal(signal.SIGPROF, take)
    signal.setitimer(signal.ITIMER_PROF, _EVERY, _EVERY)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def own(samples: Counter[tuple[str, str]]) -> Counter[str]:
    """The samples in vartrack's files, by file and function."""
    return Counter(
        {
            f"{file[len(_OWN) + 1 :]} {function}": count
            for (file, function), count in samples.items()
            if file.startswith(_OWN)
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", choices=[*MODELS, []], help="which; all by default")
    parser.add_argument("--runs", type=int, default=15, help="compiles of each (default 15)")
    parser.add_argument("--lines", type=int, default=10, help="functions shown (default 10)")
    figures.add_option(parser)
    options = parser.parse_args()
    found = figures.begin("own_time", runs=options.runs)
    table = Table(title=f"vartrack's own share, torch {torch.__version__}, {options.runs} compiles")
    table.add_column("model")
    table.add_column("samples", justify="right")
    table.add_column("own", justify="right")
    shares, places, total = [], Counter[str](), 0
    with vartrack.use(vartrack.stock), torch.no_grad():
        for name in options.models or MODELS:
            torch.manual_seed(0)
            call: Any = MODELS[name]()
            samples = Counter[tuple[str, str]]()
            cold(*call)  # what is worked out once for each type is there from now on
            shown = range(options.runs)
            for _ in track(shown, description=f"{name:10}", console=Console(stderr=True)):
                with sampled(samples):
                    cold(*call)
            mine = own(samples)
            share = mine.total() / samples.total()
            places.update(mine)
            total += samples.total()
            shares.append(share)
            found.rows[name] = {"own share": share, "samples": samples.total()}
            table.add_row(name, str(samples.total()), f"{share:.1%}")
    mean = statistics.mean(shares)
    found.rows["mean"] = {"own share": mean}
    table.add_row("mean", "", f"{mean:.1%}")
    Console().print(table)
    where = Table(title="where")
    where.add_column("function")
    where.add_column("share", justify="right")
    for place, count in places.most_common(options.lines):
        where.add_row(place, f"{count / total:.2%}")
    Console().print(where)
    figures.write(found, options.json)


if __name__ == "__main__":
    main()
