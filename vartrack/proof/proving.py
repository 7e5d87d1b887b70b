"""`prove`: every row built by torch's own builder and by vartrack's, and what differs."""

from __future__ import annotations

import functools
import logging
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from vartrack.defaults import stock
from vartrack.proof.building import HAS_LAZY_CONSTANTS, build, difference
from vartrack.proof.examples import Example, rows

__all__ = ["Difference", "Proof", "prove"]


@dataclass(frozen=True)
class Difference:
    """One build that differs.

    Attributes:
        row: the id of the row.
        example: its example.
        how: with a source, made while tracing, or with a source and at once.
        what: what differs, in words.
    """

    row: str
    example: str
    how: str
    what: str


@dataclass
class Proof:
    """What came of building the example of every row with both builders.

    Attributes:
        builds: how many builds were compared.
        differences: those that differ.
        seconds: how long it took.
    """

    builds: int = 0
    differences: list[Difference] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether something was built, and nothing differs."""
        return self.builds > 0 and not self.differences

    def to_dict(self) -> dict[str, Any]:
        """The proof as plain data, for JSON."""
        return {
            "passed": self.passed,
            "builds": self.builds,
            "differences": [vars(one) for one in self.differences],
            "seconds": round(self.seconds, 2),
        }


@dataclass(frozen=True)
class _Task:
    row: str
    text: str
    how: str
    options: dict[str, bool]


def _tasks() -> Iterator[_Task]:
    sourced, new = rows("sourced"), rows("sourceless")
    for row, text in sourced.items():
        yield _Task(row, text, "with a source", {})
        if HAS_LAZY_CONSTANTS:
            yield _Task(row, text, "with a source, at once", {"realize": True})
    for row, text in {**new, **sourced}.items():
        yield _Task(row, text, "made while tracing", {"sourceless": True})


def prove(
    only: Callable[[str], bool] = lambda row: True,
    tell: Callable[[int, int], None] = lambda done, of: None,
) -> Proof:
    """Build the example of every row with torch's own builder and with vartrack's, and compare.

    Takes a minute or two.

    Args:
        only: which rows to take, by their ids.
        tell: is told how many builds are done, and how many there are.

    .. versionadded:: 0.2
    """
    start = time.monotonic()
    tasks = [task for task in _tasks() if only(task.row)]
    proof = Proof()
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)  # torch says a lot about what it refuses
    try:
        # both sides make their example in the same second
        with (
            mock.patch("time.localtime", functools.partial(time.localtime, 1e9)),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            for number, task in enumerate(tasks):
                tell(number, len(tasks))
                if what := _differs(task):
                    proof.differences.append(Difference(task.row, task.text, task.how, what))
    finally:
        logging.disable(disabled)
    proof.builds = len(tasks)
    proof.seconds = time.monotonic() - start
    return proof


def _differs(task: _Task) -> str:
    example = Example.read(task.text)
    try:
        ours = build(example, stock, **task.options)
        theirs = build(example, None, **task.options)
    except Exception as error:
        return f"it cannot be made: {type(error).__name__}: {error}"
    return difference(ours, theirs)
