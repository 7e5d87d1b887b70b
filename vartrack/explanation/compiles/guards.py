"""`Guard`: one guard of a compile, who asked for it, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass, field

from vartrack.explanation.wording.places import Place
from vartrack.explanation.wording.words import in_words

__all__ = ["Guard", "GuardTime"]


@dataclass
class Guard:
    """One guard of a compile.

    Attributes:
        source: what it stands on, as Python text; "" for the state of the process.
        kind: its kind.
        visitor: the visitor that asked for it; "" if the tracer did, when it used the value.
        code: what is checked, as Python text.
        places: the lines of the program that relied on it, the first first.
        nanoseconds: what the check of all guards gains by leaving this one out; None if that was
            not measured, or does not stand above the noise.
        measured: whether it was tried.
        reads: of a guard that calls Python code: the nanoseconds that one run of it took.
        by_sound: whether `vartrack.sound` added it, for something that torch does not guard.

    .. versionadded:: 0.2
    """

    source: str
    kind: str
    visitor: str = ""
    code: list[str] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    nanoseconds: float | None = None
    measured: bool = False
    reads: int | None = None
    by_sound: bool = False

    @property
    def label(self) -> str:
        """Its source in the user's words."""
        return in_words(self.source) or "the state of the process"


@dataclass
class GuardTime:
    """How long the check of all guards of a compile takes.

    Attributes:
        nanoseconds: the whole check, as measured.
        noise: how much two measurements of the same differ.
        all_checked: the same without torch's shortcut, which passes by a module or dict that has
            not changed since the last call.

    .. versionadded:: 0.2
    """

    nanoseconds: float
    noise: float
    all_checked: float
