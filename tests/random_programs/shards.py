"""Runs programs by their numbers, in processes of their own, and writes down what they come to.

As a module it is such a process: ``python -m random_programs.shards SORT SEED FILE NUMBER ...``
appends a line of JSON to FILE for each number.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

__all__ = ["failing", "records_of", "run_shards", "summary"]

#: How many programs a process runs before the next one takes over.
_AT_ONCE = 100
#: How many are run on one side before the next side is put in place.
_TOGETHER = 25


def run_shards(sort: str, seed: int, numbers: Sequence[int], file: Path) -> None:
    """Run the programs of ``numbers`` that ``file`` does not have yet, and append them to it.

    Where a process dies, the rest is run in halves, until the program that ended it is found and
    written down.
    """
    numbers = _left(sort, seed, file, numbers)
    for start in range(0, len(numbers), _AT_ONCE):
        _run(sort, seed, file, numbers[start : start + _AT_ONCE])


def _left(sort: str, seed: int, file: Path, numbers: Sequence[int]) -> Sequence[int]:
    done = {record["number"] for record in records_of(sort, seed, file)}
    return [number for number in numbers if number not in done]


def _run(sort: str, seed: int, file: Path, numbers: Sequence[int]) -> None:
    code = _process(sort, seed, file, numbers)
    left = _left(sort, seed, file, numbers)
    if code and len(left) == 1:
        failures = {"the process ended": f"with {code}"}
        _append(file, sort, seed, {"number": left[0], "failures": failures})
    elif code and left:
        half = (len(left) + 1) // 2
        _run(sort, seed, file, left[:half])
        _run(sort, seed, file, left[half:])


def _process(sort: str, seed: int, file: Path, numbers: Sequence[int]) -> int:
    command = [sys.executable, "-m", "random_programs.shards", sort, str(seed), str(file)]
    path = os.pathsep.join(filter(None, sys.path))
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    return subprocess.run([*command, *map(str, numbers)], env=environment).returncode


def _append(file: Path, sort: str, seed: int, record: dict[str, Any]) -> None:
    with file.open("a") as lines:
        lines.write(json.dumps({"sort": sort, "seed": seed, **record}) + "\n")


def records_of(sort: str, seed: int, file: Path) -> list[dict[str, Any]]:
    """What ``file`` says of programs of this sort and seed."""
    lines = file.read_text().splitlines() if file.exists() else []
    records = map(json.loads, lines)
    return [record for record in records if (record["sort"], record["seed"]) == (sort, seed)]


def failing(records: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Those of programs that failed."""
    return (record for record in records if record["failures"])


def summary(records: Sequence[dict[str, Any]]) -> list[str]:
    """How many programs came to what."""
    statuses = Counter(
        f"{side} {status}"
        for record in records
        for side, status in record.get("statuses", {}).items()
    )
    compiles, counts = Counter[str](), Counter[str]()
    for record in records:
        compiles.update(record.get("compiles", {}))
        counts.update(record.get("counts", {}))
    failures = Counter(label for record in records for label in record["failures"])
    programs, values = len(records), sum(record.get("values", 1) for record in records)
    pairs = sum(record.get("pairs", 0) for record in records)
    return [
        f"{programs} programs, {values} values, {pairs} pairs of calls",
        *(f"{count:6} {name}" for name, count in sorted(statuses.items())),
        *(f"{count:6} compiles on {side}" for side, count in compiles.items()),
        *(f"{count:6} {name}" for name, count in sorted(counts.items()) if count),
        *(f"{count:6} FAILED: {label}" for label, count in failures.most_common()),
    ]


def _run_here(sort: str, seed: int, file: Path, numbers: Sequence[int]) -> None:
    import torch
    from unmeasured import without_measuring

    from random_programs.drawing import drawn
    from random_programs.sweeps import SWEEPS

    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    torch.set_num_threads(1)
    sweep = SWEEPS[sort]
    for start in range(0, len(numbers), _TOGETHER):
        some = numbers[start : start + _TOGETHER]
        programs = [drawn(sweep.programs, seed, number) for number in some]
        with without_measuring():
            verdicts = sweep.judge(programs)
        for number, program, verdict in zip(some, programs, verdicts, strict=True):
            size = {"values": getattr(program, "values", 1), "pairs": program.pairs}
            record: dict[str, Any] = {"number": number, **size, **vars(verdict)}
            if verdict.failures and size["values"] == 1:  # of several each failure has its own
                record["program"] = str(program)
            _append(file, sort, seed, record)


if __name__ == "__main__":
    _run_here(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), list(map(int, sys.argv[4:])))
