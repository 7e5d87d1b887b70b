"""The verdict, and what stood in the way: graph breaks, recompiles, which call used what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from vartrack.explanation.text.fitting import counted, first_line, short_path
from vartrack.explanation.text.lines import heading, paragraph
from vartrack.explanation.text.more import IN_CODE, More
from vartrack.explanation.wording.words import function_in_words, in_words

if TYPE_CHECKING:
    from vartrack.explanation.compiles.recompiles import Recompile
    from vartrack.explanation.explanation import Explanation
    from vartrack.explanation.report.report import Break, CompileReport
    from vartrack.explanation.wording.places import Place

__all__ = ["breaks", "calls", "recompiles", "verdict"]

_INDENT = 3
#: How the titles begin of breaks that say little without their explanation.
_OURS = "vartrack: "
_FROM_USER_CODE = "\n\nfrom user code:"


def verdict(found: Explanation, width: int) -> Iterator[Text]:
    breaks = sum(entry.count for entry in found.breaks)
    again, by_sound = sum(1 for _ in found.recompiles), found.recompiles_by_sound
    facts = [
        counted(found.graphs, "graph"),
        counted(breaks, "graph break"),
        counted(len(found.compiles), "compile")
        + (f", {again} of code compiled before" * bool(again))
        + (f" ({by_sound} by vartrack.sound)" * bool(by_sound)),
        f"{found.wall_seconds:.2f} s",
    ]
    yield paragraph(Text("; ".join(facts), "bold green" if found.whole else "bold"), width)
    guards = sum(1 for _ in found.guards)
    details = [
        f"registry {found.registry}" if found.registry else "torch's own builder",
        counted(found.values, "value"),
        counted(guards, "guard"),
    ]
    if found.registry:
        details.insert(2, f"{found.share:.1f} % built by vartrack's visitors")
    if found.not_built:
        details.append(f"{found.not_built:,} not built")
    if found.went_to_torch:
        details.append(f"{found.went_to_torch:,} built by torch's own builder")
    yield paragraph(Text(", ".join(details), "dim"), width)
    if found.problem:
        problem = found.problem
        if any(entry.title in first_line(problem) for entry in found.breaks):
            problem = f"{first_line(problem)} (see the graph breaks below)"
        yield paragraph(Text(problem, "bold red"), width)


# what stood in the way


def _place(place: Place | None) -> Text:
    if place is None:
        return Text("place not known", "bold")
    line = Text(f"{short_path(place.file)}:{place.line}", "bold")
    return line.append(f"  {place.text}", "dim") if place.text else line


def _numbered(number: int, text: Text, width: int) -> Text:
    return paragraph(text, width, _INDENT, Text(f"{number}.", "bold red"))


def _more(of: Sequence[object], most: int | None, width: int, more: More) -> Iterator[Text]:
    if most is not None and len(of) > most:
        yield paragraph(f"and {len(of) - most} more: {more.rest}", width, _INDENT)


_KINDS = {
    "skip": "the whole function runs uncompiled",
    "value": "Dynamo went on without the value",
}


def breaks(
    found: Explanation, width: int, most: int | None = None, more: More = IN_CODE
) -> Iterator[Text]:
    if not found.breaks:
        return
    yield Text()
    yield heading(width, "Graph breaks", counted(len(found.breaks), "place"))
    for number, entry in enumerate(found.breaks[:most], 1):
        yield _numbered(number, _place(entry.place), width)
        yield paragraph(_reason(entry), width, _INDENT)
        if most is None:
            yield from _whole(entry, width)
            continue
        if entry.title.startswith(_OURS) and entry.explanation:
            yield paragraph(entry.explanation, width, _INDENT)
        if entry.ways_out:
            yield _way_out(_first_sentence(entry.ways_out[0]), width)
    yield from _more(found.breaks, most, width, more)


def _reason(entry: Break) -> Text:
    text = Text(entry.title)
    if entry.source is not None:
        text.append(f", at {in_words(entry.source)}")
    if entry.visitor:
        text.append(f", visitor {entry.visitor}")
    if entry.count > 1:
        text.append(f", {entry.count} times")
    if entry.kind in _KINDS:
        text.append(f": {_KINDS[entry.kind]}", "dim")
    return text


def _whole(entry: Break, width: int) -> Iterator[Text]:
    """The stack that led there, and torch's reason after its first line."""
    for place in entry.stack[:-1]:
        yield paragraph(Text("from ").append_text(_place(place)), width, _INDENT)
    reason = entry.reason.strip().partition(_FROM_USER_CODE)[0]
    for line in reason.splitlines()[1:]:
        if line.strip():
            yield paragraph(line.strip(), width, _INDENT)


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[\w)`]\.) (?=[A-Z])", text, maxsplit=1)[0]


def _way_out(text: str, width: int) -> Text:
    line = Text.assemble(("Way out: ", "green"), text if text.endswith((".", "?")) else f"{text}.")
    return paragraph(line, width, _INDENT)


def recompiles(
    found: Explanation, width: int, most: int | None = None, more: More = IN_CODE
) -> Iterator[Text]:
    alike: dict[tuple[str, ...], list[tuple[CompileReport, Recompile]]] = {}
    for compile, recompile in found.recompiles:
        key = (recompile.cause, recompile.source, recompile.way_out)
        alike.setdefault(key, []).append((compile, recompile))
    if not alike:
        return
    yield Text()
    yield heading(width, f"Compiled again: {sum(map(len, alike.values()))}")
    for number, ((compile, recompile), *others) in enumerate([*alike.values()][:most], 1):
        text = _why(compile, recompile)
        if others:
            verb = "was" if len(others) == 1 else "were"
            text.append(f"; so {verb} {counted(len(others), 'more compile')}")
        yield _numbered(number, text, width)
        if recompile.place is not None:
            yield paragraph(
                Text("relied on at ").append_text(_place(recompile.place)), width, _INDENT
            )
        if recompile.right:
            text = Text.assemble(("This recompile is right: ", "green"), f"{recompile.way_out}.")
            yield paragraph(text, width, _INDENT)
        else:
            yield _way_out(recompile.way_out, width)
    yield from _more([*alike], most, width, more)


def _why(compile: CompileReport, recompile: Recompile) -> Text:
    text = Text(function_in_words(compile.function), "bold")
    if compile.call:
        text.append(f", for call {compile.call}")
    text.append(f": {recompile.cause}", "yellow")
    if recompile.label:
        text.append(f" of {recompile.label}", "yellow")
    if recompile.before and recompile.after and recompile.before != recompile.after:
        text.append(f", {recompile.before} before and {recompile.after} now")
    text.append(f" (failed: {recompile.failed_check})", "dim")
    return text


def calls(
    found: Explanation, width: int, most: int | None = None, more: More = IN_CODE
) -> Iterator[Text]:
    """Which calls used which compile."""
    used = [compile for compile in found.compiles if compile.used_by]
    if found.calls < 2 or not used:
        return
    yield Text()
    yield heading(width, f"Calls: {found.calls}")
    if all(len(compile.used_by) == 1 for compile in used) and most is not None:
        yield paragraph("each compile ran in one call only", width, _INDENT)
        return
    for compile in used[:most]:
        text = Text(f"compile {compile.id} of {function_in_words(compile.function)} ran in ")
        text.append(counted(len(compile.used_by), "call"), "bold")
        yield paragraph(text.append(f": {_ranges(compile.used_by)}"), width, _INDENT)
    yield from _more(used, most, width, more)


def _ranges(numbers: Sequence[int]) -> str:
    """``1, 2, 3, 7`` as ``1-3, 7``."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join(f"{a}-{b}" if a < b else str(a) for a, b in spans)
