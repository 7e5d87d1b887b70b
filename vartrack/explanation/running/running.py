"""`explain`, `explain_call` and `explain_calls`: make calls with everything written down."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo.exc import TorchDynamoException

from vartrack.core.recording import recording
from vartrack.core.user_code.interrupts import INTERRUPTS
from vartrack.defaults import default
from vartrack.explanation.explanation import Explanation
from vartrack.explanation.report.assembling import assemble
from vartrack.explanation.report.tree_recording import TreeRecorder
from vartrack.explanation.running.costs import Meter
from vartrack.explanation.running.observing import Observer, observing
from vartrack.explanation.running.random_state import keep_random_state
from vartrack.explanation.running.with_thrift import WithThrift
from vartrack.explanation.target.blame import raised
from vartrack.installation import use
from vartrack.session import active_registry

if TYPE_CHECKING:
    from vartrack.dispatch.registry import Registry

__all__ = ["explain", "explain_call", "explain_calls", "name_of"]

#: The arguments of one call: positional ones and keyword ones.
Call = tuple[Sequence[Any], Mapping[str, Any]]


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
    """`explain` with the options of `explain_calls`.

    .. versionadded:: 0.1
    """
    return explain_calls(
        fn,
        [(args, kwargs or {})],
        registry=registry,
        target=target,
        fullgraph=fullgraph,
        dynamic=dynamic,
        progress=progress,
    )


def explain_calls(
    fn: Callable[..., Any],
    calls: Iterable[Call],
    *,
    registry: Registry | None = None,
    target: str = "",
    fullgraph: bool = False,
    dynamic: bool | None = None,
    guard_seconds: float = 0.0,
    progress: Callable[[str], None] | None = None,
) -> Explanation:
    """Make several calls, one after the other, and say why each compile was made.

    Each compile comes with the call that caused it, the calls that ran its graphs, and, if the
    code was compiled before, the guard that failed: its source, the value before and after, the
    line of the program that relied on it, and what would make it one graph. The calls end with
    the first that raises.

    Args:
        fn: a function or module.
        calls: the arguments of each call, as ``(args, kwargs)``.
        registry: what to run on; the one in force, or ``vartrack.default``, if not given.
        target: what to call ``fn`` in the explanation.
        fullgraph: whether a graph break is an error, as in ``torch.compile``.
        dynamic: whether sizes are symbols, as in ``torch.compile``; None for Dynamo's own choice.
        guard_seconds: for how long to measure what each guard costs; 0 not to.
        progress: called now and then with a line that says how far it is.

    Returns:
        The explanation, also if a compile or a call failed: see its ``ran`` and ``error``.

    Raises:
        InstallError: this torch is unknown to vartrack.

    .. versionadded:: 0.2
    """
    registry = registry or active_registry() or default
    found = Explanation(target or name_of(fn), registry.name)
    used: dict[str, list[int]] = {}

    def tell(builds: int) -> None:
        if progress is not None:
            graphs = sum(len(seen.graphs) for seen in observer.seen)
            progress(f"compiling {found.target}: {builds} values, {graphs} graphs")

    def backend(graph: torch.fx.GraphModule, _: Any) -> Callable[..., Any]:
        run: Callable[..., Any] = graph.forward
        calls_of = [] if observer.current is None else used.setdefault(observer.current.id, [])

        @functools.wraps(run)
        def counted(*args: Any) -> Any:
            if observer.call not in calls_of[-1:]:
                calls_of.append(observer.call)
            return run(*args)

        return counted

    recorder = TreeRecorder(tell)
    # of one call there is nothing that it could spare
    with_thrift = None if isinstance(calls, Sized) and len(calls) < 2 else WithThrift(registry)
    observer = recorder.observer = Observer(recorder.shown, Meter(guard_seconds), with_thrift)
    with (
        keep_random_state(),
        observing(observer, afresh=True),
        use(registry),
        recorder.counting_torch(),
    ):
        began = time.perf_counter()
        try:
            with recording(recorder, all_threads=True):
                compiled = torch.compile(fn, backend=backend, fullgraph=fullgraph, dynamic=dynamic)
                for args, kwargs in calls:
                    observer.call += 1
                    compiled(*args, **kwargs)
        except INTERRUPTS:
            raise
        except BaseException as error:  # a program that exits has ended as well
            found.raised = error
            # Dynamo's own errors quote the program; others do not say where they come from.
            quoted = isinstance(error, TorchDynamoException)
            found.error = f"{type(error).__name__}: {error}" if quoted else raised(error)
        finally:
            found.run_seconds = time.perf_counter() - began
            found.calls = observer.call
    assemble(found, recorder, observer)
    for compile in found.compiles:
        compile.used_by = used.get(compile.id, [])
    return found


def name_of(fn: Any) -> str:
    """What to call ``fn`` when nobody said."""
    while isinstance(fn, functools.partial):
        fn = fn.func
    cls = type(fn)
    name = getattr(fn, "__qualname__", None) or cls.__qualname__
    return f"{getattr(fn, '__module__', cls.__module__)}.{name}"
