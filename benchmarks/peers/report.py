"""What was found, as a table for people and as figures for a file."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

import torch
from figures import Figures
from rich.console import Console
from rich.table import Table
from trial import COUNTS, Trial


def table(trials: Sequence[Trial], runs: int) -> Table:
    """A row for each program, in a section for each package; ratios below 1 are vartrack's gain."""
    shown = Table(title=f"other packages' programs, torch {torch.__version__}, {runs} runs each")
    shown.add_column("program", no_wrap=True)
    for column in (*COUNTS, "torch ms", "vartrack ms", "ratio"):
        shown.add_column(column, justify="right")
    shown.add_column("both builders")
    for number, trial in enumerate(trials):
        if number and package(trial) != package(trials[number - 1]):
            shown.add_section()
        shown.add_row(trial.name, *cells(trial), verdict(trial))
    mean = geometric_mean(trials)
    if mean is not None:
        shown.add_section()
        shown.add_row("geometric mean", *("" for _ in COUNTS), "", "", f"{mean:.3f}", "")
    return shown


def package(trial: Trial) -> str:
    return trial.name.partition(".")[0]


def cells(trial: Trial) -> Iterator[str]:
    """The numbers of a row: one where the sides agree, torch's and vartrack's where not."""
    counted = [str(a) if a == b else f"{a} / {b}" for _, a, b in trial.counts()]
    yield from counted or ("-" for _ in COUNTS)
    if trial.time is None:
        yield from "---"
    else:
        yield f"{trial.time.torch:.1f}"
        yield f"{trial.time.vartrack:.1f}"
        yield f"{trial.time.ratio:.3f}"


def verdict(trial: Trial) -> str:
    if trial.comparison is None:
        return "[red]failed"
    if not trial.fine:
        return f"[red]{len(trial.comparison.differences)} differences"
    return f"{trial.agreement}, raise {trial.raised}" if trial.raised else trial.agreement


def geometric_mean(trials: Sequence[Trial]) -> float | None:
    """Of all ratios; None if no time was taken."""
    ratios = [trial.time.ratio for trial in trials if trial.time is not None]
    return statistics.geometric_mean(ratios) if ratios else None


def explain(screen: Console, trials: Sequence[Trial]) -> None:
    """Print why programs are not fine, and what is to be known of the others."""
    for trial in trials:
        if trial.comparison is None:
            lines = [f"{trial.name} {trial.error}"]
        elif not trial.fine:
            lines = ["", f"{trial.name}: {trial.comparison}"]
        else:
            notes = [*trial.comparison.notes]
            if trial.agreement == "run alike":
                notes += [f"only torch has the guard {guard}" for guard in trial.missing]
            lines = [f"{trial.name}: note: {note}" for note in notes]
        for line in lines:
            screen.print(line, markup=False, highlight=False)


def fill(found: Figures, trials: Sequence[Trial]) -> None:
    """Put the numbers into ``found``: vartrack's, and how many differences there are."""
    for trial in trials:
        row = {what: float(ours) for what, _, ours in trial.counts()}
        if trial.comparison is None:
            row["failed"] = 1.0
        else:
            row["differences"] = float(len(trial.comparison.differences))
            row["missing guards"] = float(len(trial.missing))
        if trial.time is not None:
            row["torch's own ms"] = trial.time.torch
            row["vartrack ms"] = trial.time.vartrack
            row["median ratio"] = trial.time.ratio
        found.rows[trial.name] = row
    mean = geometric_mean(trials)
    if mean is not None:
        found.rows["geometric mean"] = {"median ratio": mean}
