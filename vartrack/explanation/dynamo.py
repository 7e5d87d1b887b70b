"""What Dynamo itself noted about a run, and how its state is kept for the caller."""

from __future__ import annotations

import contextlib
import random
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
import torch._dynamo
from torch._dynamo import callback, utils
from torch._guards import TracingContext

__all__ = ["Notes", "Stop", "keep_random_state", "observed"]


@dataclass
class Stop:
    """A place where Dynamo ended a graph early: its reason, and where in the program."""

    reason: str
    file: str
    line: int


@dataclass
class Notes:
    """What Dynamo noted while it was observed.

    Attributes:
        compiles: its metrics of each compile, in order.
        stops: where graphs ended early.
        wall_seconds: time spent in compiles.
        cpu_seconds: the same, in processor time.
    """

    compiles: list[Any] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0


class _Reasons(Counter[str]):
    """Counts reasons as Dynamo's own counter does, and keeps where each came up."""

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[tuple[str, int], str] = {}

    def __setitem__(self, reason: str, count: int) -> None:
        if count > self[reason]:
            stack = TracingContext.extract_stack() if TracingContext.try_get() else []
            if stack:
                self.places[_place(stack)] = reason
        super().__setitem__(reason, count)


def _place(stack: list[traceback.FrameSummary]) -> tuple[str, int]:
    return stack[-1].filename, stack[-1].lineno or 0


class _Clock:
    """Adds up the time between the start and the end of compiles."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.began = (0.0, 0.0)

    def start(self, _: Any) -> None:
        self.began = (time.perf_counter(), time.process_time())

    def end(self, _: Any) -> None:
        self.notes.wall_seconds += time.perf_counter() - self.began[0]
        self.notes.cpu_seconds += time.process_time() - self.began[1]


@contextlib.contextmanager
def observed() -> Iterator[Notes]:
    """Start Dynamo afresh, fill the notes while the block runs, then give back what was there.

    Dynamo's counters, its metrics, its list of graph breaks and the callers' callbacks are as
    before afterwards; what was compiled is forgotten, as after ``torch._dynamo.reset()``.
    """
    notes = Notes()
    handler = callback.callback_handler
    callbacks = list(handler.start_callbacks), list(handler.end_callbacks)
    counters = dict(utils.counters)
    breaks = list(utils.graph_break_reasons)
    metrics = utils._compilation_metrics

    torch._dynamo.reset()
    unsupported = _Reasons()
    utils.counters.clear()
    utils.counters["unimplemented"] = unsupported
    utils._compilation_metrics = deque()
    clock = _Clock(notes)
    handler.register_start_callback(clock.start)
    handler.register_end_callback(clock.end)
    try:
        yield notes
    finally:
        notes.compiles = [made for made in utils._compilation_metrics if not made.is_runtime]
        notes.stops = [_stop(entry, unsupported) for entry in utils.graph_break_reasons]
        utils._compilation_metrics = metrics
        torch._dynamo.reset()
        utils.counters.clear()
        utils.counters.update(counters)
        utils.graph_break_reasons.extend(breaks)
        handler.start_callbacks.extend(callbacks[0])
        handler.end_callbacks.extend(callbacks[1])


def _stop(entry: Any, unsupported: _Reasons) -> Stop:
    """One entry of Dynamo's list, with the full reason where the list has a keyword only."""
    file, line = _place(entry.user_stack) if entry.user_stack else ("", 0)
    reason = entry.reason
    if "\n" not in reason:
        reason = unsupported.places.get((file, line), reason)
    return Stop(reason, file, line)


@contextlib.contextmanager
def keep_random_state() -> Iterator[None]:
    """Leave the random generators of Python, numpy and torch as they were before the block."""
    restore = _random_state()
    try:
        yield
    finally:
        restore()


def _random_state() -> Callable[[], None]:
    import numpy as np

    python, numpy, cpu = random.getstate(), np.random.get_state(), torch.get_rng_state()
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None

    def restore() -> None:
        random.setstate(python)
        np.random.set_state(numpy)
        torch.set_rng_state(cpu)
        if cuda is not None:
            torch.cuda.set_rng_state_all(cuda)

    return restore
