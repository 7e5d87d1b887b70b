"""What an explanation is made of, as plain data: values, compiles, totals, graph breaks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from vartrack.core.recording import Fate, GuardRecord
from vartrack.explanation.compiles.guards import Guard, GuardTime
from vartrack.explanation.compiles.recompiles import Recompile
from vartrack.explanation.compiles.seen import Graph
from vartrack.explanation.wording.places import Place

__all__ = [
    "Alias",
    "Break",
    "CompileReport",
    "SourcelessReport",
    "Value",
    "VisitorTotal",
]

_HINT = re.compile(r"^ *Hint: (.+)$", re.MULTILINE)
_OVER_THE_LIMIT = (
    "see under `Compiled again` why it was, and what would make it one graph; if each of them is "
    "right, raise the limit that torch names."
)
#: By the first line of a reason what the report tells better than torch's hints.
_OF_THIS_REPORT = {
    "Dynamo recompile limit exceeded": _OVER_THE_LIMIT,
    "recompile_limit reached": _OVER_THE_LIMIT,  # the same in torch 2.10
    "accumulated_recompile_limit reached": _OVER_THE_LIMIT,
}
_EXPLANATION = re.compile(r"^ *Explanation: (.+)$", re.MULTILINE)


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
class Value(Fate):
    """A value with a source: everything that happened to it in one compile.

    Attributes:
        source: where it came from, as Python text.
        label: the end of ``source`` that its place in the tree does not say already, in the
            user's words.
        shows: the value in brief, where it has a brief form: a number, a shape, a name.
        mine: whether its type, or the function itself, is of the user's own modules.
        built: how often it was built; each attempt of a compile builds it anew.
        reused: how often the tracker that it had already was taken.
        aliases: other sources under which it was met.
        nanoseconds: time spent on one build, its parts included: the median of all builds.
        own_nanoseconds: the same without its parts.
        reason: the graph break, if it ended in one.
        children: the values whose sources begin with this one.

    .. versionadded:: 0.1
    """

    source: str
    label: str = ""
    shows: str = ""
    mine: bool = False
    built: int = 0
    reused: int = 0
    aliases: list[Alias] = field(default_factory=list)
    children: list[Value] = field(default_factory=list)


@dataclass
class CompileReport:
    """One compile of one piece of code.

    Attributes:
        id: Dynamo's number for it, such as ``"0/1"``: the code, then the compile of that code.
        function: the name of the code; the rest of a function after a graph break has its own.
        file: where the code stands.
        line: its first line.
        call: the call that caused it, counted from 1; 0 if calls are not counted.
        used_by: the calls that ran one of its graphs, if those are counted.
        thread: the thread it ran in, "" for the main one.
        attempts: how often Dynamo began, the last time included.
        skipped: why the code runs uncompiled; "" if it is compiled.
        recompiles: why what was compiled of the code before did not do, the latest first.
        graphs: the graphs it gave.
        guards: the guards it ended with.
        guard_time: how long the check of them takes, if that was measured.
        seconds: how long it took.
        values: its values with a source, those without a parent.

    .. versionadded:: 0.1
    """

    id: str
    function: str = ""
    file: str = ""
    line: int = 0
    call: int = 0
    used_by: list[int] = field(default_factory=list)
    thread: str = ""
    attempts: int = 1
    skipped: str = ""
    recompiles: list[Recompile] = field(default_factory=list)
    graphs: list[Graph] = field(default_factory=list)
    guards: list[Guard] = field(default_factory=list)
    guard_time: GuardTime | None = None
    seconds: float = 0.0
    values: list[Value] = field(default_factory=list)

    @property
    def ops(self) -> int:
        """How many operations its graphs have."""
        return sum(len(graph.operators) for graph in self.graphs)

    @property
    def inputs(self) -> int:
        """How many placeholders."""
        return sum(len(graph.inputs) for graph in self.graphs)

    def walk(self) -> Iterator[tuple[Value, Value | None]]:
        """Every value with its parent, parents first."""
        stack: list[tuple[Value, Value | None]] = [(value, None) for value in reversed(self.values)]
        while stack:
            value, parent = stack.pop()
            yield value, parent
            stack += [(child, value) for child in reversed(value.children)]


@dataclass
class SourcelessReport:
    """All values of one type that were made while tracing and that one visitor built.

    Attributes:
        type: the type.
        visitor: the visitor; "" if there is none.
        count: how many there were.
        own_nanoseconds: the time spent on them, without parts.
    """

    type: str
    visitor: str
    count: int = 0
    own_nanoseconds: int = 0


@dataclass
class VisitorTotal:
    """What one visitor did.

    Attributes:
        visitor: the visitor; "" for values that none took.
        sourced: how many values with a source it built.
        sourceless: how many without.
        own_nanoseconds: the time spent on them, without parts.
    """

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
        stack: the lines of the program that led there, the outermost first; empty if not known.
        source: the value that could not be built, if that was the cause.
        visitor: the visitor that was at it.
        count: how often it happened.

    .. versionadded:: 0.1
    """

    kind: str
    reason: str
    stack: list[Place] = field(default_factory=list)
    source: str | None = None
    visitor: str = ""
    count: int = 1

    @property
    def title(self) -> str:
        """The first line of the reason."""
        return self.reason.strip().partition("\n")[0]

    @property
    def ways_out(self) -> list[str]:
        """What to do about it: what this report has to say, then the hints in the reason."""
        ours = [_OF_THIS_REPORT[self.title]] if self.title in _OF_THIS_REPORT else []
        return ours + [" ".join(found.split()) for found in _HINT.findall(self.reason)]

    @property
    def explanation(self) -> str:
        """The sentence in the reason that explains it, "" if there is none."""
        found = _EXPLANATION.search(self.reason)
        return " ".join(found[1].split()) if found else ""

    @property
    def place(self) -> Place | None:
        """The innermost line of the program, if known."""
        return self.stack[-1] if self.stack else None

    @property
    def file(self) -> str:
        """The file of that line, "" if it is not known."""
        return self.stack[-1].file if self.stack else ""

    @property
    def line(self) -> int:
        """Its number, 0 if it is not known."""
        return self.stack[-1].line if self.stack else 0
