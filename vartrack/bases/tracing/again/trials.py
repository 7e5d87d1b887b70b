"""Whether something may be worked out at each call: it is tried, and measured, while tracing.

What a program is compiled to must not depend on what else the machine does, so calls are counted:
the same evaluation has been seen to take eight times as long on a busy one. Time tells only what is
far too long, as arithmetic with very large numbers is within a single call.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

from vartrack.bases.content import content_key
from vartrack.bases.tracing.evaluating.callbacks import seeing
from vartrack.bases.tracing.evaluating.folding import is_plain
from vartrack.core.diagnostics import PASSED_ON
from vartrack.core.guarding.keys import same
from vartrack.core.user_code.held import Held
from vartrack.core.user_code.profiling import profiled

__all__ = ["NOTHING", "tried"]

#: How many calls it may make: what makes more is worked out once, under the keys.
_MOST_CALLS = 120
#: How many nanoseconds of its own thread it may take, however few the calls.
_LONGEST = 300_000
#: How often it is timed, as long as it takes longer: its code may not be in the caches yet.
_TRIES = 4
#: Stands for a result that is not to be worked out again.
NOTHING: Any = object()


def tried(evaluate: Callable[[], Any], trackers: Sequence[Any], tx: Any = None) -> Any:
    """What is worked out; `NOTHING` if it takes long, differs, or runs code of the user's.

    Args:
        evaluate: works it out.
        trackers: of what it is worked out of.
        tx: the tracer, in a compile.
    """
    values = [each.example for each in trackers]
    held = [Held(value) for value in values]
    try:
        with seeing(*values, tx=tx) as found:
            first = evaluate()
        if found.ran:
            return NOTHING
        second, calls = _counted(evaluate)
        is_short = calls <= _MOST_CALLS and any(_is_quick(evaluate) for _ in range(_TRIES))
        is_steady = is_short and _alike(first, second)
    except PASSED_ON:
        raise
    except Exception:
        return NOTHING  # that it fails depends on the operands
    finally:
        changed = [each.put_back() for each in held]
    if not is_steady or any(changed):
        return NOTHING
    shown = type(first) is str and any(each.shows_address(each.example, first) for each in trackers)
    return NOTHING if shown else first  # where an object is differs from call to call


def _counted(evaluate: Callable[[], Any]) -> tuple[Any, int]:
    """The result, and how many calls of functions, in C as well, it took."""
    calls = 0

    def count(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    with profiled(count):
        result = evaluate()
    return result, calls


def _is_quick(evaluate: Callable[[], Any]) -> bool:
    start = time.thread_time_ns()
    evaluate()
    return time.thread_time_ns() - start <= _LONGEST


def _alike(one: Any, other: Any) -> bool:
    if one is other or type(one) is not type(other):
        return one is other
    return same(one, other) if is_plain(one) else same(content_key(one), content_key(other))
