"""Whether something may be worked out at each call: it is tried, and measured, while tracing.

What a program is compiled to must not depend on what else the machine does, so calls are counted:
the same evaluation has been seen to take eight times as long on a busy one. Time tells only what is
far too long, as arithmetic with very large numbers is within a single call.
"""

from __future__ import annotations

import functools
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

__all__ = ["MOST_CALLS", "MOST_COMPARING", "NOTHING", "tried"]

#: How many calls it may make: what makes more is worked out once, if the keys make less.
MOST_CALLS = 120
#: How many a comparison may make, which gives two graphs at most and which Python makes as well.
MOST_COMPARING = 10_000
#: How many nanoseconds of its own thread that many calls may take, however few they are.
_LONGEST = 300_000
#: How often it is timed, as long as it takes longer: its code may not be in the caches yet.
_TRIES = 4
#: Stands for a result that is not to be worked out again.
NOTHING: Any = object()


def tried(
    evaluate: Callable[[], Any], trackers: Sequence[Any], tx: Any = None, most: int = MOST_CALLS
) -> Any:
    """What is worked out; `NOTHING` if it takes long, differs, or runs code of the user's.

    Args:
        evaluate: works it out.
        trackers: of what it is worked out of.
        tx: the tracer, in a compile.
        most: how many calls it may make in any case.
    """
    values = [each.example for each in trackers]
    held = [Held(value) for value in values]
    try:
        with seeing(*values, tx=tx) as found:
            first = evaluate()
        if found.ran:
            return NOTHING
        second, calls = _counted(evaluate)
        most = most if calls <= most else _calls_of_keys(trackers)
        longest = _LONGEST * max(most // MOST_CALLS, 1)
        is_short = calls <= most and any(_is_quick(evaluate, longest) for _ in range(_TRIES))
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


def _calls_of_keys(trackers: Sequence[Any]) -> int:
    """How many calls the guards on what it is worked out of would make."""
    keys = [functools.partial(each.key, each.example) for each in trackers if each.key is not None]
    return sum(_counted(key)[1] for key in keys)


def _is_quick(evaluate: Callable[[], Any], longest: int) -> bool:
    start = time.thread_time_ns()
    evaluate()
    return time.thread_time_ns() - start <= longest


def _alike(one: Any, other: Any) -> bool:
    if one is other or type(one) is not type(other):
        return one is other
    return same(one, other) if is_plain(one) else same(content_key(one), content_key(other))
