"""The configurations that the programs are run on, each in a process of its own.

As a module it is that process: ``python -m cases.sides SIDE OUT NAME ...`` appends a line of JSON
to OUT for each program. One that ends the process is written down too, and the rest run in another.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cases.registering import all_cases
from cases.running import Found, run_audited, run_case

#: From the name of a configuration to the code that brings it about.
SIDES = {
    "torch": "",
    "stock": "vartrack.install()",
    "extras": "vartrack.install(extras=list(vartrack.extras.NAMES))",
    "sound": "vartrack.install(vartrack.sound, extras=list(vartrack.extras.NAMES))",
    "audit": "",
}


def run_sides(sides: Iterable[str], names: Sequence[str] = ()) -> dict[str, dict[str, Found]]:
    """What the programs come to on each side, all sides at the same time.

    Args:
        sides: names in `SIDES`, or code that installs vartrack.
        names: which programs; all, if there are none.

    Raises:
        RuntimeError: a side or a program cannot be run; with what its process said.
    """
    sides, names = list(sides), list(names or all_cases())
    with ThreadPoolExecutor(len(sides)) as threads, tempfile.TemporaryDirectory() as folder:
        outs = [Path(folder) / str(number) for number in range(len(sides))]
        found = threads.map(_run_side, sides, outs, [names] * len(sides))
        return dict(zip(sides, found, strict=True))


def _run_side(side: str, out: Path, names: Sequence[str]) -> dict[str, Found]:
    tests = Path(__file__).parents[1]
    path = os.pathsep.join(
        filter(None, (f"{tests}", f"{tests / 'helpers'}", os.getenv("PYTHONPATH")))
    )
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    found: dict[str, Found] = {}
    while left := [name for name in names if name not in found]:
        command = [sys.executable, "-m", "cases.sides", side, str(out), *left]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        lines = out.read_text().splitlines() if out.exists() else []
        for line in lines:
            record = Found(**json.loads(line))
            found[record.name] = record
        if done.returncode > 0:
            raise RuntimeError(f"{side} cannot be run:\n{done.stderr[-3000:]}")
        if done.returncode:  # of a signal
            ended = next(name for name in left if name not in found)
            found[ended] = Found(ended, "crash", f"the process ended by signal {-done.returncode}")
    return found


def _run_here(side: str, out: Path, names: Sequence[str]) -> None:
    import torch
    from unmeasured import without_measuring

    import vartrack
    import vartrack.extras

    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    torch.set_num_threads(1)
    cases = all_cases()
    exec(SIDES.get(side, side), {"vartrack": vartrack})
    run = run_audited if side == "audit" else run_case
    with without_measuring(), out.open("a") as lines:
        for name in names:
            record = dataclasses.asdict(run(cases[name]))
            lines.write(json.dumps(record) + "\n")
            lines.flush()


if __name__ == "__main__":
    _run_here(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
