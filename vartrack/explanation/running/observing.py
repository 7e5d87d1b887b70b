"""`Observer`: what Dynamo does while somebody looks, each compile with its graph and guards."""

from __future__ import annotations

import contextlib
import threading
import time
import types
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterator
from typing import Any

import torch
import torch._dynamo
from torch._dynamo import callback, convert_frame, guards, output_graph, utils
from torch._guards import CompileContext, GuardsSet, TracingContext

from vartrack.compat.shared import skip_reason
from vartrack.core.wrapping.replacing import replaced
from vartrack.explanation.compiles.advice import after_the_compile, after_thrift
from vartrack.explanation.compiles.guards import Guard
from vartrack.explanation.compiles.reasons import Reasons
from vartrack.explanation.compiles.recompiles import failures
from vartrack.explanation.compiles.seen import Seen, Stop, graph_of
from vartrack.explanation.running.with_thrift import WithThrift
from vartrack.explanation.wording.places import place_in, place_of, places_of
from vartrack.explanation.wording.remarks import place_told, without_remark
from vartrack.explanation.wording.telling import shown
from vartrack.soundness.facts.fact import Fact
from vartrack.soundness.noting.ledger import FACTS_MATCH, Added, Ledger

__all__ = ["Observer", "observing"]


class Observer:
    """Collects what Dynamo does; see `observing`.

    Args:
        shown: from the id of a compile and a source to the value that was there, in brief.
        measure: finds out what the guards of a compile cost, from torch's manager of the guards,
            the values they look at, and torch's builder of them; None not to measure.
        with_thrift: compiles all of it with that set as well; None not to.

    Attributes:
        seen: the compiles, in the order they began.
        stops: where graphs ended early.
        call: the number of the call that is being made, if somebody counts.
    """

    def __init__(
        self,
        shown: Callable[[str, str], str] = lambda compile, source: "",
        measure: Callable[[Seen, Any, Any, Any], None] | None = None,
        with_thrift: WithThrift | None = None,
    ) -> None:
        self.seen: list[Seen] = []
        self.stops: list[Stop] = []
        self.call = 0
        self._shown = shown
        self._measure = measure
        self._with_thrift = with_thrift
        self._open = threading.local()

    @property
    def current(self) -> Seen | None:
        """The compile that is under way in this thread."""
        stack = self._stack()
        return stack[-1] if stack else None

    @property
    def wall_seconds(self) -> float:
        """The time spent in compiles."""
        return sum(seen.seconds for seen in self.seen)

    @property
    def cpu_seconds(self) -> float:
        """The processor time spent in compiles."""
        return sum(seen.cpu_seconds for seen in self.seen)

    def _stack(self) -> list[Seen | None]:
        stack: list[Seen | None] | None = getattr(self._open, "stack", None)
        if stack is None:
            stack = self._open.stack = []
        return stack

    # what takes the place of torch's own for the time

    def compiling(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Around each compile."""

        def compile(code: types.CodeType, *args: Any, **kwargs: Any) -> Any:
            thread = threading.current_thread()
            seen = Seen(
                id=str(kwargs.get("compile_id", "?")),
                function=code.co_name,
                file=code.co_filename,
                line=code.co_firstlineno,
                call=self.call,
                thread="" if thread is threading.main_thread() else thread.name,
            )
            self.seen.append(seen)
            self._stack().append(seen)
            began = time.perf_counter(), time.process_time()
            try:
                result = original(code, *args, **kwargs)
                if result.guarded_code is None:
                    seen.skipped = seen.skipped or skip_reason(result) or "Dynamo skips it"
            except Exception as error:
                seen.skipped = f"{type(error).__name__}: {error}"
                stack = places_of(getattr(error, "real_stack", None) or ())
                # refused before a line of it was traced: the code as a whole
                stack = stack or [place_in(code, code.co_firstlineno)]
                seen.stop = Stop(str(error) or type(error).__name__, tuple(stack))
                raise
            finally:
                seen.seconds += time.perf_counter() - began[0]
                seen.cpu_seconds += time.process_time() - began[1]
                self._stack().pop()
            if self._with_thrift is not None and not seen.skipped:
                self._stack().append(None)  # nobody looks at it
                try:
                    checks = self._with_thrift.compile(original, code, args, kwargs)
                    for found in seen.recompiles if checks is not None else ():
                        after_thrift(found, seen.guards, checks)  # type: ignore[arg-type]
                finally:
                    self._stack().pop()
            return result

        return compile

    def capturing(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Around the call of the backend with a graph."""

        def capture(output: Any, module: torch.fx.GraphModule, *args: Any, **kwargs: Any) -> Any:
            if self.current is not None:
                self.current.graphs.append(graph_of(module))
            return original(output, module, *args, **kwargs)

        return capture

    def asking(self, original: Callable[..., None]) -> Callable[..., None]:
        """Around each request for a guard."""

        def ask(standing: Any, guard: Any, *args: Any, skip: int = 0, **kwargs: Any) -> None:
            seen = self.current
            place = place_of(TracingContext.extract_stack()) if seen is not None else None
            if seen is not None and place is not None:
                seen.asked.setdefault(_key(guard), {})[place] = None
            original(standing, guard, *args, skip=skip + 1, **kwargs)

        return ask

    def guarding(self, earlier: Callable[..., None] | None) -> Callable[..., None]:
        """After the guards of a compile were made."""

        def guard(manager: Any, scope: Any, builder: Any) -> None:
            seen = self.current
            if seen is not None and builder.check_fn_manager.output_graph is not None:
                seen.guards = [*_guards(seen, builder)]
                seen.facts = [*_facts(builder)]
                for found in seen.recompiles:
                    after_the_compile(found, seen.guards)
                if self._measure is not None:
                    began = time.perf_counter(), time.process_time()
                    self._measure(seen, manager, scope, builder)
                    seen.seconds -= time.perf_counter() - began[0]
                    seen.cpu_seconds -= time.process_time() - began[1]
            if earlier is not None:
                earlier(manager, scope, builder)

        return guard

    def failing(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """When the guards of all that is compiled of a piece of code failed."""

        def fail(entries: Any, frame: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
            current = self.current
            if current is not None:
                known = {seen.id: seen for seen in self.seen}
                spared = None if self._with_thrift is None else self._with_thrift.spares(frame)
                current.recompiles = failures(
                    entries, frame, backend, current.state, known, self._shown, spared
                )
            return original(entries, frame, backend, *args, **kwargs)

        return fail


def _key(guard: Any) -> Hashable:
    """What tells ``guard`` from others: its source and kind, and what it asks, such as a key."""
    options = [*getattr(guard.create_fn, "args", ())]
    options += getattr(guard.create_fn, "keywords", {}).values()
    return guard.name, guard.create_fn_name(), *map(_told, options)


def _told(option: Any) -> Hashable:
    plain = option is None or isinstance(option, (bool, int, float, str))
    return (type(option), option) if plain else str(type(option))


def _guards(seen: Seen, builder: Any) -> Iterator[Guard]:
    """The guards that ``builder``, torch's ``GuardBuilder``, has just turned into checks."""
    context = CompileContext.try_get()
    # with torch's remarks; `guard.code_list` has them in other words than the check that fails
    shapes = [] if context is None else context.shape_env_guards
    for guard in builder.check_fn_manager.output_graph.guards:
        kind = guard.create_fn_name()
        code, places = guard.code_list or (), list(seen.asked.get(_key(guard), ()))
        if kind == "SHAPE_ENV":
            code = [without_remark(each) for each in shapes]
            places = [place for each in shapes if (place := place_told(each, seen.files))]
        if not places and guard.user_stack:
            place = place_of(guard.user_stack)
            places = [] if place is None else [place]
        check = getattr(guard.create_fn, "keywords", {}).get("check")
        yield Guard(
            guard.name,
            kind,
            code=list(dict.fromkeys(code)),
            places=list(dict.fromkeys(places)),
            reads=getattr(check, "cost", None),
            by_sound=kind == FACTS_MATCH.__name__ or isinstance(guard.create_fn, Added),
        )


def _facts(builder: Any) -> Iterator[tuple[Fact, str]]:
    """The facts that one guard of `vartrack.sound` stands for, and what was there."""
    compile = getattr(builder.check_fn_manager.output_graph, "vartrack_compile", None)
    ledger: Ledger | None = getattr(compile, "ledger", None)
    if ledger is not None and ledger.guards:
        for fact in ledger.facts():
            yield fact, shown(fact, builder.scope["L"])


@contextlib.contextmanager
def observing(observer: Observer, *, afresh: bool) -> Iterator[None]:
    """Have ``observer`` see what Dynamo does in the block, in all threads.

    Args:
        observer: what to tell.
        afresh: whether to forget, before and after, what was compiled, and to give back Dynamo's
            counters, its list of graph breaks and the callers' callbacks as they were before.
            Otherwise nothing of Dynamo's is changed but what the block itself changes.
    """
    with contextlib.ExitStack() as stack:
        if afresh:
            stack.enter_context(_afresh())
        counted = utils.counters.get("unimplemented", Counter())
        reasons = utils.counters["unimplemented"] = Reasons(counted)
        before = len(utils.graph_break_reasons)
        for owner, name, wrap in (
            (convert_frame, "_compile", observer.compiling),
            (convert_frame, "get_and_maybe_log_recompilation_reasons", observer.failing),
            (output_graph.OutputGraph, "call_user_compiler", observer.capturing),
            (GuardsSet, "add", observer.asking),
            (guards, "guard_manager_testing_hook_fn", observer.guarding),
            *reasons.hooks(),
        ):
            stack.enter_context(replaced(owner, name, wrap(vars(owner)[name])))
        try:
            yield
        finally:
            listed = utils.graph_break_reasons
            listed = listed[before if before <= len(listed) else 0 :]  # the list was emptied
            observer.stops = [reasons.stop(entry) for entry in listed]
            dict.update(counted, reasons)
            utils.counters["unimplemented"] = counted


@contextlib.contextmanager
def _afresh() -> Iterator[None]:
    handler = callback.callback_handler
    callbacks = list(handler.start_callbacks), list(handler.end_callbacks)
    counters = dict(utils.counters)
    breaks = list(utils.graph_break_reasons)
    metrics = utils._compilation_metrics
    torch._dynamo.reset()
    utils.counters.clear()
    utils._compilation_metrics = deque()
    try:
        yield
    finally:
        utils._compilation_metrics = metrics
        torch._dynamo.reset()
        utils.counters.clear()
        utils.counters.update(counters)
        utils.graph_break_reasons.extend(breaks)
        handler.start_callbacks.extend(callbacks[0])
        handler.end_callbacks.extend(callbacks[1])
