"""Run the long forms.

PYTHONPATH=tests:tests/helpers python -m stress threads --rounds 60 --seconds 10
PYTHONPATH=tests:tests/helpers python -m stress rounds --rounds 1000
PYTHONPATH=tests:tests/helpers python -m stress processes --workers 8
"""

from __future__ import annotations

import argparse
import sys

from stress import processes, rounds, threads


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m stress", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("what", choices=["threads", "rounds", "processes"])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each round of threads")
    parser.add_argument("--workers", type=int, default=8, help="threads or processes at once")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    told = {"threads": _threads, "rounds": _rounds, "processes": _processes}[options.what]
    failures = told(options)
    print("\n".join(failures) or "nothing failed")
    return 1 if failures else 0


def _threads(options: argparse.Namespace) -> list[str]:
    found = threads.run(options.rounds, options.seconds, seed=options.seed, threads=options.workers)
    print(", ".join(f"{count:,} {name}" for name, count in found.done.most_common()))
    return found.failures


def _rounds(options: argparse.Namespace) -> list[str]:
    for alone in (True, False):
        found = rounds.run(options.rounds, seed=options.seed, alone=alone)
        classes, objects = found.growth
        first, last = found.samples[0], found.samples[-1]
        print(
            f"{'torch alone' if alone else 'vartrack'}: {options.rounds:,} rounds, {classes:.2f} "
            f"classes and {objects:.0f} objects more each, {first.memory:.0f} MiB at most after "
            f"{first.round} rounds and {last.memory:.0f} after all"
        )
    return [f"round {number}: {key}" for number, key in found.changed]


def _processes(options: argparse.Namespace) -> list[str]:
    failures = []
    for method in processes.METHODS:
        found = processes.run(method, options.workers)
        right = [([float(n), float(n + 1)], method == "fork") for n in range(options.workers)]
        print(f"{method}: {options.workers} processes")
        failures += [
            f"{method}: {one}" for one, other in zip(found, right, strict=True) if one != other
        ]
    return failures


if __name__ == "__main__":
    sys.exit(main())
