"""A limit on how long a target may take."""

from __future__ import annotations

import contextlib
import faulthandler
import signal
import sys
import threading
import weakref
from collections.abc import Iterator
from types import FrameType
from typing import Any

from torch._guards import TracingContext

from vartrack.core.user_code.interrupts import TimeLimit
from vartrack.explanation.wording.places import place_of

__all__ = ["time_limit"]

#: Seconds that a target has at least to end after it was told to. One that does not is killed.
_GRACE = 5.0
#: Seconds after which it is told again, as code that runs when objects go swallows what is raised.
_AGAIN = 0.5


@contextlib.contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """End the block after ``seconds``; None for no limit.

    What runs Python is interrupted, and has as long to end as it had to run. What hangs in C code,
    or does not let itself be interrupted, takes the process with it then, after a traceback on the
    standard error and with exit status 1.

    Raises:
        TimeLimit: the time is up.
    """
    if seconds is None:
        yield
        return

    def interrupt(_: int, frame: FrameType | None) -> None:
        if not _is_ending() and not _is_swallowed(frame):
            raise TimeLimit(f"{seconds:g} s", _traced())

    # what was made in that time may take long to be thrown away
    faulthandler.dump_traceback_later(seconds + max(_GRACE, seconds), exit=True, file=2)
    try:
        if not hasattr(signal, "SIGALRM") or not _in_main_thread():
            yield
            return
        before = signal.signal(signal.SIGALRM, interrupt)
        signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
    finally:
        faulthandler.cancel_dump_traceback_later()


def _is_ending() -> bool:
    """Whether code that cleans up on the way out is running, which is to come to its end."""
    error = sys.exc_info()[1]
    while error is not None and not isinstance(error, TimeLimit):
        error = error.__context__
    return error is not None


def _is_swallowed(frame: FrameType | None) -> bool:
    """Whether an object is going: what is raised there Python only writes down."""
    while frame is not None and not _says_goodbye(frame):
        frame = frame.f_back
    return frame is not None


def _says_goodbye(frame: FrameType) -> bool:
    """Whether it runs as an object goes: ``__del__``, or what a dead weak reference is given to."""
    code = frame.f_code
    if code.co_name == "__del__":
        return True
    given: Iterator[Any] = (
        frame.f_locals.get(name) for name in code.co_varnames[: code.co_argcount]
    )
    return any(issubclass(type(each), weakref.ref) and each() is None for each in given)


def _traced() -> str:
    """The line of the program that Dynamo is at, "" if it is at none."""
    if TracingContext.try_get() is None:
        return ""
    place = place_of(TracingContext.extract_stack())
    return "" if place is None else str(place)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
