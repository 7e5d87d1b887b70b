"""Whether something may be worked out at each call: it is tried, and timed, while tracing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from vartrack.bases.content import content_key
from vartrack.bases.tracing.evaluating.callbacks import seeing
from vartrack.bases.tracing.evaluating.folding import is_plain
from vartrack.core.diagnostics import PASSED_ON
from vartrack.core.held import Held
from vartrack.core.keys import same

__all__ = ["NOTHING", "tried"]

#: How many nanoseconds it may take: what takes longer is worked out once, under the keys.
_LONGEST = 30_000
#: How often more it is timed if it took longer: other programs run as well.
_TRIES = 3
#: Stands for a result that is not to be worked out again.
NOTHING: Any = object()


def tried(evaluate: Callable[[], Any], trackers: Sequence[Any]) -> Any:
    """What is worked out; `NOTHING` if it takes long, differs, or runs code of the user's."""
    values = [each.example for each in trackers]
    held = [Held(value) for value in values]
    try:
        with seeing(*values) as found:
            first = evaluate()
        if found.ran:
            return NOTHING
        second, taken = _timed(evaluate)
        for _ in range(_TRIES):
            if taken > _LONGEST:  # that may have been something else
                second, taken = _timed(evaluate)
        is_steady = taken <= _LONGEST and _alike(first, second)
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


def _timed(evaluate: Callable[[], Any]) -> tuple[Any, int]:
    start = time.perf_counter_ns()
    result = evaluate()
    return result, time.perf_counter_ns() - start


def _alike(one: Any, other: Any) -> bool:
    if one is other or type(one) is not type(other):
        return one is other
    return same(one, other) if is_plain(one) else same(content_key(one), content_key(other))
