"""CompileReport a call with everything written down, and put together what was found."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo.exc import TorchDynamoException

from vartrack.core.recording import recording
from vartrack.defaults import default
from vartrack.explanation import dynamo
from vartrack.explanation.blame import raised
from vartrack.explanation.report import (
    Break,
    CompileReport,
    Explanation,
    SourcelessReport,
    VisitorTotal,
)
from vartrack.explanation.tree import by_source
from vartrack.explanation.watching import Watcher
from vartrack.installation import use
from vartrack.session import active_registry

if TYPE_CHECKING:
    from vartrack.dispatch.registry import Registry

__all__ = ["explain", "explain_call", "name_of"]


def explain(fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Explanation:
    """What every value of a compile of ``fn(*args, **kwargs)`` becomes, and why.

    The call is compiled by ``torch.compile`` with a backend that does nothing, and runs once:
    what it changes is changed. It runs on the registry in force, or on ``vartrack.default``
    if there is none.

    ``torch._dynamo.reset()`` is called before and after, so whatever was compiled in this
    process compiles again when it is called next. Dynamo's counters and callbacks and the
    random state of Python, numpy and torch are left as they were found.

    Args:
        fn: a function or module.
        args: what to call it with.
        kwargs: the same, by keyword.

    Returns:
        The explanation, also if the compile or the call failed: see its ``ran`` and ``error``.

    Raises:
        InstallError: this torch is unknown to vartrack.

    .. versionadded:: 0.1
    """
    return explain_call(fn, args, kwargs)


def explain_call(
    fn: Callable[..., Any],
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    registry: Registry | None = None,
    target: str = "",
    fullgraph: bool = False,
    dynamic: bool | None = None,
    progress: Callable[[str], None] | None = None,
) -> Explanation:
    """`explain` with options.

    Args:
        fn: a function or module.
        args: what to call it with.
        kwargs: the same, by keyword.
        registry: what to run on; the one in force, or ``vartrack.default``, if not given.
        target: what to call ``fn`` in the explanation.
        fullgraph: whether a graph break is an error, as in ``torch.compile``.
        dynamic: whether sizes are symbols, as in ``torch.compile``; None for Dynamo's own choice.
        progress: called now and then with a line that says how far it is.

    .. versionadded:: 0.1
    """
    registry = registry or active_registry() or default
    found = Explanation(target or name_of(fn), registry.name)

    def tell(builds: int) -> None:
        if progress is not None:
            progress(f"compiling {found.target}: {builds} values, {found.graphs} graphs")

    def backend(graph: torch.fx.GraphModule, _: Any) -> Callable[..., Any]:
        found.graphs += 1
        run: Callable[..., Any] = graph.forward
        return run

    watcher = Watcher(tell)
    with (
        dynamo.keep_random_state(),
        dynamo.observed() as notes,
        use(registry),
        watcher.counting_torch(),
    ):
        began = time.perf_counter()
        try:
            with recording(watcher):
                compiled = torch.compile(fn, backend=backend, fullgraph=fullgraph, dynamic=dynamic)
                compiled(*args, **(kwargs or {}))
        except (Exception, SystemExit) as error:  # a program that exits has ended as well
            found.raised = error
            # Dynamo's own errors quote the program; others do not say where they come from.
            quoted = isinstance(error, TorchDynamoException)
            found.error = f"{type(error).__name__}: {error}" if quoted else raised(error)
        finally:
            found.run_seconds = time.perf_counter() - began
    found.wall_seconds, found.cpu_seconds = notes.wall_seconds, notes.cpu_seconds
    found.went_to_torch = watcher.went_to_torch
    found.compiles = _compiles(watcher, notes)
    found.breaks = _breaks(watcher, notes)
    _count(found, watcher)
    return found


def name_of(fn: Any) -> str:
    """What to call ``fn`` when nobody said."""
    while isinstance(fn, functools.partial):
        fn = fn.func
    cls = type(fn)
    name = getattr(fn, "__qualname__", None) or cls.__qualname__
    return f"{getattr(fn, '__module__', cls.__module__)}.{name}"


def _compiles(watcher: Watcher, notes: dynamo.Notes) -> list[CompileReport]:
    """One entry for each compile that Dynamo or the recorder knows of."""
    compiles: dict[str, CompileReport] = {}
    for made in notes.compiles:
        compiles[made.compile_id] = CompileReport(
            id=made.compile_id,
            function=made.co_name or "",
            file=made.co_filename or "",
            line=made.co_firstlineno or 0,
            skipped=f"{made.fail_type}: {made.fail_reason}" if made.fail_type else "",
            recompile_reason=made.recompile_reason or "",
            ops=made.graph_op_count or 0,
            inputs=made.graph_input_count or 0,
            guards=made.guard_count or 0,
            seconds=made.entire_frame_compile_time_s or 0.0,
        )
    builds: dict[str, list[Any]] = {}
    attempts: dict[str, set[int]] = {}
    for build, note in watcher.pairs():
        name, attempt = note.compile
        builds.setdefault(name, []).append((build, note))
        attempts.setdefault(name, set()).add(attempt)
    for name, pairs in builds.items():
        compile = compiles.setdefault(name, CompileReport(name))
        compile.attempts = len(attempts[name])
        compile.values = by_source(pairs)
    return list(compiles.values())


def _breaks(watcher: Watcher, notes: dynamo.Notes) -> list[Break]:
    """Dynamo's own breaks and skips, then the values it found a way to do without."""
    breaks = [Break("break", stop.reason, stop.file, stop.line) for stop in notes.stops]
    for made in notes.compiles:
        if made.fail_type is not None:
            file, line = made.fail_user_frame_filename, made.fail_user_frame_lineno
            breaks.append(Break("skip", made.fail_reason or made.fail_type, file or "", line or 0))
    for index, build in enumerate(watcher.builds):
        if build.outcome != "graph break" or not watcher.innermost(index):
            continue
        known = [entry for entry in breaks if build.reason.strip() in entry.reason]
        if not known:
            known = [Break("value", build.reason)]
            breaks += known
        for entry in known:
            entry.source, entry.visitor = build.source, build.visitor
    return _fold(breaks)


def _fold(breaks: list[Break]) -> list[Break]:
    """The same breaks, equal ones counted instead of repeated."""
    folded: dict[tuple[Any, ...], Break] = {}
    for entry in breaks:
        key = (entry.kind, entry.reason, entry.file, entry.line, entry.source)
        if key in folded:
            folded[key].count += 1
        else:
            folded[key] = entry
    return list(folded.values())


def _count(found: Explanation, watcher: Watcher) -> None:
    """Fill in the totals."""
    sourceless: dict[tuple[str, str], SourcelessReport] = {}
    visitors: dict[str, VisitorTotal] = {}
    for build in watcher.builds:
        if build.outcome == "met again":
            found.met_again += 1
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
