"""Two files of figures side by side, with the ratios of the new ones to the old ones.

Below 1 the new ones are better. Figures of other machines or of other torch releases say nothing
about vartrack, and are refused without ``--anyway``.

    python benchmarks/compare.py OLD.json NEW.json [--anyway]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from figures import Figures, Refused, differences, read
from rich.console import Console
from rich.table import Table


def checked(old: Figures, new: Figures, anyway: bool) -> list[str]:
    """What is to be said about the two; refused if they cannot be compared."""
    if old.benchmark != new.benchmark:
        raise Refused(f"figures of two benchmarks: {old.benchmark} and {new.benchmark}")
    found = differences(old, new)
    if found and not anyway:
        raise Refused("\n".join([*found, "--anyway compares them nevertheless"]))
    if old.settings != new.settings:
        found.append(f"other settings: {told(old.settings)} and {told(new.settings)}")
    if old.packages != new.packages:
        found.append(f"other packages: {versions(old.packages)} and {versions(new.packages)}")
    if old.python != new.python:
        found.append(f"other Pythons: {old.python} and {new.python}")
    return found


def told(settings: dict[str, int | str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in settings.items())


def versions(packages: dict[str, str | None]) -> str:
    return ", ".join(f"{name} {version or '(missing)'}" for name, version in packages.items())


def origin(which: str, figures: Figures) -> str:
    """Where figures come from, in one line."""
    ours = figures.vartrack
    commit = f", commit {ours.commit[:10]}{' with changes' * ours.changed}" if ours.commit else ""
    load = f", load {figures.load[0]:.1f}" if figures.load else ""
    return f"{which}: {figures.date:%Y-%m-%d}, vartrack {ours.version}{commit}{load}"


def side_by_side(old: Figures, new: Figures) -> Table:
    """All figures of either; a dash stands for those that only one of them has."""
    table = Table(title=f"{old.benchmark}, torch {new.torch}, {new.machine.cpu}")
    for column in ("", "figure", "old", "new", "ratio"):
        table.add_column(column, justify="left" if column in ("", "figure") else "right")
    for row in old.rows | new.rows:
        before, after = old.rows.get(row, {}), new.rows.get(row, {})
        for index, column in enumerate(before | after):
            a, b = before.get(column), after.get(column)
            ratio = f"{b / a:.3f}" if a and b is not None else "-"
            table.add_row("" if index else row, column, shown(a), shown(b), ratio)
        table.add_section()
    return table


def shown(number: float | None) -> str:
    return "-" if number is None else f"{number:.4g}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", type=Path, metavar="OLD.json")
    parser.add_argument("new", type=Path, metavar="NEW.json")
    parser.add_argument("--anyway", action="store_true", help="whatever they were measured on")
    options = parser.parse_args(arguments)
    try:
        old, new = read(options.old), read(options.new)
        remarks = checked(old, new, options.anyway)
    except Refused as refusal:
        print(f"compare.py: {refusal}", file=sys.stderr)
        return 2
    screen = Console()
    screen.print(side_by_side(old, new))
    for line in (origin("old", old), origin("new", new), *remarks):
        screen.print(line, markup=False, highlight=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
