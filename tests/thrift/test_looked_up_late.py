"""What is found at an index, under a key or a name that varies: modules, objects, enum members.

Each program is ours, after what public trackers report of: experts and adapters that are chosen, one
function for all layers, caches with an object for each layer.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from beside_torch import plain
from places import Counting
from thrift_values import SOUND, THRIFT, Level, Mode
from torch import nn
from torch._dynamo import config

import vartrack
from vartrack import Registry

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.arange(6.0).reshape(3, 2)
Compile = Callable[[Any], Any]


class Layer:
    """An object that keeps what it was given."""

    def __init__(self, number: int) -> None:
        self.number, self.kept = number, X

    def update(self, x: torch.Tensor) -> torch.Tensor:
        self.number += 1
        self.kept = self.kept + x
        return self.kept * self.number


class Counted(nn.Module):
    """A module that counts its calls."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.count += 1
        return x * self.count


class Chosen(nn.Module):
    """A module that has the index itself, and changes it."""

    def __init__(self, layers: nn.Module) -> None:
        super().__init__()
        self.layers, self.active = layers, 0

    def forward(self, x: torch.Tensor) -> Any:
        layer = self.layers[self.active]  # type: ignore[index]
        layer.last = x + 1
        self.active = (self.active + 1) % 4
        return layer(x)


def linears(count: int = 4) -> list[nn.Linear]:
    made = [nn.Linear(2, 2) for _ in range(count)]
    for number, layer in enumerate(made):
        nn.init.constant_(layer.weight, number + 0.5)
        nn.init.constant_(layer.bias, number + 0.25)
    return made


def named(items: Any) -> dict[str, Any]:
    return {f"at{number}": item for number, item in enumerate(items)}


def _in_turn(run: Any, *keys: Any) -> Iterator[Any]:
    for key in keys:
        yield run(X, *key) if isinstance(key, tuple) else run(X, key)


def a_list(compile: Compile) -> Any:
    layers = nn.ModuleList(linears())
    run = compile(lambda x, i: layers[i](x))
    yield from _in_turn(run, 0, 1, 2, 3, 1)
    layers[2] = nn.Linear(2, 3, bias=False)
    nn.init.ones_(layers[2].weight)  # type: ignore[arg-type]
    yield from _in_turn(run, 2, 3, 2, 1)


def a_dict(compile: Compile) -> Any:
    layers = nn.ModuleDict(named(linears()))
    yield from _in_turn(compile(lambda x, name: layers[name](x)), *layers)


def a_sequence(compile: Compile) -> Any:
    layers = nn.Sequential(*linears())
    yield from _in_turn(compile(lambda x, i: layers[i](x)), 0, 1, 2, 3)


def parameters(compile: Compile) -> Any:
    some = nn.ParameterList([torch.full((2,), float(number)) for number in range(4)])
    others = nn.ParameterDict(named(some))
    run = compile(lambda x, i, name: x + some[i] * others[name])
    yield from _in_turn(run, (0, "at1"), (1, "at2"), (2, "at3"), (3, "at0"))


def a_name(compile: Compile) -> Any:
    owner = nn.Module()
    for name, layer in named(linears()).items():
        setattr(owner, name, layer)
    run = compile(lambda x, i: getattr(owner, f"at{i}")(x))
    yield from _in_turn(run, 0, 1, 2, 3)


def itself(compile: Compile) -> Any:
    chosen = Chosen(nn.ModuleList(linears()))
    run = compile(chosen)
    for _ in range(7):
        yield run(X), chosen.active, [getattr(each, "last", None) for each in chosen.layers]  # type: ignore[arg-type]


def kept_by_layer(compile: Compile) -> Any:
    layers = [Layer(number) for number in range(4)]
    by_name = named(Layer(number) for number in range(4))
    run = compile(lambda x, i, name: layers[i].update(x) + by_name[name].update(x))
    for i, name in ((0, "at1"), (1, "at2"), (2, "at3"), (3, "at0"), (1, "at1")):
        yield run(X, i, name), [vars(each) for each in (*layers, *by_name.values())]


def twice(compile: Compile) -> Any:
    layers = nn.ModuleList([Counted(number) for number in range(4)])
    run = compile(lambda x, i, j: layers[j](layers[i](layers[0](x))))
    for i, j in ((1, 2), (2, 3), (3, 1), (1, 1), (2, 2), (0, 3), (0, 0), (2, 1)):
        yield run(X, i, j), [each.count for each in layers]


def objects_twice(compile: Compile) -> Any:
    layers = [Layer(number) for number in range(4)]
    run = compile(lambda x, i, j: layers[i].update(x) * layers[j].update(x))
    for i, j in ((1, 2), (2, 3), (3, 1), (1, 1), (2, 2), (0, 3)):
        yield run(X, i, j), [vars(each) for each in layers]


def which(compile: Compile) -> Any:
    layers = nn.ModuleList(linears())
    run = compile(lambda x, i: (x + 1, layers[i] is layers[2]))
    yield from _in_turn(run, 0, 1, 2, 3, 2)


def statistics(compile: Compile) -> Any:
    layers = nn.ModuleList([nn.BatchNorm1d(2) for _ in range(4)])
    run = compile(lambda x, i: layers[i](x * (i + 1)))
    for i in (0, 1, 2, 3, 2):
        yield run(X, i), [dict(each.named_buffers()) for each in layers]
    layers[1].eval()
    yield from _in_turn(run, 0, 1, 2, 1)


class Own(enum.Enum):
    """An enum that has a member for every value."""

    A = "a"
    B = "b"

    @classmethod
    def _missing_(cls, value: object) -> Any:
        return cls.B if value == "c" else cls.A


class Slotted:
    """An object without a dict."""

    __slots__ = ("at1", "at2")

    def __init__(self) -> None:
        self.at1 = 2.5


class Held:
    """An object whose class has attributes, too."""

    at2 = 0.25

    @property
    def at3(self) -> float:
        raise AttributeError

    def __init__(self) -> None:
        self.at1 = 2.5


def members(compile: Compile) -> Any:
    run = compile(lambda x, text: x + 1 if Mode(text) is Mode.A else x - 1)
    yield from _in_turn(run, "b", "c", "d", "a", "c", Mode.B, Mode.A, Mode.C)


def members_by_name(compile: Compile) -> Any:
    run = compile(lambda x, name: (x + 1, Mode[name.upper()], Level(len(name)) > 1))
    yield from _in_turn(run, "a", "b", "c", "d")


def members_that_are_made_up(compile: Compile) -> Any:
    yield from _in_turn(compile(lambda x, text: (x + 1, Own(text))), "a", "b", "c", "d")


def whether_it_is_there(compile: Compile) -> Any:
    def run(x: torch.Tensor, owner: Any, number: int) -> Any:
        name = f"at{number}"
        return x * getattr(owner, name, 1.5), hasattr(owner, name)

    class Changing(Held):
        """Its class, which is changed."""

    module, held = nn.Module(), Changing()
    module.register_buffer("at1", X)
    run = compile(run)
    for owner in (held, module, Slotted()):
        yield from _in_turn(run, *((owner, number) for number in (1, 2, 3, 4, 5, 6)))
    del held.at1
    held.at5 = 3.5  # type: ignore[attr-defined]
    Changing.at6 = 4.5  # type: ignore[attr-defined]
    yield from _in_turn(run, *((held, number) for number in (1, 4, 5, 6)))


def errors_that_are_caught(compile: Compile) -> Any:
    table = {"a": 1.5}

    def run(x: torch.Tensor, name: str) -> Any:
        try:
            return x * table[name]
        except KeyError as error:
            made = error.args[0]
        try:
            raise ValueError(f"no {made}")
        except ValueError:
            return x, made

    yield from _in_turn(compile(run), "a", "b", "c", "d", "e", "a")


def errors_that_are_read(compile: Compile) -> Any:
    def run(x: torch.Tensor, name: str) -> Any:
        try:
            raise ValueError(name)
        except ValueError as error:
            return x + 1, str(error), repr(error), error.args

    yield from _in_turn(compile(run), "a", "b", "c")


#: By program how many graphs are enough.
PROGRAMS: dict[Callable[[Compile], Any], int] = {
    a_list: 3,
    a_dict: 2,
    a_sequence: 2,
    parameters: 1,
    a_name: 2,
    itself: 2,
    kept_by_layer: 3,
    twice: 5,
    objects_twice: 5,
    which: 3,
    statistics: 3,
    errors_that_are_caught: 2,
    errors_that_are_read: 3,
    members: 4,
    members_by_name: 1,
    members_that_are_made_up: 4,
    whether_it_is_there: 11,
}


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=str)
@pytest.mark.parametrize("program", PROGRAMS)
def test_what_is_found_at_an_index_that_varies(program: Any, registry: Registry) -> None:
    backend = Counting()
    with vartrack.use(registry), config.patch(recompile_limit=64):
        given = program(lambda run: torch.compile(run, backend=backend))
        for got, wanted in zip(given, program(lambda run: run), strict=True):
            assert plain(got) == plain(wanted)
    assert backend.graphs <= PROGRAMS[program]


def test_an_index_that_stays_is_taken_as_torch_does() -> None:
    layers = nn.ModuleList(linears())
    guards = []
    for registry in (None, THRIFT):
        torch._dynamo.reset()
        with vartrack.use(registry):
            found = vartrack.explain(lambda x, i: layers[i](x), X, 1)
        guards.append({each.kind for each in found.find("L['i']").guards})
    assert guards[1] == guards[0]
