"""The order in which the visitors of one type are asked: by nearness, and by the table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vartrack.dispatch.resolution import Candidate

if TYPE_CHECKING:
    from vartrack.core.visitor import Visitor
    from vartrack.dispatch.mro import Near
    from vartrack.dispatch.order import Chain

__all__ = ["ranked"]


@dataclass(frozen=True)
class _Standing:
    """A visitor that may take values of a type.

    Attributes:
        visitor: the visitor.
        bound: which of its types covers the type.
        nearness: its number among all of them, the nearest has 0.
        line: that of its place among the checks; None if nearness decides.
        answers: whether it has the half that is asked.
        why: why it is asked when it is, in words.
    """

    visitor: Visitor
    bound: type
    nearness: int
    line: int | None
    answers: bool
    why: str

    def ask(self, cls: type) -> Candidate:
        """Ask its ``when_type`` about ``cls``, unless it has nothing to say in this half."""
        if not self.answers:
            return Candidate(self.visitor, self.bound, False, why=self.why)
        return Candidate.of(self.visitor, self.bound, cls, self.why)


def ranked(near: Iterable[Near], cls: type, half: type, chain: Chain) -> Iterator[Candidate]:
    """The visitors as candidates for ``cls``, in the order they are asked in ``half``.

    The first section of ``chain``, the checks with those that have no place among them, the last
    section, then the visitor that has ``object`` to itself. What comes after the last one that is
    read is not asked about ``cls``.

    Args:
        near: the visitors, the nearest first.
        cls: the type of the values.
        half: the half that is asked.
        chain: the places in it.
    """
    sections: dict[str, list[_Standing]] = {"first": [], "checks": [], "last": [], "rest": []}
    for nearness, one in enumerate(near):
        answers = one.func.has_half(half)
        place = chain.place(type(one.func)) if answers else None
        section, line, why = "checks", None, "by nearness"
        if one.own and one.bound is object:
            section, why = "rest", "it takes what is left"
        elif place is not None:
            section, line = place
            why = f"line {line + 1} of `{section}`"
        standing = _Standing(one.func, one.bound, nearness, line, answers, why)
        sections[section].append(standing)
    for section, members in sections.items():
        members.sort(key=lambda one: (-1 if one.line is None else one.line, one.nearness))
        if section == "checks":
            yield from _checks(members, cls)
        else:
            yield from (one.ask(cls) for one in members)


def _checks(members: list[_Standing], cls: type) -> Iterator[Candidate]:
    """Those with a place in its order, and the others among them by nearness."""
    free = [one for one in members if one.line is None]
    placed = [one for one in members if one.line is not None]
    if not free:
        yield from (one.ask(cls) for one in placed)
        return
    asked = [(one, one.ask(cls)) for one in placed]
    at = 0
    for one in free:
        if one.answers:
            goal = max(at, _place_among(one, asked))
            yield from (candidate for _, candidate in asked[at:goal])
            at = goal
        yield one.ask(cls)
    yield from (candidate for _, candidate in asked[at:])


def _place_among(one: _Standing, placed: list[tuple[_Standing, Candidate]]) -> int:
    """Before which of ``placed`` the visitor ``one``, which has no place, is asked.

    That is the first that is not nearer, but after one that is nearer and takes every value: it
    leaves nothing that is worth being asked before.
    """
    goal = None
    for at, (other, candidate) in enumerate(placed):
        if not candidate.type_fits and candidate.error is None:
            continue
        nearer = other.nearness < one.nearness
        if goal is None and not nearer:
            goal = at
        if other.visitor.when is None:
            return at + 1 if nearer or goal is None else goal
    return len(placed) if goal is None else goal
