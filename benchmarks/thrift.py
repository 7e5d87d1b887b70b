"""What the set thrift saves, and what it costs where there is nothing to save.

Each program is called many times on torch alone and with thrift, in turn. Printed are the compiles,
the total time of all calls, and the time of a call in the steady state: the median of the last
half. Programs that change something come first, then models of which nothing changes; for these
the cold time of the first call is compared as well.

    python benchmarks/thrift.py [--calls N] [--rounds N] [--backend NAME] [--json FILE] [NAME ...]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import figures
import torch
from models import MODELS
from rich.console import Console
from rich.table import Table
from torch import nn

import vartrack


def counting() -> Callable[[int], Any]:
    """A module that counts its calls, and warms up."""

    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer, self.step = nn.Linear(16, 16), 0

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.step += 1
            return self.layer(x) * min(1.0, self.step / 100)

    run, x = torch.compile(Counting(), backend=BACKEND), torch.ones(4, 16)
    return lambda number: run(x)


def scheduled() -> Callable[[int], Any]:
    """SGD whose learning rate changes at each step."""
    parameters = [nn.Parameter(torch.ones(16)) for _ in range(8)]
    for parameter in parameters:
        parameter.grad = torch.ones(16)
    optimizer = torch.optim.SGD(parameters, lr=0.1, momentum=0.9)
    run = torch.compile(optimizer.step, backend=BACKEND)

    def call(number: int) -> None:
        optimizer.param_groups[0]["lr"] = 0.1 / (number + 1)
        run()

    return call


def annealed() -> Callable[[int], Any]:
    """A function that reads an int of a global dict."""

    def step(x: torch.Tensor) -> torch.Tensor:
        return x * 2 / (STATE["epoch"] + 1)

    run, x = torch.compile(step, backend=BACKEND), torch.ones(16)

    def call(number: int) -> None:
        STATE["epoch"] = number
        run(x)

    return call


def unchanging(name: str) -> Callable[[], Callable[[int], Any]]:
    """A model of which nothing changes."""

    def make() -> Callable[[int], Any]:
        function, args, kwargs = MODELS[name]()
        run = torch.compile(function, backend=BACKEND)
        return lambda number: run(*args, **kwargs)

    return make


class Backend:
    """A backend of torch's, by name, that counts what it compiles."""

    def __init__(self, name: str) -> None:
        self.compiles = 0
        self.own = torch._dynamo.lookup_backend(name)

    def __call__(self, graph: Any, inputs: Any) -> Any:
        self.compiles += 1
        return self.own(graph, inputs)


SAVING = {"counting": counting, "scheduled": scheduled, "annealed": annealed}
BACKEND = Backend("eager")
STATE = {"epoch": 0}


def measured(
    make: Callable[[], Callable[[int], Any]], registry: Any, calls: int
) -> dict[str, float]:
    """What so many calls come to on ``registry``."""
    torch._dynamo.reset()
    BACKEND.compiles = 0
    call, times = make(), []
    with vartrack.use(registry), torch.no_grad():
        for number in range(calls):
            start = time.perf_counter()
            call(number)
            times.append(time.perf_counter() - start)
    return {
        "compiles": BACKEND.compiles,
        "total": sum(times) * 1e3,
        "cold": times[0] * 1e3,
        "steady": statistics.median(times[calls // 2 :]) * 1e6,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="programs or models; all if not given")
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--backend", default="eager")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    BACKEND.own = torch._dynamo.lookup_backend(options.backend)
    thrift = vartrack.stock.derive("thrift")
    vartrack.extras.thrift.register(thrift)
    kept = figures.begin("thrift", calls=options.calls, rounds=options.rounds)
    programs = {**SAVING, **{name: unchanging(name) for name in MODELS}}
    table = Table("program", "compiles", "total ms", "µs a call", "total", "call", "cold")
    for name in options.names or programs:
        sides: dict[str, list[dict[str, float]]] = {"torch": [], "thrift": []}
        for registry in (None, thrift):  # so that neither pays for what is done once
            measured(programs[name], registry, 1)
        for number in range(options.rounds):
            pairs = [("torch", None), ("thrift", thrift)]
            for side, registry in pairs[:: 1 if number % 2 else -1]:
                sides[side].append(measured(programs[name], registry, options.calls))
        medians = {
            side: {key: statistics.median(one[key] for one in found) for key in found[0]}
            for side, found in sides.items()
        }
        torchs, ours = medians["torch"], medians["thrift"]
        ratios = {key: ours[key] / torchs[key] for key in ("total", "steady", "cold")}
        kept.rows[name] = {
            **{
                f"{side} {key}": value
                for side, found in medians.items()
                for key, value in found.items()
            },
            **{f"{key} ratio": ratio for key, ratio in ratios.items()},
        }
        table.add_row(
            name,
            *(f"{torchs[key]:.0f} → {ours[key]:.0f}" for key in ("compiles", "total", "steady")),
            *(f"{ratios[key]:.3f}" for key in ("total", "steady", "cold")),
        )
    Console().print(table)
    if options.json:
        figures.write(kept, options.json)


if __name__ == "__main__":
    main()
