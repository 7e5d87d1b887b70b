"""The long form: a tree by source of every value, then totals by type and by visitor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from vartrack.explanation.report.selecting import ALL, Selection
from vartrack.explanation.report.tree import ELSEWHERE
from vartrack.explanation.text.branches import compile_tree
from vartrack.explanation.text.fitting import milliseconds
from vartrack.explanation.text.lines import columns, heading, title
from vartrack.explanation.text.trouble import breaks, calls, recompiles, verdict

if TYPE_CHECKING:
    from vartrack.explanation.explanation import Explanation
    from vartrack.explanation.report.report import CompileReport

__all__ = ["full"]


def full(found: Explanation, width: int, selection: Selection = ALL) -> Iterator[RenderableType]:
    """The long form piece by piece, for lines of ``width``.

    Args:
        found: the explanation.
        width: the width.
        selection: which values of the tree to show.
    """
    yield title(width, "vartrack explain", found.target)
    yield from verdict(found, width)
    yield from breaks(found, width)
    yield from recompiles(found, width)
    yield from calls(found, width)
    for number, compile in enumerate(found.compiles, 1):
        yield Text()
        yield from compile_tree(compile, number, len(found.compiles), width, selection)
    if any(_uses_elsewhere(compile) for compile in found.compiles):
        yield Text(f"\n{ELSEWHERE} stands for the source of the value above.", "dim")
    if selection != ALL:
        return
    yield from _sourceless(found, width)
    yield from _visitors(found, width)


def _uses_elsewhere(compile: CompileReport) -> bool:
    return any(ELSEWHERE in value.label for value, _ in compile.walk())


def _sourceless(found: Explanation, width: int) -> Iterator[Text]:
    if not found.sourceless:
        return
    yield Text()
    yield heading(
        width, "Values made while tracing, without a source", "number, own time, type, visitor"
    )
    rows = [
        [
            Text(f"{row.count:,}"),
            Text(milliseconds(row.own_nanoseconds)),
            Text(row.type.removeprefix("builtins."), "cyan"),
            Text(row.visitor or "none", "magenta"),
        ]
        for row in found.sourceless
    ]
    yield columns(rows, width, right=(0, 1))


def _visitors(found: Explanation, width: int) -> Iterator[Text]:
    if not found.visitors:
        return
    yield Text()
    yield heading(width, "Visitors", "values, own time")
    rows = [
        [
            Text(f"{row.count:,}"),
            Text(milliseconds(row.own_nanoseconds)),
            Text(row.visitor or "none", "magenta"),
            Text(f"{row.sourced:,} with a source, {row.sourceless:,} without", "dim"),
        ]
        for row in found.visitors
    ]
    yield columns(rows, width, right=(0, 1))
