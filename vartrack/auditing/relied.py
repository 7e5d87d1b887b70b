"""`ReliedFact` and `ChangedFact`: one thing that a program relied on, for the report."""

from __future__ import annotations

from dataclasses import dataclass

from vartrack.explanation.wording.places import Place
from vartrack.explanation.wording.words import in_words

__all__ = ["ChangedFact", "ReliedFact"]


@dataclass
class ReliedFact:
    """A fact that a compiled function relied on without a guard.

    Attributes:
        function: the compiled function.
        compiled: its place.
        kind: which kind of fact, a name out of ``vartrack.sound.kinds``.
        fact: what was relied on, in words.
        source: where it lies, as Python text.
        before: what was there when the function was compiled, in brief.
        place: the line that relied on it; None if that is not known.

    .. versionadded:: 0.2
    """

    function: str
    compiled: Place
    kind: str
    fact: str
    source: str
    before: str
    place: Place | None = None

    @property
    def identity(self) -> tuple[object, ...]:
        """What tells it from others: it is one fact for all graphs of a function."""
        return self.compiled, self.kind, self.fact, self.place

    @property
    def label(self) -> str:
        """The source in the user's words."""
        return in_words(self.source)


@dataclass
class ChangedFact(ReliedFact):
    """One that changed.

    Attributes:
        after: what was there at the first call that was made with something else.
        stale: whether the answer may be old: what was compiled ran although the fact had changed.
            If not, a guard of torch's failed as well, and it was compiled anew.
        calls: how many calls ran on the old fact.

    .. versionadded:: 0.2
    """

    after: str = ""
    stale: bool = False
    calls: int = 0

    @property
    def identity(self) -> tuple[object, ...]:
        """What tells it from others: it is one change for all graphs of a function."""
        return *super().identity, self.before, self.after

    def __str__(self) -> str:
        where = "" if self.place is None else f", relied on at {self.place}"
        fate = "the answer may be old" if self.stale else "compiled anew"
        change = f"{self.before} -> {self.after}"
        return f"{self.function}: {in_words(self.fact)}: {change}{where}: {fate}"
