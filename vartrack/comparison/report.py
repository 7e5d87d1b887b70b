"""`Comparison`: what two builders made of the same calls, and where they differ."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field

from vartrack.comparison.capture import Side

__all__ = ["Comparison", "Difference"]

#: How many differences are printed; all of them are in `Comparison.differences`.
_SHOWN = 40


@dataclass(frozen=True)
class Difference:
    """One difference.

    Attributes:
        where: the call, or the compile and the part of it.
        what: what differs: ``"guard"``, ``"graph"``, ``"tracker"``, ``"graph break"``,
            ``"compiles"``, ``"graphs"``, ``"outcome"``, ``"result"``, ``"argument"``,
            ``"callable"``, ``"check"`` (of the guards, as torch runs them) or ``"bytecode"``.
        torch: what torch's own builder has there; None if nothing.
        vartrack: what vartrack has there; None if nothing.

    .. versionadded:: 0.1
    """

    where: str
    what: str
    torch: str | None
    vartrack: str | None

    def __str__(self) -> str:
        rows = [f"{self.what}: {self.where}"]
        for name, text in (("torch", self.torch), ("vartrack", self.vartrack)):
            shown = "(nothing)" if text is None else text
            rows.append(f"{name:>10}: " + textwrap.indent(shown, " " * 12).lstrip())
        return "\n".join(rows)


@dataclass(frozen=True)
class Comparison:
    """The report of a comparison. It is true if the sides are equal.

    Attributes:
        torch: what torch's own builder made of the calls.
        vartrack: what vartrack made of them.
        differences: where they differ; empty if they are equal.
        notes: what the reader should know of how the comparison was made, such as arguments
            that could not be copied.

    .. versionadded:: 0.1
    """

    torch: Side
    vartrack: Side
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    def __bool__(self) -> bool:
        return self.equal

    def __str__(self) -> str:
        if self.equal:
            rows = [f"equal: {_summary(self.torch)}"]
        else:
            rows = [f"different in {_count(len(self.differences), 'place')}"]
            rows += [f"     torch: {_summary(self.torch)}"]
            rows += [f"  vartrack: {_summary(self.vartrack)}"]
            rows += map(str, self.differences[:_SHOWN])
            if len(self.differences) > _SHOWN:
                rows.append(f"... and {len(self.differences) - _SHOWN} more")
        rows += (f"note: {note}" for note in self.notes)
        return "\n".join(rows)


def _summary(side: Side) -> str:
    guards = sum(len(frame.guards) for frame in side.frames)
    breaks = sum(len(frame.breaks) for frame in side.frames)
    raised = sum(outcome.error is not None for outcome in side.outcomes)
    parts = [
        _count(side.graphs(), "graph"),
        _count(guards, "guard"),
        _count(breaks, "graph break"),
        _count(side.compiles(), "compile"),
    ]
    if raised:
        parts.append(f"{_count(raised, 'call')} raised")
    return ", ".join(parts)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
