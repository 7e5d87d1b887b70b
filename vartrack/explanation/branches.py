"""The tree of a compile: one line, or a few, for each value with a source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from vartrack.explanation.fitting import first_line, milliseconds, pack
from vartrack.explanation.report import CompileReport, Value

if TYPE_CHECKING:
    from vartrack.core.recording import Dimension, GuardRecord

__all__ = ["compile_tree"]

_GUIDE = 2  # columns a level
_TIME = 9  # columns
_STORY = 36  # columns, at least
_LEFT = 0.42  # of the width, for the sources
_RESUMED = re.compile(r"torch_dynamo_resume_in_(.+)_at_(\d+)")


class _NarrowTree(Tree):
    """A tree whose guides take two columns a level, since sources nest deeply."""

    ASCII_GUIDES = ("  ", "| ", "+-", "`-")
    TREE_GUIDES = [("  ", "│ ", "├─", "╰─"), ("  ", "┃ ", "┣━", "┗━"), ("  ", "║ ", "╠═", "╚═")]


def compile_tree(compile: CompileReport, number: int, of: int, width: int) -> Tree:
    """The tree of the compile that is number ``number`` of ``of``, for lines of ``width``."""
    tree = _NarrowTree(_compile_head(compile, number, of), guide_style="dim")
    left = min(max(_left(compile.values), 24), int(width * _LEFT), width - _TIME - _STORY)
    _add_values(tree, compile.values, width, left, 1)
    return tree


def _compile_head(compile: CompileReport, number: int, of: int) -> Text:
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
        head.append(first_line(compile.skipped), "red")
    else:
        head.append(f"\n{', '.join(facts)}", "dim")
    if compile.recompile_reason:
        reason = " ".join(first_line(compile.recompile_reason).split())
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
        Text(milliseconds(value.nanoseconds), "dim"),
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
        yield Text(f"graph break: {first_line(value.reason)}", "red")
    if value.graph_input:
        yield Text("graph input", "bold blue")
    yield from _dimensions(value.dimensions)
    if value.why:
        yield Text(_number_kind(value) + f": {value.why}", "blue")
    yield from _guards(value.source, value.guards)
    if value.built > 1:
        yield Text(f"built {value.built} times", "dim")
    if value.met_again:
        yield Text(
            "met again" if value.met_again == 1 else f"met again {value.met_again} times", "dim"
        )
    for alias in value.aliases:
        yield Text(f"as {alias.label}", "dim")
        yield from _guards(alias.source, alias.guards)


def _dimensions(dimensions: list[Dimension]) -> Iterator[Text]:
    """What became of the dimensions, those of the same fate together."""
    if not dimensions:
        return
    fates: dict[tuple[str, ...], list[int]] = {}
    for dim, each in enumerate(dimensions):
        stride = "; its stride changed, and has a symbol" if each.stride else ""
        fates.setdefault((each.kind, each.constraint, each.why + stride), []).append(dim)
    if any(each.kind != "static" for each in dimensions):
        yield Text(f"[{', '.join(each.size for each in dimensions)}]", "bold blue")
    for (kind, constraint, why), dims in fates.items():
        every = len(dims) == len(dimensions) > 1
        which = "all dims" if every else f"dim {', '.join(map(str, dims))}"
        limits = f" ({constraint})" if constraint else ""
        yield Text(f"{which} {kind}{limits}: {why}", "blue")


def _number_kind(value: Value) -> str:
    return "symbol" if value.tracker == "SymNodeVariable" else "constant"


def _guards(source: str, guards: list[GuardRecord]) -> Iterator[Text]:
    for guard in guards:
        chunk = Text(guard.kind, "yellow")
        if guard.source != source:
            chunk.append(f" on {guard.source or 'the whole frame'}", "dim")
        yield chunk


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
