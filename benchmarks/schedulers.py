"""How many graphs a sampling loop takes over the schedulers of ``diffusers``, on torch and thrift.

Each step takes the time step as a tensor, as pipelines pass it, and is compiled alone with the
backend ``eager``. The samples are held against those of a loop that is not compiled.

    python benchmarks/schedulers.py [--steps N] [--on NAME] [--json FILE] [SCHEDULER ...]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import figures
import torch
from instructions import registry_of
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch._dynamo.testing import CompileCounter

import vartrack

try:
    import diffusers
except ImportError as error:
    raise SystemExit(f"{error}; python -m pip install diffusers pillow") from error

SCHEDULERS = (
    *("DDIM", "DDPM", "PNDM", "LCM", "EulerDiscrete", "EulerAncestralDiscrete", "HeunDiscrete"),
    *("KDPM2Discrete", "DPMSolverMultistep", "DPMSolverSinglestep", "UniPCMultistep"),
    *("DEISMultistep", "EDMEuler", "FlowMatchEulerDiscrete"),
)


def samples(name: str, steps: int, compiled: Callable[[Any], Any]) -> torch.Tensor:
    """What a loop of ``steps`` gives over a scheduler whose step is ``compiled``."""
    scheduler = getattr(diffusers, f"{name}Scheduler")()
    scheduler.set_timesteps(steps)
    step = compiled(lambda output, at, x: scheduler.step(output, at, x).prev_sample)
    torch.manual_seed(0)
    x = torch.randn(1, 4, 4, 4)
    for at in scheduler.timesteps:
        torch.manual_seed(1)
        x = step(x * 0.1, at, x)
    return x


def graphs(name: str, steps: int, registry: Any, expected: torch.Tensor) -> int:
    """How many graphs that takes on ``registry``.

    Raises:
        AssertionError: the samples are others than without a compiler.
    """
    torch._dynamo.reset()
    counter = CompileCounter()
    with vartrack.use(registry):
        found = samples(name, steps, lambda run: torch.compile(run, backend=counter))
    torch.testing.assert_close(found, expected)
    return counter.frame_count


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("schedulers", nargs="*", default=list(SCHEDULERS), metavar="SCHEDULER")
    parser.add_argument("--steps", type=int, default=12, help="steps of a loop (default 12)")
    parser.add_argument("--on", default="thrift", help="stock, sound, or an extra (default thrift)")
    figures.add_option(parser)
    options = parser.parse_args()
    sheet = figures.begin("schedulers", on=options.on, steps=options.steps)
    sheet.packages["diffusers"] = diffusers.__version__
    registry = registry_of(options.on)
    table = Table("scheduler", "torch", options.on)
    for name in track(options.schedulers, console=Console(stderr=True)):
        expected = samples(name, options.steps, lambda run: run)
        counts = [graphs(name, options.steps, each, expected) for each in (None, registry)]
        sheet.rows[name] = dict(zip(("torch", options.on), counts, strict=True))
        table.add_row(name, *map(str, counts))
    Console().print(table)
    figures.write(sheet, options.json)


if __name__ == "__main__":
    main()
