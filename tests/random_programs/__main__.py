"""Run many random programs, and go on where an earlier run stopped.

PYTHONPATH=tests:tests/helpers python -m random_programs pairs --seed 1 --from 0 --count 1000
PYTHONPATH=tests:tests/helpers python -m random_programs functions --shrink 17
"""

from __future__ import annotations

import argparse
from pathlib import Path

from random_programs.drawing import drawn, shrunk
from random_programs.shards import failing, records_of, run_shards, summary
from random_programs.sweeps import SWEEPS


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m random_programs", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("sort", choices=SWEEPS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--from", type=int, default=0, dest="first", metavar="NUMBER")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument(
        "--results",
        type=Path,
        default=Path("random_programs.jsonl"),
        metavar="FILE",
        help="a line for each program is appended; those that it has are not run again",
    )
    parser.add_argument("--show", type=int, metavar="NUMBER", help="print this program, and stop")
    parser.add_argument(
        "--shrink", type=int, metavar="NUMBER", help="print a small one that fails as this one does"
    )
    options = parser.parse_args()
    sweep = SWEEPS[options.sort]
    if options.show is not None:
        print(drawn(sweep.programs, options.seed, options.show))
    elif options.shrink is not None:
        print(_small(options.sort, options.seed, options.shrink))
    else:
        numbers = range(options.first, options.first + options.count)
        run_shards(options.sort, options.seed, numbers, options.results)
        records = [
            record
            for record in records_of(options.sort, options.seed, options.results)
            if record["number"] in numbers
        ]
        for record in failing(records):
            print(f"--- {record['number']}: {record['failures']}\n{record.get('program', '')}\n")
        print("\n".join(summary(records)))


def _small(sort: str, seed: int, number: int) -> str:
    """A small program that fails in the same way, and what is said of it."""
    sweep = SWEEPS[sort]
    (first,) = sweep.judge([drawn(sweep.programs, seed, number)])
    if not first.failures:
        return "it does not fail"
    label = next(iter(first.failures))

    def fails(program: object) -> bool:
        return label in sweep.judge([program])[0].failures

    small = shrunk(sweep.programs, seed, number, fails)
    (verdict,) = sweep.judge([small])
    return f"{verdict.statuses}\n{verdict.failures}\n{small}"


if __name__ == "__main__":
    main()
