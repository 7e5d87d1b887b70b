"""What the type of a value offers by special methods: answered as Python does, or refused."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

from vartrack.dispatch.registry import Registry
from vartrack.testing.equals import taken_for_one, warn_of
from vartrack.testing.wording import told_of
from vartrack.trials.running import Outcome, try_use
from vartrack.trials.sameness import kept
from vartrack.trials.uses import uses_of

__all__ = ["check_protocols"]

#: How many of the values each use is tried with.
MOST = 4


def check_protocols(
    registry: Registry, values: Callable[[], Iterable[Any]], shared: bool = False
) -> None:
    """Check that every use which the type offers gives Python's answer or breaks the graph.

    Args:
        registry: what to run on.
        values: gives the values.
        shared: whether values of the same key may get the answer of each other.

    Raises:
        AssertionError: an answer was another one, or something else was raised.

    Warns:
        VisitorWarning: it was the answer of a value that is equal.
    """
    met = iter(values())
    try:
        first = kept(next(met))
    except StopIteration:
        return
    for use in uses_of(first):
        outcome = try_use(use, itertools.islice(values(), MOST), first)
        if outcome.status in ("ok", "recompiles", "graph break"):
            continue
        visitor = registry.resolve(outcome.value)
        earlier = outcome.alike
        if outcome.status == "stale" and taken_for_one(visitor, earlier, outcome.value, shared):
            assert visitor is not None
            if not shared and repr(earlier) == repr(outcome.value):  # else it was told already
                warn_of(visitor, earlier, outcome.value, f"differ in `{use.text}`")
            continue
        name = "no visitor" if visitor is None else visitor.name
        raise AssertionError(
            f"{name}: `{use.text}` of {told_of(outcome.value)}, which the type offers, "
            f"{_ends(outcome)}. It must be answered as Python does, or "
            "break the graph. `protocols=False` leaves this out."
        )


def _ends(outcome: Outcome) -> str:
    if outcome.status == "crash":
        return f"ends the compile: {outcome.message}"
    return f"is {outcome.status}: it {outcome.message}"
