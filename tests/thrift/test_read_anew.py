"""What Python works out or looks up anew at each call, of numbers, indexes and names that vary.

Each program is ours, after a kind that the trackers of torch, transformers, diffusers, torchtune and
Lightning have reports of: schedules, temperatures, caches, adapters, progress bars.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from beside_torch import plain
from places import Counting
from thrift_values import SOUND, THRIFT
from torch import nn
from torch._dynamo import config

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

Run = Callable[..., Any]
#: By name what gives the program and its calls, and how many graphs are enough.
PROGRAMS: dict[str, tuple[Callable[[], tuple[Run, Iterator[Any]]], int]] = {}


def program(enough: int) -> Callable[[Any], Any]:
    def register(make: Any) -> Any:
        PROGRAMS[make.__name__] = make, enough
        return make

    return register


def _x(first: float = 1.0) -> torch.Tensor:
    return torch.arange(4.0) + first


class Held:
    """Stands for the objects in the reports."""

    def __init__(self, **held: Any) -> None:
        vars(self).update(held)


def _settings(held: Held, *settings: dict[str, Any]) -> Iterator[Any]:
    """Calls, before each of which attributes are set."""
    for setting in settings:
        vars(held).update(setting)
        yield (_x(),)


@program(2)
def functions_of_mathematics() -> tuple[Run, Iterator[Any]]:
    """Annealing, polynomial decay, a temperature: torch has a symbol for the cosine alone."""
    held: Any = Held(step=1, rate=0.25)

    def run(x: torch.Tensor) -> Any:
        cosine = 0.5 * (1 + math.cos(math.pi * held.step / 100))
        decay = math.exp(-held.step / 10) * math.pow(1 - held.step / 100, 0.9)
        scale = math.log(held.rate) + math.log1p(held.rate) + math.log10(held.rate)
        return x * cosine * decay * scale * math.log(x.shape[0], 3), math.erf(held.rate)

    steps = ({"step": n + 2, "rate": 0.25 + n / 3} for n in range(5))
    return run, _settings(held, *steps)


@program(9)
def functions_that_refuse() -> tuple[Run, Iterator[Any]]:
    """What a function refuses is raised in the program."""
    held: Any = Held(rate=2.0)

    def run(x: torch.Tensor) -> Any:
        try:
            return x * math.log(held.rate), math.exp(held.rate)
        except (ValueError, OverflowError) as error:
            return x, str(error)

    values = (2.0, 3.0, -1.0, 4.0, 0.0, 1000.0, 5.0, math.inf, math.nan, 3, True, 10**400)
    return run, _settings(held, *({"rate": value} for value in values))


@program(1)
def clock_of_a_progress_bar() -> tuple[Run, Iterator[Any]]:
    """Divisions with their rest, and a text that is joined of what a generator gives."""
    held: Any = Held(seconds=0, done=0, total=100)

    def run(x: torch.Tensor) -> Any:
        minutes, seconds = divmod(held.seconds, 60)
        held.done += 1
        numbers = {"done": held.done / 8, "loss": held.seconds / 7}
        told = ", ".join(f"{name}={value:.3g}" for name, value in numbers.items())
        share = f"{held.done}/{held.total} ({100 * held.done / held.total:.1f}%)"
        return x * 2, f"{minutes:02d}:{seconds:02d} {share} {told}", held.seconds % 4 == 9

    return run, _settings(held, *({"seconds": 105 + 17 * n} for n in range(5)))


@program(2)
def every_third_batch() -> tuple[Run, Iterator[Any]]:
    """A number of which a rest is asked: one graph for each answer, and no symbol."""

    def run(x: torch.Tensor, number: int) -> Any:
        return (x / 3, True) if (number + 1) % 3 == 0 else (x, False)

    return run, ((_x(), number) for number in range(7))


@program(3)
def sigmas_of_a_scheduler() -> tuple[Run, Iterator[Any]]:
    """Items at indexes that are worked out, of a list of numbers and of one of tensors."""
    held: Any = Held(index=0, sigmas=[14.6, 9.7, 6.2, 3.1, 1.6, 0.8])
    held.tensors = [torch.full((4,), float(n)) for n in range(6)]

    def run(x: torch.Tensor) -> Any:
        change = held.sigmas[held.index + 1] - held.sigmas[held.index]
        held.index += 1
        held.tensors[held.index].add_(x)
        return x * change + held.tensors[held.index - 1] + held.tensors[-held.index], held.index

    return run, _settings(held, *({} for _ in range(5)))


@program(8)
def indexes_that_are_not_there() -> tuple[Run, Iterator[Any]]:
    held: Any = Held(index=0, rates=[1.5, 2.5, 3.5, 4.5])

    def run(x: torch.Tensor) -> Any:
        try:
            return x * held.rates[held.index + 1], held.rates[-held.index]
        except IndexError:
            return x

    return run, _settings(held, *({"index": n} for n in (1, 2, 3, 0, -7, 7, -1, 1)))


@program(2)
def losses_that_are_kept() -> tuple[Run, Iterator[Any]]:
    """A list that is added to and of which then the length, the last items and one are read."""
    held: Any = Held(losses=[torch.ones(4)], window=100)

    def run(x: torch.Tensor) -> Any:
        held.losses.append(x.sum())
        if len(held.losses) > held.window:
            held.losses.pop(0)
        mean = sum(held.losses[-2:]) / len(held.losses)
        first = held.losses[0] if held.losses else x
        return mean, first + held.losses[-2], f"{len(held.losses)} losses"

    return run, _settings(held, *({} for _ in range(5)))


@program(2)
def cache_that_each_layer_adds_to() -> tuple[Run, Iterator[Any]]:
    cache: list[torch.Tensor] = []

    def run(x: torch.Tensor, layer: int) -> Any:
        cache.append(x * 2)
        return cache[layer] + 1, len(cache)

    return run, ((_x(), layer) for layer in range(5))


@program(5)
def lists_that_become_one() -> tuple[Run, Iterator[Any]]:
    held: Any = Held(kept=[1.5], other=[2.5])

    def run(x: torch.Tensor) -> Any:
        before = len(held.other)
        held.kept.append(0.5)
        return x * len(held.other), before, held.kept[-1], held.kept[-2]

    one: list[float] = [4.5]
    changes = ({}, {}, {"kept": one, "other": one}, {}, {"other": ["a", 2]}, {"kept": [True]})
    return run, _settings(held, *changes)


class Adapters(nn.Module):
    """A module whose parts are found by name."""

    def __init__(self) -> None:
        super().__init__()
        for number in range(4):
            self.register_buffer(f"shift_{number}", torch.full((4,), float(number)))
            setattr(self, f"scale_{number}", number + 1.5)

    def forward(self, x: torch.Tensor, number: int) -> Any:
        shift = getattr(self, f"shift_{number}")
        shift.add_(1)
        return x * getattr(self, f"scale_{number}") + shift, self.shift_2 * 2


@program(3)
def adapters_by_name() -> tuple[Run, Iterator[Any]]:
    return Adapters(), ((_x(), number) for number in (0, 1, 2, 3, 2))


@program(5)
def names_that_come_to_be_of_the_class() -> tuple[Run, Iterator[Any]]:
    class Rates:
        @property
        def rate2(self) -> float:
            return 7.5

        def __getattr__(self, name: str) -> float:
            return 0.5

    rates: Any = Rates()
    vars(rates).update({f"rate{number}": number + 1.5 for number in range(4)})

    def calls() -> Iterator[Any]:
        for number in (0, 1, 2, 3, 1, 5):
            if number == 3:
                Rates.rate1 = property(lambda self: 9.5)  # type: ignore[attr-defined]
            yield _x(), f"rate{number}"

    return (lambda x, name: x * getattr(rates, name)), calls()


@dataclasses.dataclass
class Config:
    """A configuration that is made anew for each call."""

    rate: float
    name: str
    steps: int


@program(1)
def configuration_as_a_dict() -> tuple[Run, Iterator[Any]]:
    calls = ((_x(), Config(number / 10, f"run {number}", number)) for number in range(4))
    return (lambda x, given: (x * 2, dataclasses.asdict(given))), calls


def outcomes(name: str, registry: Any, compiled: bool = True, **options: Any) -> Any:
    """What the calls of a program give, and how many graphs they take."""
    torch._dynamo.reset()
    run, calls = PROGRAMS[name][0]()
    backend = Counting()
    if compiled:
        run = torch.compile(run, backend=backend, **options)
    with vartrack.use(registry), config.patch(recompile_limit=20):
        return [plain(run(*call)) for call in calls], backend.graphs


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_worked_out_anew_takes_few_graphs(name: str) -> None:
    expected, _ = outcomes(name, None, compiled=False)
    for registry in (THRIFT, SOUND):
        given, graphs = outcomes(name, registry, fullgraph=True)
        assert given == expected
        assert graphs <= PROGRAMS[name][1]


def test_symbols_from_the_first_call_on() -> None:
    for name in ("functions_of_mathematics", "sigmas_of_a_scheduler", "losses_that_are_kept"):
        expected, _ = outcomes(name, None, compiled=False)
        given, graphs = outcomes(name, THRIFT, dynamic=True)
        assert given == expected
        assert graphs <= PROGRAMS[name][1]
