"""The report of an audit for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from vartrack.explanation.text.fitting import counted, short_path
from vartrack.explanation.text.lines import heading, paragraph, title
from vartrack.explanation.words import in_words

if TYPE_CHECKING:
    from vartrack.auditing.report import AuditReport, ChangedFact
    from vartrack.explanation.places import Place

__all__ = ["report_text"]

_INDENT = 3


def report_text(found: AuditReport, width: int) -> Iterator[Text]:
    """The report, piece by piece."""
    yield title(width, "vartrack audit", found.target)
    stale = found.stale
    calls = sum(change.calls for change in stale)
    verdict = "no answer is old, as far as was looked"
    if stale:
        verdict = f"the answer of {counted(calls, 'call')} may be old"
    yield paragraph(Text(verdict, "bold red" if stale else "bold green"), width)
    facts = [
        counted(found.functions, "compile"),
        f"{counted(found.facts, 'fact')} without a guard",
        f"{len(found.changes)} changed",
    ]
    if found.unread:
        facts.append(f"{found.unread} could not be followed")
    yield paragraph(Text(", ".join(facts), "dim"), width)
    yield from _part("May be old", "ran although this had changed", stale, width)
    anew = [change for change in found.changes if not change.stale]
    yield from _part("Noticed by torch", "changed, and compiled anew", anew, width)


def _part(name: str, note: str, changes: Iterable[ChangedFact], width: int) -> Iterator[Text]:
    for number, change in enumerate(changes, 1):
        if number == 1:
            yield Text()
            yield heading(width, name, note)
        yield from _change(change, number, width)


def _change(change: ChangedFact, number: int, width: int) -> Iterator[Text]:
    mark = f"{number}. ".rjust(_INDENT)
    yield paragraph(Text(in_words(change.fact), "bold"), width, len(mark), mark)
    indent = len(mark)
    yield paragraph(Text(f"{change.before} -> {change.after}"), width, indent)
    where = f"{change.function} ({_short(change.compiled)})"
    calls = f", in {counted(change.calls, 'call')}" if change.calls else ""
    yield paragraph(Text(f"{change.kind}, in {where}{calls}"), width, indent)
    if change.place is not None:
        line = f"{_short(change.place)}  {change.place.text}".rstrip()
        yield paragraph(Text(line, "dim"), width, indent)


def _short(place: Place) -> str:
    return f"{short_path(place.file)}:{place.line}"
