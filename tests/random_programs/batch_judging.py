"""What became of many values in one function; what fails there is run again alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from random_programs import judging
from random_programs.batches import Batch
from random_programs.judging import Verdict, of_python
from random_programs.running import Ran, TooLong, on, run

__all__ = ["judge"]

_SIDES = ("stock", "sound")


def judge(programs: Sequence[Batch]) -> list[Verdict]:
    """Run all values together on `stock` and on `sound`, against Python.

    A value that is refused is left out of the others' function. Where torch alone refuses it too,
    that is all; else it is run alone on every side, and so is one that is wrong or crashes.
    """
    found = [_Found(batch) for batch in programs]
    for side in _SIDES:
        with on(side):
            for one in found:
                one.run(side)
        with on("torch"):
            for one in found:
                one.ask_torch()
    return [one.judged() for one in found]


class _Found:
    """What the values of one batch came to."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.verdict = Verdict()
        self.counts = Counter[str]()
        self.refused: dict[str, dict[int, str]] = {side: {} for side in _SIDES}
        #: What differs from Python, and with which others.
        self.wrong: dict[str, dict[int, list[int]]] = {side: {} for side in _SIDES}
        #: What is refused by torch alone as well.
        self.as_torch: list[int] = []
        self.live = self._possible(list(range(batch.values)))
        self.counts["no program"] = batch.values - len(self.live)

    def _possible(self, numbers: list[int]) -> list[int]:
        """Those that are programs at all."""
        if not numbers or of_python(self.batch.program(numbers), Verdict()) is not None:
            return numbers
        if len(numbers) == 1:
            return []
        half = len(numbers) // 2
        rest = self._possible(numbers[:half]) + self._possible(numbers[half:])
        # what each half can do alone may be impossible together
        return rest if of_python(self.batch.program(rest), Verdict()) is not None else []

    def run(self, side: str) -> None:
        """Run all on one side, but for those that are run on every side alone.

        Those that torch alone refuses are run one by one, as they would end the others' function.
        """
        together = list(self.live)
        self._run(side, together)
        for number in self.as_torch:
            self._run(side, [number])
            self.refused[side].pop(number, None)
        out = self.refused[side].keys() | self.wrong[side].keys()
        self.counts[f"{side} in one piece"] += sum(number not in out for number in together)
        self.live = [number for number in together if number not in self.wrong[side]]

    def _run(self, side: str, live: list[int]) -> None:
        while live:
            program = self.batch.program(live)
            try:
                want, have = run(program, "eager"), run(program, side, to_end=False)
            except TooLong:
                self._divide(side, live)
                return
            self.counts[f"{side} compiles"] += max(have.graphs, default=0)
            if not have.ended_at:
                self._compare(side, live, want, have)
                return
            number = self.batch.number_in(have.ended_at)
            if number not in live:
                self._divide(side, live, have.refusal)
                return
            if have.refusal:
                self.refused[side][number] = have.refusal
            else:
                self.wrong[side][number] = [number]
            live = [one for one in live if one != number]

    def _divide(self, side: str, live: list[int], refusal: str = "") -> None:
        """Run halves, where nothing says which of the values it is."""
        if len(live) > 1:
            half = len(live) // 2
            self._run(side, live[:half])
            self._run(side, live[half:])
        elif refusal:
            self.refused[side][live[0]] = refusal
        else:
            self.wrong[side][live[0]] = live

    def _compare(self, side: str, live: list[int], want: Ran, have: Ran) -> None:
        for one, other in zip(want.steps, have.steps, strict=True):
            if isinstance(one, tuple) or isinstance(other, tuple):  # the call as a whole raised
                if one != other:
                    self._divide(side, live)
                    return
                continue
            for number, right, given in zip(live, one, other, strict=True):
                if right != given:
                    self.wrong[side].setdefault(number, live)

    def ask_torch(self) -> None:
        """Whether torch alone refuses what was refused."""
        numbers = {number for side in _SIDES for number in self.refused[side]}
        for number in sorted(numbers.intersection(self.live)):
            self.live.remove(number)
            if self._is_refused(number):
                for side in _SIDES:
                    self.refused[side].pop(number, None)
                self.as_torch.append(number)
                self.counts["refused, as by torch"] += 1

    def _is_refused(self, number: int) -> bool:
        try:
            return bool(run(self.batch.program([number]), "torch").refusal)
        except TooLong:
            return False

    def judged(self) -> Verdict:
        """The verdict on all of them."""
        left = {number for side in _SIDES for number in (*self.refused[side], *self.wrong[side])}
        for number in sorted(left):
            self.counts["run alone"] += 1
            for label, detail in self._alone(number):
                self.counts[f"values: {label}"] += 1
                before = self.verdict.failures.get(label)
                told = detail if before is None else f"{before}\n\n{detail}"
                self.verdict.failures[label] = told
        self.verdict.counts = dict(self.counts)
        return self.verdict

    def _alone(self, number: int) -> Iterator[tuple[str, str]]:
        program = self.batch.program([number])
        (verdict,) = judging.judge([program])
        for label, detail in verdict.failures.items():
            yield label, f"value {number}: {detail}\n{program}"
        among_others = number in self.wrong["sound"] and not verdict.failures
        if among_others and verdict.statuses.get("sound") in ("right", "refused"):
            others = self.wrong["sound"][number]
            yield "sound is wrong among others", f"value {number} among {others}\n{program}"
