"""An explanation for people: a tree by source, then tables, then the totals."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from vartrack.explanation.branches import compile_tree
from vartrack.explanation.fitting import first_line, microseconds, milliseconds
from vartrack.explanation.report import Break, CompileReport, Explanation
from vartrack.explanation.tree import ELSEWHERE

__all__ = ["as_text", "parts"]

#: The width of plain text.
WIDTH = 120
_FROM_USER_CODE = "\n\nfrom user code:"


class _Page(io.StringIO):
    """Text that is meant for a stream of some encoding, so that lines are drawn to suit it."""

    encoding = "utf-8"


def as_text(found: RenderableType, width: int = WIDTH, encoding: str = "utf-8") -> str:
    """An explanation, or what else shows itself, as plain text."""
    page = _Page()
    page.encoding = encoding
    console = Console(file=page, width=width, color_system=None, force_terminal=False)
    console.print(found)
    text = page.getvalue()
    return "\n".join(line.rstrip() for line in text.splitlines())


def parts(found: Explanation, options: ConsoleOptions) -> Iterator[RenderableType]:
    """The explanation piece by piece, for a console of the width that ``options`` say."""
    width = options.max_width
    yield Rule(Text.assemble(("vartrack explain ", "bold"), found.target), align="left")
    for number, compile in enumerate(found.compiles, 1):
        yield compile_tree(compile, number, len(found.compiles), width)
        yield Text()
    if any(_uses_elsewhere(compile) for compile in found.compiles):
        yield Text(f"{ELSEWHERE} stands for the source of the value above.\n", "dim")
    if found.sourceless:
        yield _sourceless_table(found)
    if found.visitors:
        yield _visitor_table(found)
    if costly := dict(_checks(found)):
        yield _check_table(costly)
    if found.breaks:
        yield _breaks(found)
    yield _totals(found)


def _uses_elsewhere(compile: CompileReport) -> bool:
    return any(ELSEWHERE in value.label for value, _ in compile.walk())


# the tables


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> Group:
    """A table with a title; the first column of text, those of numbers to the right."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for place, column in enumerate(columns):
        number = place > 0 and column != "visitor"
        table.add_column(column, justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return Group(Text(title, "bold"), table, Text())


def _sourceless_table(found: Explanation) -> Group:
    return _table(
        "Values made while tracing, without a source",
        ("type", "visitor", "values", "own time"),
        (
            (
                Text(row.type.removeprefix("builtins."), "cyan"),
                Text(row.visitor or "none", "magenta"),
                f"{row.count:,}",
                milliseconds(row.own_nanoseconds),
            )
            for row in found.sourceless
        ),
    )


def _visitor_table(found: Explanation) -> Group:
    return _table(
        "Visitors",
        ("visitor", "values", "with a source", "without", "own time"),
        (
            (
                Text(row.visitor or "none", "magenta"),
                f"{row.count:,}",
                f"{row.sourced:,}",
                f"{row.sourceless:,}",
                milliseconds(row.own_nanoseconds),
            )
            for row in found.visitors
        ),
    )


def _checks(found: Explanation) -> Iterator[tuple[tuple[str, str], int]]:
    """For each source and kind of a guard that calls Python code what a check of it costs."""
    for compile in found.compiles:
        for value, _ in compile.walk():
            for guard in value.guards:
                if guard.cost is not None:
                    yield (guard.source, guard.kind), guard.cost


def _check_table(costs: dict[tuple[str, str], int]) -> Group:
    return _table(
        "Guards that call Python code, at every call of the compiled function",
        ("source", "guard", "one check"),
        (
            (Text(source, "bold"), Text(kind, "yellow"), microseconds(cost))
            for (source, kind), cost in sorted(costs.items(), key=lambda pair: -pair[1])
        ),
    )


_KINDS = {
    "break": "the graph ends here and another one begins",
    "skip": "the whole function runs uncompiled",
    "value": "Dynamo went on without the value",
}


def _breaks(found: Explanation) -> RenderableType:
    pieces: list[RenderableType] = [Text("Graph breaks", "bold")]
    for number, entry in enumerate(found.breaks, 1):
        pieces.append(_break_head(number, entry))
        reason = entry.reason.strip().partition(_FROM_USER_CODE)[0]
        pieces.append(Padding(Text(reason), (0, 0, 1, 3)))
    return Group(*pieces)


def _break_head(number: int, entry: Break) -> Text:
    head = Text(f"{number}. ", "bold red")
    head.append(f"{entry.file}:{entry.line}" if entry.file else "place not known", "bold")
    if entry.count > 1:
        head.append(f", {entry.count} times")
    if entry.source is not None:
        head.append(f", at {entry.source}")
    if entry.visitor:
        head.append(f", visitor {entry.visitor}")
    head.append(f": {_KINDS[entry.kind]}", "dim")
    return head


# the totals


def _totals(found: Explanation) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("registry", Text(found.registry))
    values = Text(f"{found.values:,}, ")
    values.append(f"{found.share:.1f} % built by vartrack's visitors", "bold")
    if found.not_built:
        values.append(f", {found.not_built:,} not built", "red")
    table.add_row("values", values)
    went = f"values that went to torch's own builder: {found.went_to_torch:,}"
    table.add_row("torch", Text(went, "bold red" if found.went_to_torch else ""))
    table.add_row("met again", f"{found.met_again:,}")
    attempts = sum(compile.attempts for compile in found.compiles)
    compiles = str(len(found.compiles))
    if attempts > len(found.compiles):
        compiles += f", in {attempts} attempts"
    table.add_row("compiles", compiles)
    table.add_row("graphs", str(found.graphs))
    breaks = sum(entry.count for entry in found.breaks)
    table.add_row("graph breaks", Text(str(breaks), "bold red" if breaks else ""))
    table.add_row(
        "compile time",
        f"{found.wall_seconds:.2f} s, CPU {found.cpu_seconds:.2f} s, with every value written down",
    )
    if not found.problem:
        return table
    problem = found.problem
    if any(entry.title in first_line(problem) for entry in found.breaks):
        problem = f"{first_line(problem)} (see the graph breaks above)"
    return Group(table, Text(), Text(f"It did not run: {problem}", "bold red"))
