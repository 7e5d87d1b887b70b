"""`Comparison`: what two builders made of the same calls, and where they differ."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field

from vartrack.comparison.capture import Side

__all__ = ["ORDER", "Comparison", "Difference"]

#: What can differ, what matters first first.
ORDER = (
    *("result", "argument", "callable"),
    *("compiles", "graphs", "outcome", "graph break", "graph"),
    *("guard", "tracker", "check", "bytecode"),
)
#: What is more where guards are added.
_GUARDS = ("guard", "check")
#: What a compile is made with, and what loads and stores: not what runs, nor how often it compiles.
_MEANS = ("guard", "tracker", "check", "bytecode")
#: How many causes of each kind are printed; all differences are in `Comparison.differences`.
_SHOWN = 5


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
        rows = [f"  {self.where}"]
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
        registry: the name of the registry that vartrack ran on.

    .. versionadded:: 0.1
    """

    torch: Side
    vartrack: Side
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = field(default=())
    registry: str = ""

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    def __bool__(self) -> bool:
        return self.equal

    @property
    def equal_but_for_added_guards(self) -> bool:
        """Whether nothing differs, or vartrack has all that torch has and more guards.

        So it is for `vartrack.sound` on a program that changes no fact that torch does not guard.

        .. versionadded:: 0.2
        """
        return all(
            difference.what in _GUARDS and difference.torch is None
            for difference in self.differences
        )

    @property
    def runs_alike(self) -> bool:
        """Whether calls give the same, and compile as often into the same graphs.

        Guards, trackers and the bytecode around the graphs may differ: a registry that guards or
        traces more than torch does reads more.

        .. versionadded:: 0.2
        """
        return all(difference.what in _MEANS for difference in self.differences)

    @property
    def causes(self) -> dict[str, list[list[Difference]]]:
        """The differences by what differs, and those with one cause together.

        One cause is the same pair of texts in several places.
        """
        grouped: dict[str, dict[tuple[str | None, str | None], list[Difference]]] = {}
        for each in self.differences:
            pairs = grouped.setdefault(each.what, {})
            pairs.setdefault((each.torch, each.vartrack), []).append(each)
        return {what: list(pairs.values()) for what, pairs in grouped.items()}

    def __str__(self) -> str:
        if self.equal:
            rows = [f"equal: {_summary(self.torch)}", self._compared()]
        else:
            rows = [self._verdict(), self._compared()]
            rows += [f"     torch: {_summary(self.torch)}"]
            rows += [f"  vartrack: {_summary(self.vartrack)}"]
            for what, causes in self.causes.items():
                rows += ["", f"{what}: {_count(sum(map(len, causes)), 'difference')}"]
                for same in causes[:_SHOWN]:
                    rows.append(str(same[0]))
                    if len(same) > 1:
                        rows.append(f"            and the same in {_count(len(same) - 1, 'place')}")
                if len(causes) > _SHOWN:
                    rows.append(f"... and {len(causes) - _SHOWN} more")
        rows += (f"note: {note}" for note in self.notes)
        return "\n".join(rows)

    def _verdict(self) -> str:
        if self.equal_but_for_added_guards:
            added = sum(difference.what == "guard" for difference in self.differences)
            return f"equal but for {_count(added, 'added guard')}"
        return f"different in {_count(len(self.differences), 'place')}"

    def _compared(self) -> str:
        return f"compared: torch's own builder, and vartrack on the registry {self.registry!r}"


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
