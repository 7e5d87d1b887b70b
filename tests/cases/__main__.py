"""Run the programs by hand: a table of the sides, and each program that is not ok on one of them.

PYTHONPATH=tests python -m cases [--side NAME ...] [--case NAME ...] [--worse]
"""

from __future__ import annotations

import argparse
from collections import Counter

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cases.registering import all_cases
from cases.running import RANKS, Found
from cases.sides import SIDES, run_sides


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m cases", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--side",
        action="append",
        dest="sides",
        metavar="NAME",
        help=f"{', '.join(SIDES)}, or code such as 'vartrack.install(mine)'; again for another "
        "(default torch and extras)",
    )
    parser.add_argument(
        "--case", action="append", dest="cases", choices=list(all_cases()), metavar="NAME"
    )
    parser.add_argument(
        "--worse", action="store_true", help="list only what is worse than on the first side"
    )
    options = parser.parse_args()
    sides = options.sides or ["torch", "extras"]
    found = run_sides(sides, options.cases or ())
    console = Console(width=120)
    console.print(counts(found))
    for name in options.cases or all_cases():
        records = [found[side][name] for side in sides]
        if any(record.rank > (records[0].rank if options.worse else 0) for record in records):
            console.print(about(name, sides, records), soft_wrap=True)


def counts(found: dict[str, dict[str, Found]]) -> Table:
    """How many programs come to what, and how many are better or worse than on the first side."""
    first = next(iter(found.values()))
    table = Table(title=f"{len(first)} programs")
    table.add_column("side")
    for column in (*RANKS, "better", "worse", "seconds"):
        table.add_column(column, justify="right")
    for side, records in found.items():
        statuses = Counter(record.status for record in records.values())
        gains = [first[name].rank - record.rank for name, record in records.items()]
        better, worse = sum(gain > 0 for gain in gains), sum(gain < 0 for gain in gains)
        seconds = sum(record.seconds for record in records.values())
        numbers = (*(statuses[status] for status in RANKS), better, worse, round(seconds))
        table.add_row(side, *map(str, numbers))
    return table


def about(name: str, sides: list[str], records: list[Found]) -> Text:
    """A program, and what it came to on each side."""
    case = all_cases()[name]
    lines = [f"{name}: {case.what} ({case.kind}; {case.report})"]
    for side, record in zip(sides, records, strict=True):
        lines.append(f"    {side}: {record.status}, {record.detail}")
        lines += [f"        {text}" for text in record.told]
        if record.otherwise:
            lines.append(f"        with breaks: {record.otherwise}, {record.otherwise_detail}")
    return Text("\n".join(lines))


if __name__ == "__main__":
    main()
