"""What a visitor costs at every call, measured."""

from __future__ import annotations

import copy
import statistics
import time
from collections.abc import Mapping
from typing import Any

from vartrack.core.guarding.keys import KeyCheck
from vartrack.core.user_code.interrupts import RAISED
from vartrack.dispatch.registry import Registry
from vartrack.suggestion.looking import Look
from vartrack.trials.running import Outcome
from vartrack.trials.sameness import kept
from vartrack.trials.timing import Times, times_of
from vartrack.trials.uses import Use

__all__ = ["cost_of"]


def cost_of(
    look: Look,
    base: str,
    registry: Registry,
    alone: Mapping[Use, Outcome],
    after: Mapping[Use, Outcome],
) -> dict[str, Any]:
    """The times of a check, and of a call of what is right with and without the visitor."""
    found: dict[str, Any] = {}
    if base in ("ConstantVisitor", "SnapshotVisitor"):
        visitor: Any = registry.resolve(look.value)
        found["check_nanoseconds"] = _check_time(look.value, type(visitor).key)
    depending = [each for each in after if each.depends != "type"]
    carried = [each for each in after if each.depends == "type"]
    value = kept(look.value)  # where a guard fails, torch reads of it what a property keeps
    for each in (*depending, *carried):
        if not after[each].status == alone[each].status == "ok":
            continue
        times: Times | None = times_of(registry, look.program(each), value)
        if times is not None:
            found["timed"] = each.text
            found["call_nanoseconds"] = times.one
            found["torch_call_nanoseconds"] = times.other
            break
    return found


def _check_time(value: Any, key: Any) -> float | None:
    """What a check with another object of the same content takes, in nanoseconds."""
    try:
        check = KeyCheck(value, key)
        other = copy.deepcopy(value)
        times = []
        for _ in range(25):
            start = time.perf_counter_ns()
            for _ in range(20):
                check(other)
            times.append((time.perf_counter_ns() - start) / 20)
    except RAISED:
        return None
    return statistics.median(times)
