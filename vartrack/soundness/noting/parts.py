"""`look_within`: trackers, and those that they hold, looked at as they are built."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from vartrack.soundness.noting.ledger import Ledger

__all__ = ["Look", "look_within"]

#: Takes a tracker that is built, and gives those of its parts that are to be looked at as well.
Look: TypeAlias = Callable[[Any], Iterable[Any]]


def look_within(
    ledger: Ledger,
    trackers: Iterable[Any],
    look: Look,
    *,
    inner: Look | None = None,
    again: Callable[[Any], None] | None = None,
) -> None:
    """Look at ``trackers`` and at what they hold, as soon as torch has built it.

    Args:
        ledger: of the compile.
        trackers: where to begin.
        look: what to do with each.
        inner: what to do with their parts; the same by default.
        again: what to do with a container that holds itself, where it is met inside of itself;
            nothing by default.
    """
    _look_at(ledger, trackers, look, (inner or look, again), ())


def _look_at(
    ledger: Ledger, trackers: Iterable[Any], look: Look, then: Any, around: tuple[Any, ...]
) -> None:
    read = functools.partial(_read, ledger, look, then, around)
    for tracker in trackers:
        ledger.when_read(tracker, read)


def _read(ledger: Ledger, look: Look, then: Any, around: tuple[Any, ...], tracker: Any) -> None:
    inner, again = then
    if any(tracker is other for other in around):
        if again is not None:
            again(tracker)
    elif parts := [*look(tracker)]:
        _look_at(ledger, parts, inner, then, (*around, tracker))
