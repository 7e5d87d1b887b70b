"""From what was written down of a run to an `Explanation`."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any

from vartrack.explanation.report.redacting import numbered_in, without_environment_in
from vartrack.explanation.report.report import Break, CompileReport, SourcelessReport, VisitorTotal
from vartrack.explanation.report.tree import by_source
from vartrack.explanation.wording.environment import without_environment

if TYPE_CHECKING:
    from vartrack.core.recording import Build
    from vartrack.explanation.compiles.seen import Seen
    from vartrack.explanation.explanation import Explanation
    from vartrack.explanation.report.tree_recording import Note, TreeRecorder
    from vartrack.explanation.running.observing import Observer

__all__ = ["assemble"]


def assemble(found: Explanation, recorder: TreeRecorder, observer: Observer) -> None:
    """Fill ``found`` with what ``recorder`` and ``observer`` wrote down."""
    found.wall_seconds, found.cpu_seconds = observer.wall_seconds, observer.cpu_seconds
    found.went_to_torch = recorder.went_to_torch
    told = compiles(recorder.pairs(), observer.seen)
    found.compiles = numbered_in(without_environment_in(told))
    found.error = without_environment(found.error)
    found.breaks = without_environment_in(breaks(recorder, observer))
    _count(found, recorder)


def compiles(pairs: Iterable[tuple[Build, Note]], seen: Iterable[Seen]) -> list[CompileReport]:
    """One entry for each compile that Dynamo or the recorder knows of."""
    reports: dict[Hashable, CompileReport] = {each: _report(each) for each in seen}
    builds: dict[Hashable, list[Any]] = {}
    attempts: dict[Hashable, set[int]] = {}
    for build, note in pairs:
        key, attempt = note.compile
        builds.setdefault(key, []).append((build, note))
        attempts.setdefault(key, set()).add(attempt)
    for key, mine in builds.items():
        report = reports.setdefault(key, CompileReport(str(key)))
        report.attempts = len(attempts[key])
        report.values = by_source(mine)
        _name_visitors(report)
    return list(reports.values())


def _report(seen: Seen) -> CompileReport:
    return CompileReport(
        id=seen.id,
        function=seen.function,
        file=seen.file,
        line=seen.line,
        call=seen.call,
        thread=seen.thread,
        skipped=seen.skipped,
        recompiles=seen.recompiles,
        graphs=seen.graphs,
        guards=seen.guards,
        guard_time=seen.guard_time,
        seconds=seen.seconds,
    )


def _name_visitors(report: CompileReport) -> None:
    """Say of each guard which visitor asked for it."""
    asked: dict[tuple[str, str], str] = {}
    for value, _ in report.walk():
        for records in (value.guards, *(alias.guards for alias in value.aliases)):
            for record in records:
                asked.setdefault((record.source, record.kind), value.visitor)
    for guard in report.guards:
        guard.visitor = asked.get((guard.source, guard.kind), "")


def breaks(recorder: TreeRecorder, observer: Observer) -> list[Break]:
    """Dynamo's own breaks and skips, then the values it found a way to do without."""
    found = [Break("break", stop.reason, list(stop.stack)) for stop in observer.stops]
    for seen in observer.seen:
        if seen.stop is not None:
            found.append(Break("skip", seen.stop.reason, list(seen.stop.stack)))
    for index, build in enumerate(recorder.builds):
        if build.outcome != "graph break" or not recorder.innermost(index):
            continue
        known = [entry for entry in found if build.reason.strip() in entry.reason]
        if not known:
            known = [Break("value", build.reason)]
            found += known
        for entry in known:
            entry.source, entry.visitor = build.source, build.visitor
    return _fold(found)


def _fold(found: list[Break]) -> list[Break]:
    """The same breaks, equal ones counted instead of repeated."""
    folded: dict[tuple[Any, ...], Break] = {}
    for entry in found:
        key = (entry.kind, entry.reason, entry.place, entry.source)
        if key in folded:
            folded[key].count += 1
        else:
            folded[key] = entry
    return list(folded.values())


def _count(found: Explanation, recorder: TreeRecorder) -> None:
    """Fill in the totals."""
    sourceless: dict[tuple[str, str], SourcelessReport] = {}
    visitors: dict[str, VisitorTotal] = {}
    for build in recorder.builds:
        if build.outcome == "reused":
            found.reused += 1
            continue
        found.values += 1
        if build.outcome != "built":
            found.not_built += 1
        else:
            found.by_visitors += 1
        total = visitors.setdefault(build.visitor, VisitorTotal(build.visitor))
        total.own_nanoseconds += build.own_nanoseconds
        if build.source is not None:
            total.sourced += 1
            continue
        total.sourceless += 1
        row = sourceless.setdefault(
            (build.type, build.visitor), SourcelessReport(build.type, build.visitor)
        )
        row.count += 1
        row.own_nanoseconds += build.own_nanoseconds
    found.sourceless = sorted(sourceless.values(), key=lambda row: -row.count)
    found.visitors = sorted(visitors.values(), key=lambda row: -row.own_nanoseconds)
