"""One program on both builders: what they make of it, and how long it takes them."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import front_end
import torch
from catalogue import Factory

import vartrack
from vartrack.comparison import Comparison, compare_calls
from vartrack.comparison.capture import Side
from vartrack.comparison.copies import Program

#: What is counted of each side of a comparison.
COUNTS: dict[str, Callable[[Side], int]] = {
    "graphs": lambda side: side.graphs(),
    "guards": lambda side: sum(len(frame.guards) for frame in side.frames),
    "breaks": lambda side: sum(len(frame.breaks) for frame in side.frames),
    "values": lambda side: side.values,
}


#: The differences in what a program does, and not in how it is compiled.
_DONE = frozenset({"argument", "callable", "result"})


def _no_worse(comparison: Comparison) -> bool:
    """Whether calls do the same, in no more compiles, graphs and breaks than torch's."""
    sides = comparison.torch, comparison.vartrack
    theirs, ours = ((side.compiles(), side.graphs(), COUNTS["breaks"](side)) for side in sides)
    done = all(difference.what not in _DONE for difference in comparison.differences)
    return done and all(mine <= other for mine, other in zip(ours, theirs, strict=True))


def _with_thrift() -> vartrack.Registry:
    registry = vartrack.sound.derive("thrift")
    vartrack.extras.thrift.register(registry)
    return registry


#: The registries that can be asked for.
REGISTRIES = {each.name: each for each in (vartrack.stock, vartrack.sound, _with_thrift())}
#: What must be so of a program, by the name of the registry. What guards sound has in the place
#: of torch's is for people to judge: `Trial.missing` tells which they are.
PROMISES: dict[str, Callable[[Comparison], bool]] = {
    "stock": lambda comparison: comparison.equal,
    "sound": lambda comparison: comparison.runs_alike,
    "thrift": _no_worse,
}
#: How well the sides agree, the best first.
AGREEMENTS: dict[str, Callable[[Comparison], bool]] = {
    "equal": PROMISES["stock"],
    "run alike": PROMISES["sound"],
    "no worse": PROMISES["thrift"],
}


@dataclass(frozen=True)
class Time:
    """CPU milliseconds of a cold front end, and the median ratio of runs beside each other."""

    torch: float
    vartrack: float
    ratio: float


@dataclass(frozen=True)
class Trial:
    """What came of one program.

    Attributes:
        name: ``PACKAGE.PROGRAM``.
        comparison: what both builders made of it; None if that is not known.
        error: why not, such as what it raises without a compiler.
        time: None if it was not measured.
    """

    name: str
    comparison: Comparison | None = None
    error: str = ""
    time: Time | None = None

    @property
    def fine(self) -> bool:
        """Whether it ran, and the builders agree as far as the registry promises."""
        if self.comparison is None:
            return False
        promised = PROMISES[self.comparison.registry]
        return promised(self.comparison)

    @property
    def agreement(self) -> str:
        """How well the sides agree, in words; empty if they do not."""
        compared = self.comparison
        if compared is None:
            return ""
        return next((words for words, holds in AGREEMENTS.items() if holds(compared)), "")

    @property
    def raised(self) -> str:
        """What a compiled call raised that Python does not raise; empty if nothing."""
        sides = (self.comparison.torch, self.comparison.vartrack) if self.comparison else ()
        errors = [outcome.error for side in sides for outcome in side.outcomes if outcome.error]
        return type(errors[0]).__name__ if errors else ""

    @property
    def missing(self) -> list[str]:
        """torch's guards of which vartrack has none alike in the same frame, each once."""
        if self.comparison is None:
            return []
        frames = zip(self.comparison.torch.frames, self.comparison.vartrack.frames, strict=False)
        lacking = (set(theirs.guards) - set(ours.guards) for theirs, ours in frames)
        return [str(guard) for guards in lacking for guard in sorted(guards)]

    def counts(self) -> Iterator[tuple[str, int, int]]:
        """What is counted, with torch's number and vartrack's."""
        if self.comparison is not None:
            for what, count in COUNTS.items():
                yield what, count(self.comparison.torch), count(self.comparison.vartrack)


def tried(name: str, make: Factory, runs: int, registry: vartrack.Registry) -> Trial:
    """Compare and time the program that ``make`` makes; no time is taken with 0 ``runs``."""
    torch.manual_seed(0)
    doing = "run"
    try:
        fn, args, kwargs = make()
        fn(*args, **kwargs)
        doing = "be compared"
        comparison = compare_calls(make=lambda: twice(make), registry=registry)
        trial = Trial(name, comparison)
        if not runs or trial.raised:
            return trial
        doing = "be timed"
        return dataclasses.replace(trial, time=timed(make, runs, registry))
    except Exception as error:  # whatever another package raises, the rest is to be tried
        return Trial(name, error=f"cannot {doing}: {failure(error)}")


def twice(make: Factory) -> Program:
    """A program with its call made two times: the guards are asked in the second."""
    fn, args, kwargs = make()
    return fn, [(args, kwargs)] * 2


def timed(make: Factory, runs: int, registry: vartrack.Registry) -> Time:
    """The time of ``runs`` cold compiles with each builder, in turn."""
    own, ours = front_end.measure(make(), front_end.turns(runs), registry)
    _, ratio, _ = front_end.ratios(own, ours)
    theirs, mine = (1000 * statistics.median(times) for times in (own, ours))
    return Time(theirs, mine, ratio)


def failure(error: Exception) -> str:
    """An exception in a line."""
    return f"{type(error).__name__}: {error}".splitlines()[0]
