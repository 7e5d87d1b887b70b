"""The list of all guards: kind, source, who asked, the line that relied on it, and the cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from vartrack.explanation.text.fitting import counted, microseconds, short_path
from vartrack.explanation.text.lines import heading, paragraph, title
from vartrack.explanation.text.summary import guard_total
from vartrack.explanation.wording.words import check_in_words

if TYPE_CHECKING:
    from vartrack.explanation.compiles.guards import Guard
    from vartrack.explanation.explanation import Explanation

__all__ = ["guard_list"]

_INDENT = 3


def guard_list(found: Explanation, width: int) -> Iterator[RenderableType]:
    """Every guard, the dearest first, for lines of ``width``."""
    yield title(width, "vartrack explain --guards", found.target)
    for compile in found.compiles:
        if not compile.guards:
            continue
        yield heading(
            width,
            f"compile {compile.id}  {compile.function}",
            counted(len(compile.guards), "guard"),
        )
        total = guard_total(compile)
        yield paragraph(total or "what they cost was not measured", width)
        for guard in sorted(compile.guards, key=_dearest_first):
            yield paragraph(_line(guard), width)
            for part in _details(guard):
                yield paragraph(part, width, _INDENT)
        yield Text()


def _dearest_first(guard: Guard) -> tuple[float, int]:
    return -(guard.nanoseconds or 0), -(guard.reads or 0)


def _line(guard: Guard) -> Text:
    text = Text.assemble((guard.kind, "yellow"), "  ", (guard.label, "bold"))
    if guard.visitor:
        text.append(f"  {guard.visitor}", "magenta")
    if guard.nanoseconds is not None:
        text.append(f"  {microseconds(guard.nanoseconds)}", "bold red")
    else:
        text.append(f"  {'below the noise' if guard.measured else 'not measured'}", "dim")
    return text


def _details(guard: Guard) -> Iterator[Text]:
    if guard.reads is not None:
        yield Text(
            f"reads {'; '.join(map(check_in_words, guard.code))}: {microseconds(guard.reads)} once"
        )
    if guard.places:
        first, *more = guard.places
        text = Text(f"{short_path(first.file)}:{first.line}", "dim")
        text.append(f"  {first.text}" if first.text else "", "dim")
        if more:
            text.append(f"  and {counted(len(more), 'more line')}", "dim")
        yield text
