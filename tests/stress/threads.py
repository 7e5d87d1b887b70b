"""Compiles in many threads at once, with everything that can be done to vartrack meanwhile."""

from __future__ import annotations

import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import torch

import vartrack
from stress.programs import PROGRAMS, Broken, anew, registries, with_types

__all__ = ["Outcome", "run"]

ONES = torch.ones(3)


@dataclass
class Outcome:
    """What came of it.

    Attributes:
        done: how often each thing was done.
        failures: what went wrong, in a line each.
    """

    done: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def run(rounds: int, seconds: float, *, seed: int = 0, threads: int = 8) -> Outcome:
    """Have ``threads`` threads compile under four registries, and reset Dynamo between the rounds.

    Beside them one thread installs and uninstalls, and one registers and derives. Dynamo is not
    reset while they run: torch alone crashes of that, see docs/project/defects-of-torch.md.

    Args:
        rounds: how many rounds.
        seconds: how long each is.
        seed: what the choices of the threads are drawn with.
        threads: how many compile.
    """
    outcome = Outcome()
    known = list(registries())
    for number in range(rounds):
        _round(outcome, known, time.monotonic() + seconds, f"{seed} {number}", threads)
        if vartrack.is_installed():
            vartrack.uninstall()
        torch._dynamo.reset()
    return outcome


def _round(
    outcome: Outcome, known: list[vartrack.Registry], until: float, seed: str, threads: int
) -> None:
    lock = threading.Lock()

    def compiling(random: Random) -> str:
        program = random.choice(PROGRAMS)
        compiled = torch.compile(anew(program.function), backend="eager")
        with vartrack.use(random.choice([*known, None])):
            for _ in range(2):
                _call(compiled, program.function, program.value(random))
        return "compiled"

    def installing(random: Random) -> str:
        time.sleep(random.random() / 50)
        if vartrack.is_installed():
            vartrack.uninstall()
            return "uninstalled"
        vartrack.install(random.choice(known))
        return "installed"

    def registering(random: Random) -> str:
        time.sleep(random.random() / 50)
        derived = with_types(random.choice([vartrack.stock, vartrack.sound]).derive("meanwhile"))
        known[random.randrange(len(known))] = derived
        return "derived"

    def work(act: Callable[[Random], str], number: int) -> None:
        random = Random(f"{seed} {number}")
        while time.monotonic() < until:
            try:
                done = act(random)
            except BaseException as error:
                with lock:
                    outcome.failures.append(f"{act.__name__}: {type(error).__name__}: {error}")
                continue
            with lock:
                outcome.done[done] += 1

    running = [
        threading.Thread(target=work, args=(act, number), name=f"{act.__name__} {number}")
        for number, act in enumerate([*[compiling] * threads, installing, registering])
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()


def _call(compiled: Callable[..., Any], function: Callable[..., Any], value: Any) -> None:
    """A call, which has to end as one of the function itself would."""
    interrupts = isinstance(value, Broken) and value.error is KeyboardInterrupt
    expected = function(ONES, _copied(value))
    try:
        found = compiled(ONES, value)
    except KeyboardInterrupt:
        if not interrupts:
            raise AssertionError("interrupted by another") from None
        return
    assert _alike(found, expected), f"{function.__name__}({value!r}) gave {found}"


def _copied(value: Any) -> Any:
    return list(value) if type(value) is list else value


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return isinstance(other, torch.Tensor) and torch.equal(one, other)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(_alike, one, other))
    return bool(one == other)
