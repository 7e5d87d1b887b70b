"""Sequences from outside of which the middle is not read: what was added and taken at the ends.

A list that is kept short, `self.losses.append(loss)` and `self.losses.pop(0)`, is read at its ends
alone. What was in the middle is neither read nor guarded, but that there was enough of it.
"""

from __future__ import annotations

import functools
from typing import Any

from torch._dynamo.variables.base import VariableTracker

from vartrack.compat.making import lazy
from vartrack.extras.thrift.late.asked import Question
from vartrack.extras.thrift.late.held import is_as_long, item_before, source_before
from vartrack.extras.thrift.unread.only_written import Unread

__all__ = ["Ends"]


class Ends(Unread):
    """The tracker of a sequence of which only its ends are known.

    Attributes:
        front: what comes before the middle.
        back: what comes after it.
        gone_first: how many of the first items that were there before are gone.
        gone_last: how many of the last.
        is_emptied: whether all are gone that were there before.
        is_jumbled: whether something was added or taken elsewhere than at the ends.
        more: how many items there are more than before, or than none if all are gone; negative
            if there are less.
    """

    holder = list
    own_state: tuple[str, ...] = (
        "front",
        "back",
        "gone_first",
        "gone_last",
        "is_emptied",
        "is_jumbled",
        "more",
    )

    def __init__(self, before: Any, asked: Any, **options: Any) -> None:
        super().__init__(before, asked, **options)
        self.front: list[VariableTracker] = []
        self.back: list[VariableTracker] = []
        self.gone_first = self.gone_last = 0
        self.is_emptied = self.is_jumbled = False
        self.more = 0

    @property
    def left(self) -> int:
        """How many of those that were there before are left, in the call at hand."""
        return 0 if self.is_emptied else len(self.before) - self.gone_first - self.gone_last

    @property
    def is_whole(self) -> bool:
        """Whether all that was there before is left, in its place, and comes first."""
        return not (
            self.gone_first or self.gone_last or self.is_emptied or self.is_jumbled or self.front
        )

    def has_certain_ends(self) -> bool:
        """Whether it is certain which items are at the ends."""
        return not self.is_jumbled

    def item(self, tx: Any, number: int) -> VariableTracker | None:
        """One item, counted from the end if ``number`` is negative; None if it is not certain."""
        at = self._find(number)
        if at is None or isinstance(at, VariableTracker):
            return at
        self.rely_on(self.gone_first + self.gone_last + at + 1 if at >= 0 else self._least(at))
        return item_before(tx, self.place, self.asked, self._index(at))

    def take_last(self, tx: Any) -> VariableTracker | None:
        """Take the last item away, and give it; None if it is not certain which it is."""
        known = self.back or (self.front if self.is_emptied else None)
        return known.pop() if known else self._take(tx, -1)

    def take_first(self, tx: Any) -> VariableTracker | None:
        """Take the first item away, and give it; None if it is not certain which it is."""
        known = self.front or (self.back if self.is_emptied else None)
        return known.pop(0) if known else self._take(tx, 0)

    def _take(self, tx: Any, at: int) -> VariableTracker | None:
        if self.left <= 0 or self.is_jumbled:
            return None
        index = self._index(at)
        if at < 0:
            self.gone_last += 1
        else:
            self.gone_first += 1
        self.rely_on(self.gone_first + self.gone_last)
        # it is not read, as it may only have been in the way
        return lazy(self.before[index], source_before(self.place, index), tx=tx)

    def _find(self, number: int) -> VariableTracker | int | None:
        """An item that is known, or which one it is of the middle."""
        if self.is_jumbled:
            return None
        near, far = (self.front, self.back) if number >= 0 else (self.back, self.front)
        if -len(near) <= number < len(near):
            return near[number]
        number += len(near) if number < 0 else -len(near)
        if -self.left <= number < self.left:
            return number
        if self.is_emptied and -len(far) <= number < len(far):
            return far[number]
        return None

    def _index(self, at: int) -> int:
        """Where an item of the middle was before, counted from the same end."""
        return at + self.gone_first if at >= 0 else at - self.gone_last

    def _least(self, at: int) -> int:
        return self.gone_first + self.gone_last - at

    def rely_on(self, least: int) -> None:
        """Have guarded that there were so many items before."""
        question = Question(f"len(_) >= {least}", functools.partial(is_as_long, least))
        self.asked.put(question)
