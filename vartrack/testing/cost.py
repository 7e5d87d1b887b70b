"""What a call takes over the same call with torch alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from vartrack.dispatch.registry import Registry
from vartrack.trials.running import Program
from vartrack.trials.timing import times_of
from vartrack.trials.uses import Use

__all__ = ["SLOWEST", "check_cost"]

#: How many times as long as with torch alone a call may take.
SLOWEST = 5.0
#: How often a time that is too long is taken again.
_AGAIN = 2


def check_cost(
    registry: Registry, values: Callable[[], Iterable[Any]], function: Program, slowest: float
) -> None:
    """Check that a call with the first value takes not much longer than with torch alone.

    Raises:
        AssertionError: it takes more than ``slowest`` times as long.
    """
    met = iter(values())
    try:
        value = next(met)
    except StopIteration:
        return
    programs: dict[str, Callable[[], Program]] = {
        "that only carries the value": Use("v", "type").function,
        "that the value is checked with": lambda: _anew(function),
    }
    for what, make in programs.items():
        times = times_of(registry, make, value)
        for _ in range(_AGAIN):
            if times is not None and times.ratio > slowest:
                times = times_of(registry, make, value)
        if times is not None and times.ratio > slowest:
            visitor = registry.resolve(value)
            name = "no visitor" if visitor is None else visitor.name
            raise AssertionError(
                f"{name}: a call of the function {what} takes {times.one / 1e3:.1f} µs, "
                f"{times.ratio:.1f} times as long as with torch alone "
                f"({times.other / 1e3:.1f} µs), and {slowest:g} are allowed. The check of a value "
                "runs at every call: give the visitor a quicker `key`, or take a RecordVisitor, "
                "which checks what is read. `slowest=None` does not time it."
            )


def _anew(function: Program) -> Program:
    """What calls ``function`` in a program that nothing is compiled of yet."""
    return Use("called(x, v)", names={"called": function}).function()
