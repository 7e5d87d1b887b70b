"""`Recorder`: writes down what every value of a compile became."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from torch._dynamo.exc import RestartAnalysis, Unsupported
from torch._guards import TracingContext

from vartrack.compat.names import LAZY

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker
    from torch._guards import Guard

    from vartrack.core.context import BuilderContext

__all__ = [
    "Build",
    "Dimension",
    "Fate",
    "GuardRecord",
    "Recorder",
    "current_recorder",
    "recording",
]

_current: ContextVar[Recorder | None] = ContextVar("vartrack_recorder", default=None)
#: Those that write down the compiles of all threads, the one in force last.
_everywhere: list[Recorder] = []


def current_recorder() -> Recorder | None:
    """The recorder of this thread, or else of all threads, or None."""
    mine = _current.get()
    return _everywhere[-1] if mine is None and _everywhere else mine


@contextlib.contextmanager
def recording(recorder: Recorder | None = None, *, all_threads: bool = False) -> Iterator[Recorder]:
    """Have the compiles that begin in this block written down.

    Args:
        recorder: what to write into; a new one if not given.
        all_threads: whether those that other threads begin meanwhile are written down as well.
            Dynamo compiles one thing at a time, so they do not mix.

    .. versionadded:: 0.1
    .. versionchanged:: 0.2
       ``all_threads``.
    """
    recorder = Recorder() if recorder is None else recorder
    if all_threads:
        _everywhere.append(recorder)
        try:
            yield recorder
        finally:
            _everywhere.remove(recorder)
        return
    token = _current.set(recorder)
    try:
        yield recorder
    finally:
        _current.reset(token)


@dataclass(frozen=True)
class GuardRecord:
    """One guard: the source it stands on, as Python text, and its kind.

    Attributes:
        source: the source.
        kind: the kind.
        cost: of a guard that calls Python code, such as the key of a snapshot: the nanoseconds
            that one check took when it was made. Every call of the compiled function checks it.
    """

    source: str
    kind: str
    cost: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Dimension:
    """What one dimension of a tensor input became, and why.

    Attributes:
        size: its size in the graph: a number, a symbol or an expression of some.
        kind: ``"static"``, ``"dynamic"``, ``"unbacked"``, ``"duck"`` (a symbol that dimensions
            of the same size share) or ``"ragged"`` (of a nested tensor).
        constraint: what must stay true of the size, in words; "" if nothing must.
        why: what decided, in words, and after ``; also`` what else would have decided the same.
        stride: ``"dynamic"`` if its stride has a symbol of its own; "" if it has not.

    .. versionadded:: 0.1
    """

    size: str
    kind: str
    constraint: str
    why: str
    stride: str = ""


@dataclass(kw_only=True)
class Fate:
    """What became of one value.

    Attributes:
        type: the qualified name of its type.
        visitor: the visitor that built it; "" if it was reused.
        tracker: the class of its tracker; "" if the build ended in a graph break.
        guards: the guards its own visit installed, those of parts not included.
        graph_input: whether its tracker is a placeholder of the graph.
        dimensions: of a tensor input, what each dimension became.
        why: of a number, why it is a constant or a symbol; "" where nothing had to be decided.
        outcome: ``"built"``, ``"reused"`` (the tracker it had already, by identity or source),
            ``"graph break"``, ``"restart"`` (Dynamo starts the compile over) or ``"raised"``
            (another error).
        nanoseconds: time spent on it, its parts included.
        own_nanoseconds: the same without its parts.
        reason: what was raised, if that ended it.
    """

    type: str
    visitor: str = ""
    tracker: str = ""
    guards: list[GuardRecord] = field(default_factory=list)
    graph_input: bool = False
    dimensions: list[Dimension] = field(default_factory=list)
    why: str = ""
    outcome: str = "built"
    nanoseconds: int = 0
    own_nanoseconds: int = 0
    reason: str = ""


@dataclass
class Build(Fate):
    """One build of one value.

    Attributes:
        source: where it came from, as Python text; None if it was made while tracing.
        parent: the index of the build it is a part of, or None.
        compile: which compile of the recording, counted from 0.
    """

    source: str | None
    parent: int | None = None
    compile: int = 0


class Recorder:
    """Writes down builds, from any number of compiles.

    Attributes:
        builds: in the order they began.

    .. versionadded:: 0.1
    """

    def __init__(self) -> None:
        self.builds: list[Build] = []
        self._open: list[int] = []
        self._claimed: set[int] = set()
        self._compiles: dict[int, int] = {}
        self._keep: list[Any] = []

    def watch(
        self,
        build: Callable[[BuilderContext, Any], VariableTracker],
        ctx: BuilderContext,
        value: Any,
    ) -> VariableTracker:
        """Run ``build(ctx, value)`` and write it down."""
        cls = type(value)
        record = Build(
            source=None if ctx.source is None else ctx.source.name,
            type=f"{cls.__module__}.{cls.__qualname__}",
            parent=self._open[-1] if self._open else None,
            compile=self._number(ctx),
        )
        index = len(self.builds)
        self.builds.append(record)
        self._open.append(index)
        standing = _standing()
        before = len(standing) if standing is not None else 0
        start = time.perf_counter_ns()
        try:
            tracker = build(ctx, value)
        except Exception as error:
            record.outcome, record.reason = _ending(error), str(error)
            raise
        else:
            _describe(record, tracker)
            return tracker
        finally:
            spent = time.perf_counter_ns() - start
            self._open.pop()
            record.nanoseconds = spent
            record.own_nanoseconds += spent
            if record.parent is not None:
                self.builds[record.parent].own_nanoseconds -= spent
            if ctx.visitor is not None:
                record.visitor = ctx.visitor.name
            elif record.outcome == "built":
                record.outcome = "reused"
            if standing is not None:
                record.guards[:0] = self._new_guards(standing, before)

    def claim(self, source: str, guard: Guard, *, instead_of: str = "") -> None:
        """Note a guard that was installed after the value at ``source`` was built, for its sake.

        Args:
            source: the place of the value, as text.
            guard: the guard.
            instead_of: the kind of the guard there that it took the place of, if it did.
        """
        self._claimed.add(id(guard))
        self._keep.append(guard)
        for build in reversed(self.builds):
            if build.source == source and build.visitor:
                kind = guard.inner_create_fn().__name__
                build.guards = [each for each in build.guards if each.kind != instead_of]
                build.guards.append(GuardRecord(source, kind, _cost(guard)))
                break

    @property
    def current(self) -> Build | None:
        """The innermost build under way; None if there is none, or it is not written down."""
        return self.builds[self._open[-1]] if self._open else None

    def dimensions_of(self, source: str) -> list[Dimension]:
        """What the dimensions of the tensor became that was last built from ``source``."""
        found = (build for build in reversed(self.builds) if build.source == source)
        return next((list(build.dimensions) for build in found if build.dimensions), [])

    def _number(self, ctx: BuilderContext) -> int:
        key = id(ctx.compile)
        if key not in self._compiles:
            self._compiles[key] = len(self._compiles)
            self._keep.append(ctx.compile)
        return self._compiles[key]

    def _new_guards(self, standing: Any, before: int) -> list[GuardRecord]:
        newest = itertools.islice(reversed(list(standing)), max(0, len(standing) - before))
        mine: list[Guard] = [guard for guard in newest if id(guard) not in self._claimed]
        self._claimed.update(map(id, mine))
        self._keep.extend(mine)
        return [
            GuardRecord(guard.name, guard.inner_create_fn().__name__, _cost(guard))
            for guard in reversed(mine)
        ]


def _cost(guard: Guard) -> int | None:
    check = getattr(guard.create_fn, "keywords", {}).get("check")
    return getattr(check, "cost", None)


def _standing() -> Any:
    context = TracingContext.try_get()
    return None if context is None else context.guards_context.dynamo_guards


def _ending(error: Exception) -> str:
    if isinstance(error, Unsupported):
        return "graph break"
    return "restart" if isinstance(error, RestartAnalysis) else "raised"


def _describe(record: Build, tracker: VariableTracker) -> None:
    cls = type(tracker)
    record.tracker = cls.__name__
    if issubclass(cls, LAZY):
        return
    proxy = getattr(tracker, "proxy", None)
    node = getattr(proxy, "node", None)
    record.graph_input = node is not None and node.op == "placeholder"
