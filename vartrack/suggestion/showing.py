"""A suggestion for people: what to take and why, the visitor, what was tried, what it costs."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from vartrack.suggestion.report import Suggestion

__all__ = ["parts"]

_STYLES = {"ok": "green", "recompiles": "yellow", "graph break": "yellow"}


def parts(found: Suggestion) -> Iterator[RenderableType]:
    """The suggestion piece by piece."""
    yield Rule(Text.assemble(("vartrack suggest ", "bold"), found.type), align="left")
    if found.shows:
        yield Text(found.shows, "dim")
    yield Text()
    yield Text(f"Take {found.base}" if found.base else "Register nothing", "bold")
    for reason in found.reasons:
        yield Padding(Text(f"- {reason}"), (0, 0, 0, 1))
    if found.visitor:
        yield Text()
        yield Padding(Text(found.visitor.rstrip(), "cyan"), (0, 0, 0, 4))
    yield Text()
    yield from _costs(found)
    yield _trials(found)


def _costs(found: Suggestion) -> Iterator[RenderableType]:
    lines = []
    if found.check_nanoseconds is not None:
        lines.append(
            f"A check of the content takes {found.check_nanoseconds / 1e3:.1f} µs, at every call "
            "that depends on it."
        )
    if found.call_nanoseconds is not None and found.torch_call_nanoseconds is not None:
        lines.append(
            f"A call of a function with `{found.timed}` takes {found.call_nanoseconds / 1e3:.1f} "
            f"µs; {found.torch_call_nanoseconds / 1e3:.1f} µs with torch alone."
        )
    if lines:
        yield Text("What it costs", "bold")
        yield from map(Text, lines)
        yield Text()


def _trials(found: Suggestion) -> Table:
    with_visitor = any(trial.visitor for trial in found.trials)
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.title, table.title_justify, table.title_style = "What was tried", "left", "bold"
    table.add_column("use", no_wrap=True)
    table.add_column("torch alone", no_wrap=True)
    if with_visitor:
        table.add_column("with the visitor", no_wrap=True)
    table.add_column("")
    for trial in found.trials:
        cells = [Text(trial.use, "bold"), _status(trial.torch)]
        if with_visitor:
            cells.append(_status(trial.visitor or ""))
        said = []
        if trial.torch_message:
            said.append(f"torch: {trial.torch_message}" if with_visitor else trial.torch_message)
        if trial.visitor_message:
            said.append(f"visitor: {trial.visitor_message}")
        table.add_row(*cells, Text("\n".join(said), "dim"))
    return table


def _status(status: str) -> Text:
    return Text(status, _STYLES.get(status, "bold red"))
