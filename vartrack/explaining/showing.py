"""An explanation for people: a tree by source, then tables, then the totals."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from vartrack.explaining.fitting import pack
from vartrack.explaining.report import Break, Compile, Explanation, Value
from vartrack.explaining.tree import ELSEWHERE

if TYPE_CHECKING:
    from vartrack.recording import GuardRecord

__all__ = ["as_text", "parts"]

#: The width of plain text.
WIDTH = 120
_GUIDE = 2  # columns a level
_TIME = 9  # columns
_STORY = 36  # columns, at least
_LEFT = 0.42  # of the width, for the sources
_RESUMED = re.compile(r"torch_dynamo_resume_in_(.+)_at_(\d+)")
_FROM_USER_CODE = "\n\nfrom user code:"


class _Page(io.StringIO):
    """Text that is meant for a stream of some encoding, so that lines are drawn to suit it."""

    encoding = "utf-8"


def as_text(found: Explanation, width: int = WIDTH, encoding: str = "utf-8") -> str:
    """The explanation as plain text."""
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
        yield _compile_tree(compile, number, len(found.compiles), width)
        yield Text()
    if any(_uses_elsewhere(compile) for compile in found.compiles):
        yield Text(f"{ELSEWHERE} stands for the source of the value above.\n", "dim")
    if found.sourceless:
        yield _sourceless_table(found)
    if found.visitors:
        yield _visitor_table(found)
    if found.borrowed:
        yield _borrowed_table(found)
    if found.breaks:
        yield _breaks(found)
    yield _totals(found)


# the tree


class _NarrowTree(Tree):
    """A tree whose guides take two columns a level, since sources nest deeply."""

    ASCII_GUIDES = ("  ", "| ", "+-", "`-")
    TREE_GUIDES = [("  ", "│ ", "├─", "╰─"), ("  ", "┃ ", "┣━", "┗━"), ("  ", "║ ", "╠═", "╚═")]


def _compile_tree(compile: Compile, number: int, of: int, width: int) -> Tree:
    tree = _NarrowTree(_compile_head(compile, number, of), guide_style="dim")
    left = min(max(_left(compile.values), 24), int(width * _LEFT), width - _TIME - _STORY)
    _add_values(tree, compile.values, width, left, 1)
    return tree


def _compile_head(compile: Compile, number: int, of: int) -> Text:
    head = Text()
    head.append(f"compile {number} of {of}  " if of > 1 else "compile  ", "bold")
    resumed = _RESUMED.fullmatch(compile.function)
    head.append(resumed[1] if resumed else compile.function or "code of another tracer", "bold")
    if resumed:
        head.append(f" resumed at line {resumed[2]}")
    if compile.file:
        head.append(f"  {compile.file}:{compile.line}", "dim")
    facts = [
        _count(compile.ops, "op"),
        _count(compile.inputs, "input"),
        _count(compile.guards, "guard"),
        f"{compile.seconds:.2f} s",
    ]
    if compile.attempts > 1:
        facts.append(f"{compile.attempts} attempts")
    if compile.skipped:
        head.append("\nskipped, runs uncompiled: ", "bold red")
        head.append(_first_line(compile.skipped), "red")
    else:
        head.append(f"\n{', '.join(facts)}", "dim")
    if compile.recompile_reason:
        reason = " ".join(_first_line(compile.recompile_reason).split())
        head.append(f"\ncompiled again because: {reason}", "yellow")
    return head


def _add_values(tree: Tree, values: list[Value], width: int, left: int, depth: int) -> None:
    for value in values:
        branch = tree.add(_line(value, width, left, depth))
        _add_values(branch, value.children, width, left, depth + 1)


def _left(values: list[Value], depth: int = 1) -> int:
    """The width that the sources take, with the guides before them."""
    return max(
        (max(_GUIDE * depth + len(v.label), _left(v.children, depth + 1)) for v in values),
        default=0,
    )


def _line(value: Value, width: int, left: int, depth: int) -> RenderableType:
    """One value: its source, what became of it, and the time, in columns."""
    indent = _GUIDE * depth
    label = max(12, left - indent)
    story = max(_STORY - 6, width - indent - label - _TIME - 3)
    failed = value.outcome == "graph break"
    line = Table.grid(padding=(0, 1, 0, 0))
    line.add_column(width=label)
    line.add_column(width=story)
    line.add_column(width=_TIME, justify="right", no_wrap=True)
    line.add_row(
        pack([Text(value.label, "bold red" if failed else "bold")], label),
        pack(_story(value), story),
        Text(_time(value.nanoseconds), "dim"),
    )
    return line


def _story(value: Value) -> Iterator[Text]:
    """What became of a value, in chunks."""
    cls = value.type.removeprefix("builtins.")
    if value.shows == "None":
        yield Text("None", "green")
    else:
        yield Text.assemble((cls, "cyan"), (f" {value.shows}" if value.shows else "", "green"))
    if value.visitor:
        arrow = f" -> {value.tracker}" if value.tracker else ""
        yield Text.assemble((value.visitor, "magenta"), arrow)
    if value.outcome == "graph break":
        yield Text(f"graph break: {_first_line(value.reason)}", "red")
    if value.graph_input:
        yield Text("graph input", "bold blue")
    yield from _guards(value.source, value.guards)
    if value.borrowed:
        yield Text(f"torch's {', '.join(value.borrowed)}", "yellow")
    if value.built > 1:
        yield Text(f"built {value.built} times", "dim")
    if value.met_again:
        yield Text(
            "met again" if value.met_again == 1 else f"met again {value.met_again} times", "dim"
        )
    for alias in value.aliases:
        yield Text(f"as {alias.label}", "dim")
        yield from _guards(alias.source, alias.guards)


def _guards(source: str, guards: list[GuardRecord]) -> Iterator[Text]:
    for guard in guards:
        chunk = Text(guard.kind, "yellow")
        if guard.source != source:
            chunk.append(f" on {guard.source or 'the whole frame'}", "dim")
        yield chunk


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _uses_elsewhere(compile: Compile) -> bool:
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
                _time(row.own_nanoseconds),
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
                _time(row.own_nanoseconds),
            )
            for row in found.visitors
        ),
    )


def _borrowed_table(found: Explanation) -> Group:
    return _table(
        "Pieces of torch's own builder that vartrack's visitors used",
        ("piece", "times"),
        ((Text(piece, "yellow"), f"{count:,}") for piece, count in found.borrowed.items()),
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
    if found.with_torch:
        values.append(f", {found.with_torch:,} with a piece of torch's builder")
    if found.not_built:
        values.append(f", {found.not_built:,} not built", "red")
    table.add_row("values", values)
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
    if any(entry.title in _first_line(problem) for entry in found.breaks):
        problem = f"{_first_line(problem)} (see the graph breaks above)"
    return Group(table, Text(), Text(f"It did not run: {problem}", "bold red"))


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _time(nanoseconds: int) -> str:
    return f"{nanoseconds / 1e6:,.2f} ms"
