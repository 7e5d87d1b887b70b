"""The report of an audit for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from vartrack.auditing.relied import ChangedFact, ReliedFact
from vartrack.explanation.text import More
from vartrack.explanation.text.fitting import counted, short_path
from vartrack.explanation.text.lines import heading, paragraph, title
from vartrack.explanation.wording.words import in_words

if TYPE_CHECKING:
    from vartrack.auditing.report import AuditReport
    from vartrack.explanation.wording.places import Place

__all__ = ["IN_CODE", "ON_COMMAND_LINE", "report_text"]

_INDENT = 3

ON_COMMAND_LINE = More("--full (every fact), --json; --help has all.")
IN_CODE = More("text(full=True) (every fact), to_json().")


def report_text(
    found: AuditReport, width: int, *, full: bool = False, more: More = IN_CODE
) -> Iterator[Text]:
    """The report, piece by piece.

    Args:
        found: the report.
        width: of a line.
        full: whether to list all facts.
        more: how whoever reads it gets to see them, if they are not listed.
    """
    yield title(width, "vartrack audit", found.target)
    yield from _verdict(found, width)
    stale = found.stale
    yield from _part("May be old", "ran although this had changed", stale, width)
    anew = [change for change in found.changes if not change.stale]
    yield from _part("Noticed by torch", "changed, and compiled anew", anew, width)
    if full:
        yield from _part("Relied on", "what torch does not guard", found.facts, width)
    elif found.facts:
        yield Text()
        yield heading(width, "Relied on", "what torch does not guard")
        for kind, number in Counter(fact.kind for fact in found.facts).most_common():
            yield paragraph(f"{number:>{_INDENT + 2},} {kind}", width)
        yield Text()
        yield paragraph(f"More: {more.all}", width)


def _verdict(found: AuditReport, width: int) -> Iterator[Text]:
    stale = found.stale
    verdict = "no answer is old, as far as was looked"
    if stale:
        verdict = f"answers may be old: {counted(len(stale), 'fact')} had changed"
    yield paragraph(Text(verdict, "bold red" if stale else "bold green"), width)
    facts = [
        counted(found.compiles, "compile"),
        f"{counted(len(found.facts), 'fact')} without a guard",
        f"{len(found.changes)} changed",
    ]
    if found.unread:
        facts.append(f"{found.unread} could not be followed")
    yield paragraph(Text(", ".join(facts), "dim"), width)
    if found.error:
        yield paragraph(Text(f"It raised {found.error}", "bold red"), width)


def _part(name: str, note: str, facts: Iterable[ReliedFact], width: int) -> Iterator[Text]:
    for number, fact in enumerate(facts, 1):
        if number == 1:
            yield Text()
            yield heading(width, name, note)
        yield from _fact(fact, number, width)


def _fact(fact: ReliedFact, number: int, width: int) -> Iterator[Text]:
    mark = f"{number}. ".rjust(_INDENT)
    indent = len(mark)
    yield paragraph(Text(in_words(fact.fact), "bold"), width, indent, mark)
    where = f"{fact.kind}, in {fact.function} ({_short(fact.compiled)})"
    shown = fact.before
    if isinstance(fact, ChangedFact):
        shown += f" -> {fact.after}"
        where += f", in {counted(fact.calls, 'call')}" if fact.calls else ""
    yield paragraph(Text(shown), width, indent)
    yield paragraph(Text(where), width, indent)
    if fact.place is not None:
        line = f"{_short(fact.place)}  {fact.place.text}".rstrip()
        yield paragraph(Text(line, "dim"), width, indent)


def _short(place: Place) -> str:
    return f"{short_path(place.file)}:{place.line}"
