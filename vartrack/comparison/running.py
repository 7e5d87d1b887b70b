"""`compare`: the same calls through torch's own builder and through vartrack."""

from __future__ import annotations

import contextlib
import contextvars
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch._dynamo.eval_frame import OptimizedModule
from torch._dynamo.utils import counters

from vartrack import compat, session
from vartrack.comparison.capture import Capture, Side
from vartrack.comparison.copies import Call, Program, copied
from vartrack.comparison.differences import differences
from vartrack.comparison.report import Comparison
from vartrack.comparison.state import RandomState, undisturbed
from vartrack.comparison.trackers import TrackerRecorder, watching_torch
from vartrack.compat import shared
from vartrack.core.recording import recording
from vartrack.core.texts.articles import with_article
from vartrack.core.texts.wording import worded
from vartrack.defaults import stock
from vartrack.dispatch.registry import Registry
from vartrack.errors import ComparisonError
from vartrack.installation import install, uninstall, use
from vartrack.installation.builders import TorchVariableBuilder

__all__ = ["compare", "compare_calls"]

_one_at_a_time = threading.RLock()


def compare(fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Comparison:
    """Run ``fn(*args, **kwargs)`` through torch's own builder and through vartrack.

    Both sides compile with a backend that runs the captured graph as it is. They work on copies:
    ``fn`` and the arguments stay as they are. Compiled code of the process is dropped
    (``torch._dynamo.reset()``) before and after.

    Args:
        fn: a function, a module or another callable; not one that is compiled already.
        args: its arguments.
        kwargs: its keyword arguments. For more than one call, see `compare_calls`.

    Returns:
        The report. Print it, or use it as a truth value.

    Raises:
        ComparisonError: ``fn`` cannot be called, or is compiled already.

    An exception of ``fn`` is not raised: it is a result, and has to be the same on both sides.

    .. versionadded:: 0.1
    """
    return compare_calls(fn, [(args, kwargs)])


def compare_calls(
    fn: Callable[..., Any] | None = None,
    calls: Sequence[Call] | None = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    registry: Registry | None = None,
    make: Callable[[], Program] | None = None,
) -> Comparison:
    """Run several calls, one after the other, through torch's own builder and through vartrack.

    What is held against each other: how often each call compiled; of each compile the graph
    breaks (kind, debug context and place; the advice in between is worded freely), the graphs
    node by node, the guards by source, kind and code, the checks they were turned into, the
    tracker of every value in the order of building, with its mutation type and registration,
    and the bytecode; then the arguments, the callable and the results as the last call left
    them. Values made while tracing are compared like the others, with their parts.

    If the sides differ, torch's is run once more; if it then differs from itself, because the
    first run changed the process, both are run again and compared as of then, with a note.

    Args:
        fn: a function, a module or another callable; not one that is compiled already.
        calls: the arguments of each call, as ``(args, kwargs)``.
        fullgraph: as in ``torch.compile``.
        dynamic: as in ``torch.compile``.
        registry: what vartrack runs on; the one in force, or ``vartrack.stock``, if not given.
        make: instead of ``fn`` and ``calls``, a function without arguments that returns both.
            It is called once for each side, from the same random state; for what cannot be
            copied, such as globals that the calls change, or tensors inside an autograd graph.

    Returns:
        The report. Print it, or use it as a truth value.

    Raises:
        ComparisonError: ``fn`` cannot be called or is compiled already, a call is no pair of
            arguments and keyword arguments, or both or neither of ``make`` and ``fn`` with
            ``calls`` are given. It is a `TypeError`.

    Comparisons run one at a time. While one runs, no other thread should compile anything.

    .. versionadded:: 0.1
    .. versionchanged:: 0.2
       It runs on the registry in force.
    """
    if registry is None:
        registry = session.active_registry() or stock
    given = (fn is not None, calls is not None)
    if (make is None and not all(given)) or (make is not None and any(given)):
        raise ComparisonError(
            "VT703", "fn and calls, or make, are needed, and not both.", "pass one of the two."
        )
    notes: list[str] = []
    with _one_at_a_time, undisturbed() as start:

        def run(name: str) -> Side:
            program = _program(fn, calls, make, start, notes)
            with _without_vartrack() if name == "torch" else use(registry, unknown_torch=True):
                return _run(name, program, start, fullgraph, dynamic)

        sides = run("torch"), run("vartrack")
        found = tuple(differences(*sides))
        if found:
            again = run("torch")
            if any(differences(sides[0], again)):
                notes.append(_UNSTEADY)
                sides = again, run("vartrack")
                found = tuple(differences(*sides))
    return Comparison(*sides, found, tuple(dict.fromkeys(notes)), registry.name)


#: A first run can change what the next one meets: torch's optimizers, say, wrap their methods.
_UNSTEADY = (
    "torch's own builder did something else when it was run again in this process; "
    "what is reported is the second run of each side"
)


def _program(
    fn: Callable[..., Any] | None,
    calls: Sequence[Call] | None,
    make: Callable[[], Program] | None,
    start: RandomState,
    notes: list[str],
) -> Program:
    if make is not None:
        start.restore()
        fn, calls = make()
    elif fn is not None and calls is not None:
        fn, calls = copied(
            (_checked(fn), [_call(n, call) for n, call in enumerate(calls, 1)]), notes
        )
    return _checked(fn), [_call(number, call) for number, call in enumerate(calls or (), 1)]


def _checked(fn: Any) -> Callable[..., Any]:
    """``fn``, if it is a program that both sides can compile."""
    if not callable(fn):
        raise ComparisonError(
            "VT701",
            f"{worded(fn)} cannot be called.",
            "pass a function, a module or another callable.",
        )
    if hasattr(fn, "_torchdynamo_orig_callable") or isinstance(fn, OptimizedModule):
        name = vars(fn).get("__qualname__") or f"this {type(fn).__qualname__}"
        raise ComparisonError(
            "VT701",
            f"{name} is compiled already, on one builder, and cannot be compiled on the other.",
            "pass what was given to torch.compile.",
        )
    program: Callable[..., Any] = fn
    return program


def _call(number: int, call: Any) -> Call:
    try:
        args, kwargs = call
        shaped = not isinstance(args, (str, torch.Tensor)) and all(map(str.isidentifier, kwargs))
        if isinstance(kwargs, Mapping) and shaped:
            return tuple(args), dict(kwargs)
    except (TypeError, ValueError):
        pass
    raise ComparisonError(
        "VT702",
        f"call {number} is {with_article(type(call))} that is no pair of arguments.",
        "give each call as (args, kwargs), such as ((x, 3), {}).",
    )


def _run(
    name: str, program: Program, start: RandomState, fullgraph: bool, dynamic: bool | None
) -> Side:
    torch._dynamo.reset()
    counters.clear()
    start.restore()
    capture = Capture(name, *program)
    watching: contextlib.AbstractContextManager[Any]
    if name == "torch":
        watching = watching_torch(capture.log)
    else:
        watching = recording(TrackerRecorder(capture.log))
    with watching:
        return capture.run(fullgraph=fullgraph, dynamic=dynamic)


@contextlib.contextmanager
def _without_vartrack() -> Iterator[None]:
    """Have torch's own builder in its place for a block, in whatever state vartrack is.

    If nothing but `vartrack.install` put vartrack there, it is uninstalled for the time. If a
    ``use`` block is open somewhere, compiles of this thread go to torch's own builder all the
    same, through vartrack's names.
    """
    # in an empty context no `use` block hides what was installed
    installed = contextvars.Context().run(session.active_registry)
    if installed is not None:
        uninstall()
    try:
        if _torch_is_back():
            yield
        else:
            with use(None, unknown_torch=True):
                yield
    finally:
        if installed is not None:
            install(installed, unknown_torch=not compat.is_known() or None)


def _torch_is_back() -> bool:
    held: object = shared.stock_builder().VariableBuilder
    return held is TorchVariableBuilder
