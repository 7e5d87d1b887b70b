"""Holding two sides against each other."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from vartrack.comparison.capture import Frame, Side
from vartrack.comparison.report import ORDER, Difference
from vartrack.comparison.values import Walk

__all__ = ["differences"]


def differences(torch: Side, vartrack: Side) -> Iterator[Difference]:
    """Every difference between the two sides.

    What the calls gave and left comes first, then how often they compiled and the graphs, then the
    rest of each compile.
    """
    yield from sorted(_all(torch, vartrack), key=lambda difference: ORDER.index(difference.what))


def _all(torch: Side, vartrack: Side) -> Iterator[Difference]:
    yield from _numbers(torch, vartrack)
    titles = [[frame.title for frame in side.frames] for side in (torch, vartrack)]
    yield from _in_order("the frames that Dynamo took up", "compiles", *titles)
    for frame, other in _pairs(torch.frames, vartrack.frames):
        yield from _frames(frame, other)
    yield from _results(torch, vartrack)


def _pairs(torch: list[Frame], vartrack: list[Frame]) -> Iterator[tuple[Frame, Frame]]:
    """The frames that both sides have, each with its counterpart."""
    left = list(vartrack)
    for frame in torch:
        other = next((other for other in left if other.title == frame.title), None)
        if other is not None:
            left.remove(other)
            yield frame, other


def _numbers(torch: Side, vartrack: Side) -> Iterator[Difference]:
    for call in range(1, len(torch.calls) + 1):
        for what, count in (("compiles", Side.compiles), ("graphs", Side.graphs)):
            numbers = count(torch, call), count(vartrack, call)
            if numbers[0] != numbers[1]:
                yield Difference(f"call {call}", what, *map(str, numbers))


def _frames(a: Frame, b: Frame) -> Iterator[Difference]:
    where = a.title
    if a.outcome != b.outcome:
        yield Difference(where, "outcome", a.outcome, b.outcome)
    yield from _in_order(where, "graph break", a.breaks, b.breaks)
    for number, graphs in enumerate(zip_longest(a.graphs, b.graphs, fillvalue=()), 1):
        yield from _in_order(f"{where}, graph {number}", "graph", *graphs)
    yield from _in_any_order(where, "guard", map(str, a.guards), map(str, b.guards))
    yield from _in_any_order(where, "check", a.guard_tree, b.guard_tree)
    yield from _in_order(where, "tracker", list(map(str, a.trackers)), list(map(str, b.trackers)))
    yield from _in_order(where, "bytecode", a.bytecode, b.bytecode)


def _in_order(
    where: str, what: str, torch: Sequence[str], vartrack: Sequence[str]
) -> Iterator[Difference]:
    """The differences between two lists of lines whose order counts."""
    if list(torch) == list(vartrack):
        return
    matcher = difflib.SequenceMatcher(None, torch, vartrack, autojunk=False)
    for tag, start, end, other_start, other_end in matcher.get_opcodes():
        if tag == "equal":
            continue
        rows = zip_longest(
            enumerate(torch[start:end], start),
            enumerate(vartrack[other_start:other_end], other_start),
        )
        for mine, theirs in rows:
            line = (mine or theirs)[0] + 1  # type: ignore[index]
            yield Difference(f"{where}, line {line}", what, mine and mine[1], theirs and theirs[1])


def _in_any_order(
    where: str, what: str, torch: Iterable[str], vartrack: Iterable[str]
) -> Iterator[Difference]:
    """The differences between two lists of lines whose order does not count."""
    mine, theirs = Counter(torch), Counter(vartrack)
    for line in sorted((mine - theirs).elements()):
        yield Difference(where, what, line, None)
    for line in sorted((theirs - mine).elements()):
        yield Difference(where, what, None, line)


def _results(torch: Side, vartrack: Side) -> Iterator[Difference]:
    walk = Walk()
    # Inputs first, so that an output that is an input is named after the input.
    for number, (mine, theirs) in enumerate(zip(torch.calls, vartrack.calls, strict=True), 1):
        for place, a, b in walk.differences(f"call {number}: args", list(mine[0]), list(theirs[0])):
            yield Difference(place, "argument", a, b)
        for place, a, b in walk.differences(
            f"call {number}: kwargs", dict(mine[1]), dict(theirs[1])
        ):
            yield Difference(place, "argument", a, b)
    for place, a, b in walk.differences("the callable", torch.fn, vartrack.fn):
        yield Difference(place, "callable", a, b)
    outcomes = zip(torch.outcomes, vartrack.outcomes, strict=True)
    for number, (ours, other) in enumerate(outcomes, 1):
        where = f"call {number}: result"
        one = ours.value if ours.error is None else ours.error
        two = other.value if other.error is None else other.error
        for place, a, b in walk.differences(where, one, two):
            yield Difference(place, "result", a, b)
