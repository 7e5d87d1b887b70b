"""How long a call of a compiled function takes, over another one."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from vartrack.core.user_code.interrupts import RAISED
from vartrack.dispatch.registry import Registry
from vartrack.installation import use
from vartrack.trials.running import Counting, Program, a_tensor
from vartrack.trials.sameness import alike

__all__ = ["Times", "in_turn", "times_of"]

#: How long one stretch of calls is to take, in nanoseconds.
_STRETCH = 1_000_000


@dataclass(frozen=True)
class Times:
    """What one call takes of either of two functions, in nanoseconds.

    Attributes:
        one: of the first.
        other: of the second.
        ratio: the median of the ratios of stretches that ran one after the other.
    """

    one: float
    other: float
    ratio: float


def in_turn(one: Callable[[], Any], other: Callable[[], Any], rounds: int = 9) -> Times:
    """Time two functions in turn, so that whatever else the machine does slows down both."""
    pairs = []
    stretches = [(function, _calls_of(function)) for function in (one, other)]
    for _ in range(rounds):
        pairs.append([_time(function, calls) for function, calls in stretches])
    first, second = (statistics.median(column) for column in zip(*pairs, strict=True))
    return Times(first, second, statistics.median(a / b for a, b in pairs))


def _calls_of(function: Callable[[], Any]) -> int:
    """How many calls make a stretch; nothing is cold after this."""
    return max(1, int(_STRETCH / max(1.0, min(_time(function, 3) for _ in range(3)))))


def _time(function: Callable[[], Any], calls: int) -> float:
    start = time.perf_counter_ns()
    for _ in range(calls):
        function()
    return (time.perf_counter_ns() - start) / calls


def times_of(registry: Registry, make: Callable[[], Program], value: Any) -> Times | None:
    """What a call of a program takes on ``registry``, over torch alone.

    Args:
        registry: what to compile it on.
        make: makes the program anew.
        value: what to call it with.

    Returns:
        None if one of the two does not compile it in one piece, or torch alone gets it wrong.
    """
    x = a_tensor()
    ready = []
    for where in (registry, None):
        compiled = torch.compile(make(), backend=Counting(), fullgraph=True)
        try:
            with use(where):
                got = compiled(x, value)
            if not alike(got, make()(x, value)):
                return None
        except RAISED:
            return None
        ready.append(compiled)
    one, other = ready
    return in_turn(lambda: one(x, value), lambda: other(x, value))
