"""`diff`: two explanations side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from vartrack.explanation.explanation import Explanation
from vartrack.explanation.report.report import CompileReport
from vartrack.explanation.wording.words import check_in_words, function_in_words, in_words

__all__ = ["Change", "Diff", "diff"]

#: How many changes of each kind are printed.
_SHOWN = 12
#: Compile times that differ by less say nothing.
_SLOWER = 0.25


@dataclass(frozen=True)
class Change:
    """One thing that is not the same in both explanations.

    Attributes:
        what: what differs: ``"run"``, ``"graph break"``, ``"recompile"``, ``"compile"``,
            ``"graph"``, ``"guard"`` or ``"value"``.
        where: the compile and the value, or "" for the whole run.
        one: what the first has there; "" if nothing.
        other: what the second has there; "" if nothing.

    .. versionadded:: 0.2
    """

    what: str
    where: str
    one: str
    other: str

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        if not self.one or not self.other:
            return f"{where}{'+' if self.other else '-'} {self.other or self.one}"
        return f"{where}{self.one} -> {self.other}"


@dataclass(frozen=True)
class Diff:
    """Two explanations side by side. It is true if they are equal, times apart.

    Attributes:
        one: the first.
        other: the second.
        changes: what is not the same, what matters first first.

    .. versionadded:: 0.2
    """

    one: Explanation
    other: Explanation
    changes: tuple[Change, ...]

    @property
    def equal(self) -> bool:
        """Whether nothing differs but times."""
        return not self.changes

    def __bool__(self) -> bool:
        return self.equal

    def __str__(self) -> str:
        rows = [f"  one: {_title(self.one)}", f"other: {_title(self.other)}"]
        rows.append("equal" if self.equal else f"{len(self.changes)} changes")
        for what in dict.fromkeys(change.what for change in self.changes):
            same = [change for change in self.changes if change.what == what]
            rows += ["", f"{what}: {len(same)}"]
            rows += [f"  {change}" for change in same[:_SHOWN]]
            if len(same) > _SHOWN:
                rows.append(f"  ... and {len(same) - _SHOWN} more")
        times = [each.wall_seconds for each in (self.one, self.other)]
        if abs(times[0] - times[1]) > _SLOWER * max(times):
            rows += ["", f"compile time, of one run each: {times[0]:.2f} s -> {times[1]:.2f} s"]
        return "\n".join(rows)


def diff(one: Explanation, other: Explanation) -> Diff:
    """Hold two explanations side by side.

    Two registries, two releases of torch (one of them from JSON, see `Explanation.load`), or
    before and after a change. Compiles are matched by function and number.

    .. versionadded:: 0.2
    """
    return Diff(one, other, tuple(_changes(one, other)))


def _title(found: Explanation) -> str:
    registry = f"registry {found.registry}" if found.registry else "torch's own builder"
    return f"{found.target}, {registry}, torch {found.versions.get('torch', '?')}"


_Row = tuple[str, Callable[[Explanation], object]]
_TOTALS: tuple[_Row, ...] = (
    ("graphs", lambda found: found.graphs),
    ("compiles", lambda found: len(found.compiles)),
    ("graph breaks", lambda found: sum(entry.count for entry in found.breaks)),
    ("recompiles", lambda found: sum(1 for _ in found.recompiles)),
    ("guards", lambda found: sum(1 for _ in found.guards)),
    ("problem", lambda found: found.problem),
)


def _changes(one: Explanation, other: Explanation) -> Iterator[Change]:
    for name, get in _TOTALS:
        if get(one) != get(other):
            yield Change("run", "", f"{name} {get(one)}", f"{name} {get(other)}")
    yield from _lines("graph break", "", _breaks(one), _breaks(other))
    yield from _lines("recompile", "", _recompiles(one), _recompiles(other))
    ours, theirs = _named(one), _named(other)
    yield from _lines("compile", "", ours, theirs)
    both = [(name, ours[name], theirs[name]) for name in ours if name in theirs]
    for name, mine, its in both:
        yield from _lines("graph", name, _operators(mine), _operators(its))
    for name, mine, its in both:
        yield from _lines("guard", name, _guards(mine), _guards(its))
    for name, mine, its in both:
        yield from _values(name, mine, its)


def _lines(what: str, where: str, one: Iterable[str], other: Iterable[str]) -> Iterator[Change]:
    """The lines that only one of them has."""
    mine, its = Counter(list(one)), Counter(list(other))
    for line in (mine - its).elements():
        yield Change(what, where, line, "")
    for line in (its - mine).elements():
        yield Change(what, where, "", line)


def _breaks(found: Explanation) -> Iterator[str]:
    for entry in found.breaks:
        yield f"{entry.file}:{entry.line} {entry.title}"


def _recompiles(found: Explanation) -> Iterator[str]:
    for compile, recompile in found.recompiles:
        yield f"{function_in_words(compile.function)}: {recompile.cause} of {recompile.label}"


def _named(found: Explanation) -> dict[str, CompileReport]:
    """The compiles, each by its function and which of that function it is."""
    named: dict[str, CompileReport] = {}
    numbers: Counter[str] = Counter()
    for compile in found.compiles:
        name = function_in_words(compile.function)
        numbers[name] += 1
        named[f"{name}, compile {numbers[name]}"] = compile
    return named


def _operators(compile: CompileReport) -> Iterator[str]:
    for graph in compile.graphs:
        yield from graph.operators


def _guards(compile: CompileReport) -> Iterator[str]:
    for guard in compile.guards:
        yield f"{guard.kind} {guard.label} {'; '.join(map(check_in_words, guard.code))}".rstrip()


def _values(name: str, one: CompileReport, other: CompileReport) -> Iterator[Change]:
    mine, its = ({value.source: value for value, _ in each.walk()} for each in (one, other))
    for source in dict.fromkeys([*mine, *its]):
        fates = []
        for values in (mine, its):
            value = values.get(source)
            if value is None:
                fates.append("")
                continue
            sizes = ", ".join(each.size for each in value.dimensions)
            words = (value.type, value.visitor, value.tracker, f"[{sizes}]" * bool(sizes))
            fates.append(" ".join(filter(None, (*words, value.outcome))))
        if fates[0] != fates[1]:
            yield Change("value", f"{name}, {in_words(source)}", *fates)
