"""From the builds of a compile to its values, nested by source."""

from __future__ import annotations

import re
from collections.abc import Iterable
from statistics import median

from vartrack.core.recording import Build, GuardRecord
from vartrack.explanation.report.report import Alias, Value
from vartrack.explanation.report.tree_recording import Note
from vartrack.explanation.wording.words import in_words, is_of_the_tracer

__all__ = ["ELSEWHERE", "by_source"]

#: Stands for the source of the value above, where a label does not simply go on from it.
ELSEWHERE = "…"


def by_source(builds: Iterable[tuple[Build, Note]]) -> list[Value]:
    """The values of one compile that have a source, each below the one it comes from.

    A source that was built more than once, by a second attempt say, is one value. One that had
    a tracker already is folded into the value that it was built as, under whichever source that
    was.
    """
    values: dict[str, Value] = {}
    also: dict[str, str] = {}  # from an alias to the source it was built under
    bases: dict[str, tuple[str, ...]] = {}  # of values and aliases
    times: dict[str, tuple[list[int], list[int]]] = {}  # of each build, with and without parts
    for build, note in builds:
        if build.source is None:
            continue
        if build.outcome == "reused":
            first = note.first or build.source
            first = also.get(first, first)
            if first in values:
                _meet(values[first], build)
                if first != build.source and build.source not in values:
                    also[build.source] = first
                    bases[build.source] = note.bases
                continue
        value = values.get(build.source)
        if value is None:
            value = values[build.source] = Value(
                source=build.source, label=in_words(build.source), type=build.type
            )
            times[build.source] = ([], [])
            bases[build.source] = note.bases
        _add(value, build, note, times[build.source])
    return _nest(values, also, bases)


def _meet(value: Value, build: Build) -> None:
    value.reused += 1
    assert build.source is not None
    if build.source == value.source:
        _join(value.guards, build.guards)
        return
    for alias in value.aliases:
        if alias.source == build.source:
            break
    else:
        alias = Alias(build.source, in_words(build.source))
        value.aliases.append(alias)
    _join(alias.guards, build.guards)


def _add(value: Value, build: Build, note: Note, times: tuple[list[int], list[int]]) -> None:
    value.type = build.type
    value.shows = note.shows or value.shows
    value.mine |= note.mine
    value.visitor = build.visitor or value.visitor
    value.tracker = build.tracker or value.tracker
    value.graph_input |= build.graph_input
    if build.outcome != "reused":
        times[0].append(build.nanoseconds)
        times[1].append(build.own_nanoseconds)
        value.nanoseconds, value.own_nanoseconds = (round(median(each)) for each in times)
    _join(value.guards, build.guards)
    value.dimensions = build.dimensions or value.dimensions
    value.why = build.why or value.why
    if build.outcome == "reused":
        value.reused += 1
        value.outcome = "built" if value.built else build.outcome
    elif build.outcome == "graph break":
        value.outcome, value.reason = build.outcome, build.reason
    elif build.outcome == "built":
        value.built += 1
        if not value.reason:
            value.outcome = build.outcome


def _join(guards: list[GuardRecord], more: Iterable[GuardRecord]) -> None:
    guards += [guard for guard in more if guard not in guards]


def _nest(
    values: dict[str, Value], also: dict[str, str], bases: dict[str, tuple[str, ...]]
) -> list[Value]:
    roots = []
    parents: dict[str, str] = {}
    for source, value in values.items():
        for base in bases[source]:
            above = also.get(base, base)
            if (
                above in values
                and not is_of_the_tracer(above)
                and not _is_below(above, source, parents)
            ):
                parents[source] = above
                values[above].children.append(value)
                value.label = _label(source, base)
                break
        else:
            roots.append(value)
        for alias in value.aliases:
            for base in bases.get(alias.source, ()):
                if also.get(base, base) == parents.get(source):
                    alias.label = _label(alias.source, base)
                    break
    return roots


def _is_below(source: str, other: str, parents: dict[str, str]) -> bool:
    """Whether ``source`` is ``other`` or hangs below it, as a cycle of objects can make it."""
    here: str | None = source
    while here is not None:
        if here == other:
            return True
        here = parents.get(here)
    return False


def _label(source: str, base: str) -> str:
    """The end of ``source``, in words, if what comes before it is ``base``."""
    words, above = in_words(source), in_words(base)
    if words.startswith(above):
        return words[len(above) :] or words
    within = re.compile(rf"(?<![\w.<]){re.escape(above)}(?!\w)")
    return within.sub(lambda _: ELSEWHERE, words)
