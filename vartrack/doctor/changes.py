"""What changed in torch's builder from one release to another, branch by branch."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Hashable, Iterator

from vartrack.doctor.branches import Branch
from vartrack.doctor.findings import Finding
from vartrack.doctor.own_code import sufferers

__all__ = ["compare"]


_Functions = dict[str, dict[str, Branch]]


def compare(now: list[Branch], then: list[Branch]) -> Iterator[Finding]:
    """What is new, gone, changed or in another place in ``now``, of what ``then`` had.

    A function that is new or gone is told once, and not each branch of it.
    """
    here, there = _by_function(now), _by_function(then)
    came, went = _only_in(here, there), _only_in(there, here)
    for branch, before in _paired(came, went, lambda one: one.asks_and_does):
        yield _finding(branch, f"was in {before.function}")
    for branch, _ in _paired(came, went, lambda one: (one.function, one.body)):
        yield _finding(branch, "asks something else")
    for function, branches in here.items():
        if function in there:
            yield from _changed(branches, there[function])
    yield from _told(came, there, "is new")
    yield from _told(went, here, "is gone")


def _by_function(branches: list[Branch]) -> _Functions:
    """By function, and there by key; where one test stands several times, each has a number."""
    found: _Functions = {}
    for branch in branches:
        inside = found.setdefault(branch.function, {})
        key, number = branch.key, 1
        while key in inside:
            number += 1
            key = f"{branch.key} {number}"
        inside[key] = branch
    return found


def _only_in(these: _Functions, others: _Functions) -> list[Branch]:
    """The branches of these that the others do not have."""
    return [
        branch
        for function, branches in these.items()
        for key, branch in branches.items()
        if key not in others.get(function, ())
    ]


def _paired(
    came: list[Branch], went: list[Branch], by: Callable[[Branch], Hashable]
) -> Iterator[tuple[Branch, Branch]]:
    """Takes those out of both that are the same by something."""
    left: dict[Hashable, list[Branch]] = {}
    for branch in went:
        if not branch.is_of_whole:
            left.setdefault(by(branch), []).append(branch)
    for branch in list(came):
        before = left.get(by(branch))
        if before and not branch.is_of_whole:
            came.remove(branch)
            went.remove(before[0])
            yield branch, before.pop(0)


def _changed(here: dict[str, Branch], there: dict[str, Branch]) -> Iterator[Finding]:
    """What changed in a function that both have, of the branches that both have."""
    for key, branch in here.items():
        if key in there and there[key].body != branch.body:
            yield _finding(branch, "does something else")
    yield from _moved(here, there)


def _told(branches: list[Branch], others: _Functions, why: str) -> Iterator[Finding]:
    """Each branch, and once each function that the others do not have."""
    whole: dict[str, list[Branch]] = {}
    for branch in branches:
        if branch.function in others:
            yield _finding(branch, why)
        else:
            whole.setdefault(branch.function, []).append(branch)
    for function, parts in whole.items():
        yield _of_function(function, parts, why)


def _moved(here: dict[str, Branch], there: dict[str, Branch]) -> Iterator[Finding]:
    """Branches that changed their place among the others, as few as explain it.

    Where one goes from the end to the front, it is told, and not all that it went past.
    """
    before = {key: place for place, key in enumerate(there)}
    keys = [key for key, branch in here.items() if key in before and branch.has_place]
    stayed = _longest_rise([before[key] for key in keys])
    for key in keys:
        if before[key] not in stayed:
            yield _finding(here[key], "is asked in another place")


def _longest_rise(numbers: list[int]) -> set[int]:
    """As many of ``numbers``, which differ, as rise from the first to the last."""
    ends: list[int] = []  # of the rises so far, by length, the one that ends lowest
    rises: list[tuple[int, ...]] = []
    for number in numbers:
        at = bisect.bisect_left(ends, number)
        rise = (*(rises[at - 1] if at else ()), number)
        ends[at:at], rises[at:at] = [number], [rise]
        del ends[at + 1 : at + 2], rises[at + 1 : at + 2]
    return set(rises[-1]) if rises else set()


def _finding(branch: Branch, why: str) -> Finding:
    at = f" (builder.py:{branch.line})" if branch.line else ""
    return Finding("branch", f"{branch.told()}{at}", why, (), branch.visitors())


def _of_function(function: str, branches: list[Branch], why: str) -> Finding:
    line = branches[0].line
    at = f"builder.py:{line}, " if line else ""
    names = [name for branch in branches for name in branch.names]
    what = f"{function} ({at}{len(branches)} parts)"
    return Finding("branch", what, why, (), sufferers(*names)[:3])
