"""What the set thrift saves, and what it costs where there is nothing to save.

Each program that changes something is called many times on torch alone and with thrift, in turn.
Printed are the compiles, the total time of all calls, and the time of a call in the steady state:
the median of the last half.

Of models of which nothing changes the cost is printed, and whether it is within what is aimed at:
the first call, compiled anew in each round, and a call in the steady state, the two sides in small
batches in turn. Both are in processor time of this process, so others on the machine matter less;
on a machine that is busy they still do, by its caches, so the fastest of all rounds counts: what
others do only adds to a time. Besides, the function calls are counted that the first call makes,
those of Python's and those of C functions: the same number on a busy machine and on a quiet one.

    python benchmarks/thrift.py [--calls N] [--rounds N] [--backend NAME] [--json FILE] [NAME ...]
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import gc
import itertools
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
#: What a program with nothing to save may cost, where it costs 1 on torch alone.
COLD, PER_CALL = 1.03, 1.02
_NUMBERS = itertools.count()


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
        "steady": statistics.median(times[calls // 2 :]) * 1e6,
    }


def first_call(name: str, registry: Any, profile: Any = None) -> tuple[float, Callable[[], Any]]:
    """The processor time of the first call of a model, and what calls it again."""
    function, args, kwargs = MODELS[name]()

    def entry() -> Any:
        return function(*args, **kwargs)

    # code of its own, as torch keeps what it compiled with the code
    entry.__code__ = entry.__code__.replace(co_name=f"entry_{next(_NUMBERS)}")
    run = torch.compile(entry, backend=BACKEND)
    gc.collect()
    gc.disable()
    try:
        with vartrack.use(registry), torch.no_grad():
            start = time.process_time()
            with profile or contextlib.nullcontext():
                run()
            return time.process_time() - start, run
    finally:
        gc.enable()


def function_calls(name: str, registry: Any) -> int:
    """How many functions the first call of a model calls."""
    profile = cProfile.Profile()
    torch._dynamo.reset()
    first_call(name, registry, profile)
    return sum(entry.callcount for entry in profile.getstats())


def cost(name: str, thrift: Any, calls: int, rounds: int) -> dict[str, float]:
    """What the first call of a model and others cost with thrift, if they cost 1 on torch alone."""
    cold: dict[Any, list[float]] = {None: [], thrift: []}
    again: dict[Any, Callable[[], Any]] = {}
    for number in range(-1, rounds):  # what the first round does once is not counted
        torch._dynamo.reset()
        for registry in (None, thrift)[:: 1 if number % 2 else -1]:
            taken, again[registry] = first_call(name, registry)
            if number >= 0:
                cold[registry].append(taken)
    warm: dict[Any, list[float]] = {None: [], thrift: []}
    with torch.no_grad():
        for number in range(8 * rounds):
            for registry in (None, thrift)[:: 1 if number % 2 else -1]:
                call = again[registry]
                start = time.process_time()
                for _ in range(calls):
                    call()
                warm[registry].append(time.process_time() - start)
    return {
        "cold ratio": min(cold[thrift]) / min(cold[None]),
        "call ratio": min(warm[thrift]) / min(warm[None]),
        "functions ratio": function_calls(name, thrift) / function_calls(name, None),
    }


def print_costs(names: list[str], thrift: Any, options: argparse.Namespace, kept: Any) -> None:
    """Measure models of which nothing changes, and say which cost more than is aimed at."""
    table = Table("model", f"cold, aim {COLD}", f"call, aim {PER_CALL}", "functions", "held")
    for name in names:
        found = kept.rows[name] = cost(name, thrift, options.calls, options.rounds)
        held = found["cold ratio"] <= COLD and found["call ratio"] <= PER_CALL
        table.add_row(name, *(f"{ratio:.3f}" for ratio in found.values()), "yes" if held else "no")
    Console().print(table)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="programs or models; all if not given")
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--backend", default="eager")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    torch.set_num_threads(1)  # others wait for work, and their waiting is processor time
    BACKEND.own = torch._dynamo.lookup_backend(options.backend)
    thrift = vartrack.stock.derive("thrift")
    vartrack.extras.thrift.register(thrift)
    kept = figures.begin("thrift", calls=options.calls, rounds=options.rounds)
    names = options.names or [*SAVING, *MODELS]
    table = Table("program", "compiles", "total ms", "µs a call", "total", "call")
    for name in (name for name in names if name in SAVING):
        sides: dict[str, list[dict[str, float]]] = {"torch": [], "thrift": []}
        for registry in (None, thrift):  # so that neither pays for what is done once
            measured(SAVING[name], registry, 1)
        for number in range(options.rounds):
            pairs = [("torch", None), ("thrift", thrift)]
            for side, registry in pairs[:: 1 if number % 2 else -1]:
                sides[side].append(measured(SAVING[name], registry, options.calls))
        medians = {
            side: {key: statistics.median(one[key] for one in found) for key in found[0]}
            for side, found in sides.items()
        }
        torchs, ours = medians["torch"], medians["thrift"]
        ratios = {key: ours[key] / torchs[key] for key in ("total", "steady")}
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
            *(f"{ratio:.3f}" for ratio in ratios.values()),
        )
    if table.rows:
        Console().print(table)
    print_costs([name for name in names if name in MODELS], thrift, options, kept)
    if options.json:
        figures.write(kept, options.json)


if __name__ == "__main__":
    main()
