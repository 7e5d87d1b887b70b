"""`nothing_given_up`: torch compiles all that is called, and does not leave it to Python in the end.

A function that was compiled eight times torch gives up, with a line in the log. What it does from
then on is right whatever vartrack does, and so no test of it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from torch._dynamo import convert_frame

__all__ = ["nothing_given_up"]


class _Heard(logging.Handler):
    """Keeps the lines in which torch says that it gives up."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if "recompile_limit" in text:
            self.lines.append(" ".join(text.split("\n")[:2]))


@contextmanager
def nothing_given_up() -> Iterator[None]:
    """Assert that torch gives up no function in this block."""
    log, heard = logging.getLogger(convert_frame.__name__), _Heard()
    log.addHandler(heard)
    try:
        yield
    finally:
        log.removeHandler(heard)
    assert not heard.lines, (
        f"{heard.lines[0]}: begin each case with torch._dynamo.reset(), or mark the test `gives_up`"
    )
