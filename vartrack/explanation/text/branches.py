"""The tree of a compile: one line, or a few, for each value with a source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from vartrack.explanation.report.report import CompileReport, Value
from vartrack.explanation.report.selecting import ALL, Selection
from vartrack.explanation.text.fitting import (
    counted,
    first_line,
    milliseconds,
    pack,
    short_path,
)
from vartrack.explanation.text.lines import paragraph
from vartrack.explanation.wording.words import function_in_words, in_words

if TYPE_CHECKING:
    from vartrack.core.recording import Dimension, GuardRecord

__all__ = ["compile_tree"]

_TIME = 11  # columns


def compile_tree(
    compile: CompileReport, number: int, of: int, width: int, selection: Selection
) -> Iterator[Text]:
    """The tree of the compile that is number ``number`` of ``of``, for lines of ``width``."""
    yield from (paragraph(line, width) for line in _head(compile, number, of))
    shown = selection.of(compile.values)
    yield from _branches(shown, width, "")
    if hidden := selection.hidden(compile.values, shown):
        which = "that only the tracer reads" if selection == ALL else "not shown"
        yield Text(f"{' ' * _TIME}{counted(hidden, 'more value')} {which}", "dim")


def _head(compile: CompileReport, number: int, of: int) -> Iterator[Text]:
    head = Text(f"compile {number} of {of}  " if of > 1 else "compile  ", "bold")
    head.append(function_in_words(compile.function))
    if compile.file:
        head.append(f"  {short_path(compile.file)}:{compile.line}", "dim")
    if compile.thread:
        head.append(f"  in thread {compile.thread}", "dim")
    yield head
    facts = [
        counted(compile.ops, "op"),
        counted(compile.inputs, "input"),
        counted(len(compile.guards), "guard"),
        f"{compile.seconds:.2f} s",
    ]
    if compile.attempts > 1:
        facts.append(f"{compile.attempts} attempts")
    if compile.skipped:
        yield Text.assemble(
            ("skipped, runs uncompiled: ", "bold red"), (first_line(compile.skipped), "red")
        )
    else:
        yield Text(", ".join(facts), "dim")
    for graph in compile.graphs:
        times = Counter(graph.operators).most_common()
        names = ", ".join(name if many == 1 else f"{name} ({many})" for name, many in times)
        if names:
            yield Text(f"operators: {names}", "dim")
    for recompile in compile.recompiles:
        yield Text(
            f"compiled again because: {recompile.failed}: {recompile.failed_check}", "yellow"
        )


def _branches(values: Sequence[Value], width: int, guides: str) -> Iterator[Text]:
    for number, value in enumerate(values, 1):
        last = number == len(values)
        here, below = ("╰─", "  ") if last else ("├─", "│ ")
        yield _lines(value, width, guides + here, guides + below)
        yield from _branches(value.children, width, guides + below)


def _lines(value: Value, width: int, first: str, rest: str) -> Text:
    """One value: the time, then its source and what became of it."""
    failed = value.outcome == "graph break"
    label = Text(value.label, "bold red" if failed else "bold")
    rest += "│ " if value.children else "  "
    packed = pack([label, *_story(value)], width - _TIME - len(rest) - 2).split("\n")
    lines = Text()
    for number, line in enumerate(packed):
        time = milliseconds(value.nanoseconds) if not number else ""
        lines.append(f"{time:>{_TIME - 2}}  " if not number else "\n" + " " * _TIME, "dim")
        lines.append(first if not number else rest + "  ", "dim").append_text(line)
    return lines


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
    if value.reused:
        yield Text(f"used {counted(value.reused, 'more time')}", "dim")
    for alias in value.aliases:
        yield Text(f"also {alias.label}", "dim")
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
            chunk.append(f" on {in_words(guard.source) or 'the whole frame'}", "dim")
        yield chunk
