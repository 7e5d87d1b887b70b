"""`Fact`: one thing that a trace relied on, its check, and the line that relied on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

__all__ = ["NOTHING", "Fact", "Scope", "Words", "is_so"]

#: The local variables of the frame whose guards are checked, by name.
Scope = Mapping[str, Any]


class _Nothing:
    def __repr__(self) -> str:
        return "nothing"


#: What a fact shows where there is nothing.
NOTHING = _Nothing()


class Words(str):
    """What a fact shows in words of its own, with sources in them, and not as a value."""

    __slots__ = ()


@dataclass(frozen=True, eq=False)
class Fact:
    """Something that a trace relied on without a guard of torch's.

    Attributes:
        kind: which kind of fact, one of `KINDS`.
        text: what was relied on, in words.
        source: where it lies, as Python text.
        holds: whether it is still so, asked with the local variables of a call.
        shows: what it is about, as it is now: a value, or what was asked about some; asked with
            the local variables of a call.
        code: the code that was traced when it was relied on; None if that is not known.
        line: the line of that code.
    """

    kind: str
    text: str
    source: str
    holds: Callable[[Scope], bool] = field(repr=False)
    shows: Callable[[Scope], Any] = field(repr=False)
    code: CodeType | None = field(default=None, repr=False)
    line: int | None = None

    @property
    def where(self) -> str:
        """The file and line that relied on it."""
        return "" if self.code is None else f"{self.code.co_filename}:{self.line}"


def is_so(fact: Fact, scope: Scope) -> bool:
    """Whether ``fact`` holds; False also if asking raises."""
    try:
        return fact.holds(scope)
    except Exception:
        return False
