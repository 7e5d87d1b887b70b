"""`Explanation`: what became of every value of a compile, as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

    from vartrack.core.recording import Dimension, GuardRecord

__all__ = [
    "Alias",
    "Break",
    "CompileReport",
    "Explanation",
    "SourcelessReport",
    "Value",
    "VisitorTotal",
]


@dataclass
class Alias:
    """Another source under which the same object was met.

    Attributes:
        source: the source, as Python text.
        label: the end of it, if it begins where that of the object's place in the tree does.
        guards: the guards that meeting it took.
    """

    source: str
    label: str
    guards: list[GuardRecord] = field(default_factory=list)


@dataclass
class Value:
    """A value with a source: everything that happened to it in one compile.

    Attributes:
        source: where it came from, as Python text.
        label: the end of ``source`` that its place in the tree does not say already.
        type: the qualified name of its type.
        shows: the value in brief, where it has a brief form: a number, a shape, a name.
        visitor: the visitor that built it; "" if it was only met again.
        tracker: the class of its tracker; "" if it has none.
        guards: the guards its own visits installed.
        graph_input: whether its tracker is a placeholder of the graph.
        dimensions: of a tensor input, what each dimension became, and why.
        why: of a number, why it is a constant or a symbol; "" where nothing had to be decided.
        outcome: ``"built"``, ``"met again"`` or ``"graph break"``.
        built: how often it was built; each attempt of a compile builds it anew.
        met_again: how often it was met again.
        aliases: other sources under which it was met.
        nanoseconds: time spent on it, its parts included.
        own_nanoseconds: the same without its parts.
        reason: the graph break, if it ended in one.
        children: the values whose sources begin with this one.

    .. versionadded:: 0.1
    """

    source: str
    label: str
    type: str
    shows: str = ""
    visitor: str = ""
    tracker: str = ""
    guards: list[GuardRecord] = field(default_factory=list)
    graph_input: bool = False
    dimensions: list[Dimension] = field(default_factory=list)
    why: str = ""
    outcome: str = "built"
    built: int = 0
    met_again: int = 0
    aliases: list[Alias] = field(default_factory=list)
    nanoseconds: int = 0
    own_nanoseconds: int = 0
    reason: str = ""
    children: list[Value] = field(default_factory=list)


@dataclass
class CompileReport:
    """One compile of one piece of code.

    Attributes:
        id: Dynamo's number for it, such as ``"0/1"``: the code, then the compile of that code.
        function: the name of the code; the rest of a function after a graph break has its own.
        file: where the code stands.
        line: its first line.
        attempts: how often Dynamo began, the last time included.
        skipped: why the code runs uncompiled; "" if it is compiled.
        recompile_reason: which guard failed, if the code was compiled before.
        ops: how many operations its graph has.
        inputs: how many placeholders.
        guards: how many guards it ended with.
        seconds: how long it took.
        values: its values with a source, those without a parent.

    .. versionadded:: 0.1
    """

    id: str
    function: str = ""
    file: str = ""
    line: int = 0
    attempts: int = 1
    skipped: str = ""
    recompile_reason: str = ""
    ops: int = 0
    inputs: int = 0
    guards: int = 0
    seconds: float = 0.0
    values: list[Value] = field(default_factory=list)

    def walk(self) -> Iterator[tuple[Value, Value | None]]:
        """Every value with its parent, parents first."""
        stack: list[tuple[Value, Value | None]] = [(value, None) for value in reversed(self.values)]
        while stack:
            value, parent = stack.pop()
            yield value, parent
            stack += [(child, value) for child in reversed(value.children)]


@dataclass
class SourcelessReport:
    """All values of one type that were made while tracing and that one visitor built."""

    type: str
    visitor: str
    count: int = 0
    own_nanoseconds: int = 0


@dataclass
class VisitorTotal:
    """What one visitor did: values with and without a source, and the time without parts."""

    visitor: str
    sourced: int = 0
    sourceless: int = 0
    own_nanoseconds: int = 0

    @property
    def count(self) -> int:
        """How many values it built."""
        return self.sourced + self.sourceless


@dataclass
class Break:
    """A place where tracing stopped.

    Attributes:
        kind: ``"break"`` if the graph was cut in two there, ``"skip"`` if the code runs
            uncompiled because of it, ``"value"`` if Dynamo found a way to do without the value.
        reason: torch's text, whole.
        file: where in the program, "" if that is not known.
        line: its line.
        source: the value that could not be built, if that was the cause.
        visitor: the visitor that was at it.
        count: how often it happened.

    .. versionadded:: 0.1
    """

    kind: str
    reason: str
    file: str = ""
    line: int = 0
    source: str | None = None
    visitor: str = ""
    count: int = 1

    @property
    def title(self) -> str:
        """The first line of the reason."""
        return self.reason.strip().partition("\n")[0]


@dataclass
class Explanation:
    """What every value of a compile became, by which visitor, under which guards, at what cost.

    Print it with rich, or with ``print``; `to_json` gives the same to programs.

    Attributes:
        target: what was compiled.
        registry: the name of the registry it ran on.
        compiles: the compiles, in the order they began.
        sourceless: the values made while tracing, by type and visitor, most frequent first.
        visitors: what each visitor did, the slowest first.
        breaks: the graph breaks, in the order they happened.
        values: how many values were built, each attempt of a compile counted.
        by_visitors: how many of these vartrack's visitors built.
        not_built: how many ended in a graph break, a restart of the compile or another error.
        went_to_torch: how many values torch's own builder was asked for.
        met_again: how many values had a tracker already.
        graphs: how many graphs were captured.
        wall_seconds: time spent compiling, writing everything down included.
        cpu_seconds: the same, in processor time.
        run_seconds: the time of the whole call.
        error: what the compile or the program raised, "" if nothing.
        raised: the exception itself.

    .. versionadded:: 0.1
    """

    target: str
    registry: str
    compiles: list[CompileReport] = field(default_factory=list)
    sourceless: list[SourcelessReport] = field(default_factory=list)
    visitors: list[VisitorTotal] = field(default_factory=list)
    breaks: list[Break] = field(default_factory=list)
    values: int = 0
    by_visitors: int = 0
    not_built: int = 0
    went_to_torch: int = 0
    met_again: int = 0
    graphs: int = 0
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    run_seconds: float = 0.0
    error: str = ""
    raised: BaseException | None = field(default=None, compare=False, repr=False)

    @property
    def share(self) -> float:
        """The share of values that vartrack's visitors built, in percent."""
        of = self.values + self.went_to_torch
        return 100.0 * self.by_visitors / of if of else 0.0

    @property
    def ran(self) -> bool:
        """Whether nothing was raised and at least one piece of code was compiled."""
        return not self.error and any(not compile.skipped for compile in self.compiles)

    @property
    def problem(self) -> str:
        """Why the compile did not run, in words; "" if it did."""
        if self.error:
            return self.error
        if not self.compiles:
            return (
                "Dynamo compiled nothing: torch.compile is switched off, or it skips this code "
                "(torch.compiler.disable, or a file Dynamo does not trace)."
            )
        if not self.ran:
            return "Nothing was compiled: Dynamo ran into a graph break it cannot resume from."
        return ""

    def find(self, source: str) -> Value | None:
        """The value that came from ``source`` in the first compile that has it, or None."""
        for compile in self.compiles:
            for value, _ in compile.walk():
                if value.source == source or any(a.source == source for a in value.aliases):
                    return value
        return None

    def to_dict(self) -> dict[str, Any]:
        """The explanation as plain data; `vartrack.explanation.as_json` lists the keys."""
        from vartrack.explanation.as_json import to_dict

        return to_dict(self)

    def to_json(self, indent: int | None = 2) -> str:
        """`to_dict` as JSON text."""
        from vartrack.explanation.as_json import to_json

        return to_json(self, indent)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from vartrack.explanation.showing import parts

        yield from parts(self, options)

    def __str__(self) -> str:
        from vartrack.explanation.showing import as_text

        return as_text(self)
