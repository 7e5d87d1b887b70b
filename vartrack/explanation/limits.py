"""A limit on how long a target may take."""

from __future__ import annotations

import contextlib
import faulthandler
import signal
import threading
from collections.abc import Iterator
from typing import Any

from torch._guards import TracingContext

from vartrack.core.interrupts import TimeLimit
from vartrack.explanation.places import place_of

__all__ = ["time_limit"]

#: Seconds that a target has to end after it was told to. One that does not is killed.
_GRACE = 5.0


@contextlib.contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """End the block after ``seconds``; None for no limit.

    What runs Python is interrupted. What hangs in C code, or does not let itself be interrupted,
    takes the process with it some seconds later, after a traceback on the standard error and
    with exit status 1.

    Raises:
        TimeLimit: the time is up.
    """
    if seconds is None:
        yield
        return

    def interrupt(*_: Any) -> None:
        raise TimeLimit(f"{seconds:g} s", _traced())

    faulthandler.dump_traceback_later(seconds + _GRACE, exit=True, file=2)
    try:
        if not hasattr(signal, "SIGALRM") or not _in_main_thread():
            yield
            return
        before = signal.signal(signal.SIGALRM, interrupt)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
    finally:
        faulthandler.cancel_dump_traceback_later()


def _traced() -> str:
    """The line of the program that Dynamo is at, "" if it is at none."""
    if TracingContext.try_get() is None:
        return ""
    place = place_of(TracingContext.extract_stack())
    return "" if place is None else str(place)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
