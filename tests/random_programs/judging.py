"""What became of a program on all sides, and what of that must not be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from random_programs.program import Program
from random_programs.running import NoProgram, Ran, TooLong, on, run

__all__ = ["AS_TORCH", "REFUSES", "Side", "Verdict", "judge", "of_python"]

#: Where a program runs, in order.
_SIDES = ("eager", "torch", "stock", "sound")
#: What is said where torch's own tracer makes the mistake, whatever changes later.
AS_TORCH = "sound does as torch when it traces"
#: What is said where only sound does not compile it in one piece.
REFUSES = "sound refuses what torch gets right"


@dataclass
class Verdict:
    """What became of a program.

    Attributes:
        statuses: by side "right", "stale", "wrong", "refused", "crash" or "too long"; "unsteady" if
            Python gives now this and now that; "no program" in eager Python if it cannot be run.
        failures: what must not be, each as a short label and what there is to say about it.
        compiles: by side how many graphs there were.
        counts: of many values, how many came to what.
    """

    statuses: dict[str, str] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    compiles: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)


def judge(programs: Sequence[Program]) -> list[Verdict]:
    """Run programs on every side, all of them on one before the next.

    torch alone may do as it likes. `stock` does what torch does. `sound` gives Python's answer; it
    refuses only where torch does, or where torch's answer is wrong.
    """
    found = [_Found(program) for program in programs]
    for side in _SIDES:
        with on(side):
            for one in found:
                one.run(side)
    return [one.judged() for one in found]


class _Found:
    """What one program came to on each side."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.want: Ran | None = None
        self.sides: dict[str, Side] = {}
        self.verdict = Verdict()

    def run(self, side: str) -> None:
        """Run it on one side, unless another took too long."""
        if side == "eager":
            self.want = of_python(self.program, self.verdict)
            return
        try:
            if self.want is not None and len(self.sides) == len(self.verdict.statuses):
                self.sides[side] = Side(self.program, side, self.want)
                self.verdict.statuses[side] = self.sides[side].status
                self.verdict.compiles[side] = max(self.sides[side].full.graphs, default=0)
        except TooLong:
            self.verdict.statuses[side] = "too long"
            if side != "torch":
                self.verdict.failures[f"{side} takes too long"] = ""

    def judged(self) -> Verdict:
        """The verdict."""
        verdict = self.verdict
        if len(self.sides) < 3:
            return verdict
        torch, stock, sound = (self.sides[side] for side in ("torch", "stock", "sound"))
        registered = "VISITORS" in self.program.head
        verdict.failures.update(_of_stock(torch, stock, registered))
        if sound.status in ("stale", "wrong") and sound.is_of_python():
            verdict.statuses["sound"] = "unsteady"
        else:
            verdict.failures.update(_of_sound(torch, stock, sound, registered))
        if verdict.failures and sound.status in ("wrong", "crash") and self._as_torch(sound):
            verdict.statuses["sound"] = f"{sound.status} as torch"
            verdict.failures = {AS_TORCH: sound.detail}
        elif REFUSES in verdict.failures and self._torch_refuses_anew():
            verdict.statuses["sound"] = "refused as torch"
            verdict.failures[AS_TORCH] = verdict.failures.pop(REFUSES)
        return verdict

    def _torch_refuses_anew(self) -> bool:
        """Whether torch refuses, or dies, where it has compiled nothing yet.

        As where an exception leaves the function: code that it compiled before raises it too.
        """
        ran = run(self.program, "torch", anew=True)
        return bool(ran.refusal or ran.crashes)

    def _as_torch(self, sound: Side) -> bool:
        """Whether torch gives the same where it has compiled nothing yet."""
        if sound.number is None:
            return False
        torch = run(self.program, "torch", fullgraph=not sound.refused, anew=True)
        same = not torch.refusal and torch.steps[sound.number] == sound.loose.steps[sound.number]
        return bool(same)


def of_python(program: Program, verdict: Verdict) -> Ran | None:
    """What Python gives; None if that takes too long, or what the program begins with raises."""
    try:
        return run(program, "eager")
    except TooLong:
        verdict.statuses["eager"] = "too long"
    except NoProgram:
        verdict.statuses["eager"] = "no program"
    return None


class Side:
    """A program on one side, in one piece, and with graph breaks where that is refused."""

    def __init__(self, program: Program, side: str, want: Ran) -> None:
        self.program, self.side = program, side
        self.full = run(program, side)
        self.loose = run(program, side, fullgraph=False) if self.full.refusal else self.full
        self.want = want
        self.number: int | None = None
        self.status, self.detail = self._status(self.loose)

    @property
    def refused(self) -> bool:
        return bool(self.full.refusal)

    def is_unsteady(self) -> bool:
        """Whether it compiles now more and now less often, as addresses come to be used again."""
        again = (run(self.program, self.side, fullgraph=not self.refused) for _ in range(3))
        return any(ran.graphs != self.loose.graphs for ran in again)

    def is_of_python(self) -> bool:
        """Whether Python gives the same in another run, as where addresses or the time matter."""
        number = self.number
        if number is None:
            return False
        given = self.loose.steps[number]
        return any(run(self.program, "eager").steps[number] == given for _ in range(8))

    def comes_to(self, status: str) -> bool:
        """Whether it is also ``status`` when it is run again, where addresses are others."""
        return any(Side(self.program, self.side, self.want).status == status for _ in range(8))

    def _status(self, ran: Ran) -> tuple[str, str]:
        if ran.refusal:
            return "crash", f"refused where graphs may break: {ran.refusal}"
        before = 0
        for number, (want, have) in enumerate(zip(self.want.steps, ran.steps, strict=True)):
            if have != want:
                self.number = number
                if number in ran.crashes:
                    return "crash", f"call {number + 1}: {ran.crashes[number]}"
                old = number and ran.graphs[number] == before
                found = f"call {number + 1}: {_short(have, want)} instead of {_short(want, have)}"
                return "stale" if old else "wrong", found
            before = ran.graphs[number]
        return ("refused" if self.refused else "right"), self.full.refusal


def _of_stock(torch: Side, stock: Side, registered: bool) -> Iterator[tuple[str, str]]:
    good = ("right", "refused")
    if torch.status in good and stock.status not in good:
        if torch.comes_to(stock.status):
            return  # it depends on addresses, as the order of a set does
        yield f"stock is {stock.status} where torch is right", stock.detail
    elif registered:
        return
    elif torch.status == "crash" and stock.status in good:
        return  # torch's own error in building a value is a graph break here, and no error
    elif torch.status != stock.status and torch.status not in good:
        yield (
            "stock differs from torch",
            f"{torch.status} ({torch.detail}), {stock.status} ({stock.detail})",
        )
    elif stock.refused and not torch.refused:
        yield "only one of stock and torch refuses", torch.full.refusal or stock.full.refusal
    elif (
        torch.refused == stock.refused
        and torch.loose.graphs != stock.loose.graphs
        and not torch.is_unsteady()
    ):
        yield "stock compiles otherwise", f"{torch.loose.graphs}, {stock.loose.graphs}"


def _of_sound(torch: Side, stock: Side, sound: Side, registered: bool) -> Iterator[tuple[str, str]]:
    if sound.status in ("stale", "wrong"):
        yield f"sound is {sound.status}, torch {torch.status}", sound.detail
    elif sound.status == "crash" and torch.status != "crash":
        yield "sound crashes", sound.detail
    elif sound.refused and torch.status == "right" and not (registered and stock.refused):
        yield REFUSES, sound.full.refusal
    elif torch.status == "right" and not registered and sound.full.graphs[1] > torch.full.graphs[1]:
        yield (
            "sound compiles again though nothing changed",
            f"{torch.full.graphs}, {sound.full.graphs}",
        )


def _short(value: Any, other: Any) -> str:
    """``value``, only where it is not as ``other``."""
    while isinstance(value, (tuple, list)) and isinstance(other, (tuple, list)):
        if type(value) is not type(other) or len(value) != len(other):
            break
        differing = [(a, b) for a, b in zip(value, other, strict=True) if a != b]
        if len(differing) != 1:
            break
        value, other = differing[0]
    text = repr(value)
    return text if len(text) < 200 else text[:197] + "..."
