"""Which of the values of a compile are shown, and in what order."""

from __future__ import annotations

import dataclasses
import fnmatch
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from vartrack.explanation.report.report import Value
from vartrack.explanation.wording.words import in_words, is_of_the_tracer

__all__ = ["ALL", "SORTS", "Selection"]

#: How values can be sorted, those that stand below one value among themselves.
SORTS: dict[str, Callable[[Value], object]] = {
    "time": lambda value: -value.nanoseconds,
    "guards": lambda value: -_guards_in(value),
    "source": lambda value: in_words(value.source),
}


def _guards_in(value: Value) -> int:
    return len(value.guards) + sum(map(_guards_in, value.children))


@dataclass(frozen=True)
class Selection:
    """Which values are shown, and in what order.

    Attributes:
        depth: how many levels of the tree; None for all.
        only: a pattern that the source has to match, in the user's words or as Python text, with
            ``*`` and ``?``; a pattern without them is looked for anywhere in it. "" for all.
        mine: whether only values of the user's own modules are shown.
        sort: one of `SORTS`; "" for the order of building.
    """

    depth: int | None = None
    only: str = ""
    mine: bool = False
    sort: str = ""

    def takes(self, value: Value) -> bool:
        """Whether ``value`` is one to show."""
        if is_of_the_tracer(value.source) or (self.mine and not value.mine):
            return False
        pattern = self.only if any(sign in self.only for sign in "*?") else f"*{self.only}*"
        names = [value.source, *(alias.source for alias in value.aliases)]
        return any(
            fnmatch.fnmatchcase(name, pattern.replace("[", "[[]"))
            for source in names
            for name in (source, in_words(source))
        )

    def of(self, values: Sequence[Value], depth: int = 1) -> list[Value]:
        """The values to show, with the parents of those below them."""
        chosen = list(self._chosen(values, depth))
        if self.sort:
            chosen.sort(key=SORTS[self.sort])  # type: ignore[arg-type]
        return chosen

    def _chosen(self, values: Sequence[Value], depth: int) -> Iterator[Value]:
        for value in values:
            below = [] if self.depth is not None and depth >= self.depth else value.children
            children = self.of(below, depth + 1)
            if is_of_the_tracer(value.source):
                yield from children
            elif children or self.takes(value):
                yield dataclasses.replace(value, children=children)

    def hidden(self, values: Sequence[Value], shown: Sequence[Value]) -> int:
        """How many of ``values`` are not among ``shown``."""
        return _count(values) - _count(shown)


#: Every value, in the order of building.
ALL = Selection()


def _count(values: Sequence[Value]) -> int:
    return sum(1 + _count(value.children) for value in values)
