"""How long compiled code takes to see that it still serves: the guards alone, without the graph.

Each model is compiled on both sides in turn, and the guards of all its parts are asked again and
again with what they were made for. The shortest time counts, as what others do on the machine only
adds to it. "in Python" is how many of the guards run Python code, which takes most.

    python benchmarks/guards.py [--on NAME] [--over NAME] [--rounds N] [--json FILE] [MODEL ...]
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any
from unittest import mock

import figures
import torch
from instructions import registry_of
from models import MODELS
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch._dynamo import guards

import vartrack

#: How often they are asked in one measurement, and how many measurements a round has.
_TIMES, _BATCHES = 20, 100
#: What a guard that runs Python code is called where torch prints it.
_IN_PYTHON = ("PythonLambdaGuardAccessor", "LAMBDA_GUARD")


def _asked(model: Any, registry: Any) -> tuple[float, int]:
    """The seconds that the guards of one call of ``model`` take, and how many are in Python."""
    function, args, kwargs = model()
    made: list[tuple[Any, dict[str, Any]]] = []

    def keep(manager: Any, scope: dict[str, Any], builder: Any) -> None:
        # the call may change a dict of arguments afterwards
        held = {name: dict(at) if type(at) is dict else at for name, at in scope.items()}
        made.append((manager, held))

    torch._dynamo.reset()
    with vartrack.use(registry), torch.no_grad():
        with mock.patch.object(guards, "guard_manager_testing_hook_fn", keep):
            torch.compile(function, backend="eager")(*args, **kwargs)
        if not made:
            return 0.0, 0  # nothing of it is compiled
        best = min(_batch(made) for _ in range(_BATCHES))
    told = "".join(str(manager) for manager, _ in made)
    return best / _TIMES, sum(map(told.count, _IN_PYTHON))


def _batch(made: list[tuple[Any, dict[str, Any]]]) -> float:
    begin = time.perf_counter()
    for manager, scope in made:
        for _ in range(_TIMES):
            held = manager.check(scope)
    end = time.perf_counter()
    assert held, "the guards refuse what they were made for"
    return end - begin


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=list(MODELS), metavar="MODEL")
    parser.add_argument("--on", default="thrift", help="stock, sound, or an extra (default thrift)")
    parser.add_argument("--over", default="torch", help="the same, or torch (default torch)")
    parser.add_argument("--rounds", type=int, default=5)
    figures.add_option(parser)
    options = parser.parse_args()
    names = options.over, options.on
    sheet = figures.begin("guards", on=options.on, over=options.over, rounds=options.rounds)
    registries = [registry_of(each) for each in names]
    columns = (*(f"µs on {name}" for name in names), "ratio", *(f"in Python, {n}" for n in names))
    table = Table("model", *columns)
    for name in track(options.models, console=Console(stderr=True)):
        rounds = [
            [_asked(MODELS[name], each) for each in registries] for _ in range(options.rounds)
        ]
        under, other = (min(side) for side in zip(*rounds, strict=True))
        if not under[0]:
            continue  # the call has no guards of its own
        times = under[0] * 1e6, other[0] * 1e6
        ratio = times[1] / times[0]
        found = (*times, ratio, under[1], other[1])
        sheet.rows[name] = dict(zip(columns, found, strict=True))
        table.add_row(
            name, *(f"{each:.2f}" for each in times), f"{ratio:.3f}", *map(str, found[3:])
        )
    mean = statistics.geometric_mean(row["ratio"] for row in sheet.rows.values())
    table.add_row("mean", "", "", f"{mean:.3f}", "", "")
    Console().print(table)
    figures.write(sheet, options.json)


if __name__ == "__main__":
    main()
