"""Installing and uninstalling many times, with compiles between, and what stays behind."""

from __future__ import annotations

import gc
import itertools
import resource
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

import torch
from torch_as_it_is import difference, picture

import vartrack
from stress.programs import PROGRAMS, Broken, anew, registries

__all__ = ["Rounds", "Sample", "run"]

ONES = torch.ones(3)
#: What is read so often; reading it takes longer than a round.
EVERY = 10


class Sample(NamedTuple):
    """What there is after a round: classes, objects that the collector knows, and the most
    memory so far, in MiB."""

    round: int
    classes: int
    objects: int
    memory: float


@dataclass
class Rounds:
    """What came of it.

    Attributes:
        changed: what was not as before after a round, each with the round.
        samples: what there was, now and then.
    """

    changed: list[tuple[int, Any]] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)

    @property
    def growth(self) -> tuple[float, float]:
        """Classes and objects that each round of the second half left behind."""
        half = self.samples[len(self.samples) // 2 :]
        first, last = half[0], half[-1]
        rounds = max(last.round - first.round, 1)
        return (last.classes - first.classes) / rounds, (last.objects - first.objects) / rounds


def run(rounds: int, *, seed: int = 0, alone: bool = False) -> Rounds:
    """Install, compile and uninstall ``rounds`` times, on four registries in turn.

    A compile without vartrack comes before each picture of torch that is compared.

    Args:
        rounds: how many.
        seed: what the programs and values are drawn with.
        alone: whether to leave vartrack out, to see what torch itself leaves behind.
    """
    found = Rounds()
    known = itertools.cycle([None] if alone else [*registries()])
    random = Random(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(2):  # imports, and fills what torch fills for good
            _round(next(known), random)
            _compile(random)
        before = picture()
        _compile(random)
        usual = difference(before, picture())
        before = picture()
        for number in range(1, rounds + 1):
            _round(next(known), random)
            _compile(random)
            found.changed += [(number, key) for key in difference(before, picture()) - usual]
            if number % EVERY == 0 or number == rounds:
                found.samples.append(_sample(number))
    return found


def _values(random: Random) -> Iterator[tuple[Any, Any]]:
    for program in random.sample(PROGRAMS, 3):
        value = program.value(random)
        if not isinstance(value, Broken) or value.error is not KeyboardInterrupt:
            yield program.function, value


def _round(registry: vartrack.Registry | None, random: Random) -> None:
    if registry is None:
        _compile(random)
        return
    vartrack.install(registry)
    try:
        _compile(random)
    finally:
        vartrack.uninstall()


def _compile(random: Random) -> None:
    for function, value in _values(random):
        torch.compile(anew(function), backend="eager")(ONES, value)
    torch._dynamo.reset()


def _sample(number: int) -> Sample:
    gc.collect()
    objects = gc.get_objects()
    classes = sum(issubclass(type(each), type) for each in objects)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    return Sample(number, classes, len(objects), most)
