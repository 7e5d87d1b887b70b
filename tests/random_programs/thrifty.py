"""Random pairs on `vartrack.sound`, with and without the set thrift: it must only save compiles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from random_programs.judging import Side, Verdict, of_python
from random_programs.program import Program
from random_programs.running import TooLong, on

__all__ = ["judge"]

#: Where they run, each after the one that it is held against.
_SIDES = ("sound", "sound with thrift")


def judge(programs: Sequence[Program]) -> list[Verdict]:
    """Run programs on both; with thrift none may be worse, nor take more graphs."""
    verdicts = [Verdict() for _ in programs]
    wants = [
        of_python(program, verdict) for program, verdict in zip(programs, verdicts, strict=True)
    ]
    found: list[list[Side]] = [[] for _ in programs]
    for side in _SIDES:
        with on(side):
            for program, verdict, want, sides in zip(programs, verdicts, wants, found, strict=True):
                if want is not None and not verdict.failures:
                    try:
                        sides.append(Side(program, side, want))
                    except TooLong:
                        verdict.failures[f"{side} takes too long"] = ""
    for verdict, sides in zip(verdicts, found, strict=True):
        for one in sides:
            verdict.statuses[one.side] = one.status
            verdict.compiles[one.side] = max(one.full.graphs, default=0)
        if len(sides) == len(_SIDES):
            verdict.failures.update(_worse(*sides))
    return verdicts


def _worse(sound: Side, thrift: Side) -> Iterator[tuple[str, str]]:
    bad = ("stale", "wrong", "crash")
    if thrift.status in bad and sound.status not in bad:
        yield f"thrift is {thrift.status}, sound {sound.status}", thrift.detail
    elif thrift.refused and not sound.refused:
        yield "thrift refuses what sound does not", thrift.full.refusal
    elif (
        sound.status == thrift.status == "right"
        and thrift.full.graphs[-1] > sound.full.graphs[-1]
        and not (sound.is_unsteady() or thrift.is_unsteady())
    ):
        yield "thrift compiles more", f"{sound.full.graphs}, {thrift.full.graphs}"
