"""Mappings that have a hash are keys of dicts and items of sets, as they are equal."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import torch
from beside_torch import Program, assert_right, registry_with
from bidict import frozenbidict
from frozendict import frozendict
from immutabledict import immutabledict

import vartrack
from vartrack import MappingVisitor, extras
from vartrack.compat import runs_on

pytestmark = pytest.mark.usefixtures("fresh")

MAPPINGS = registry_with("mappings")
SOUND = vartrack.sound.derive("sound with mappings")
extras.load("mappings").register(SOUND)

Make = Callable[..., Any]


def in_dict(make: Make) -> Program:
    table = {make(a=1, b=2): 2.0, make(a=9, b=8): 3.0}
    return lambda x, v: x * table.get(v, 5.0)


def in_set(make: Make) -> Program:
    known = {make(a=1, b=2), make(a=3, b=5)}
    return lambda x, v: x + 1 if v in known else x - 1


def new_dict(make: Make) -> Program:
    return lambda x, v: {v: x}


def counted(make: Make) -> Program:
    other = make(a=1, b=2)
    return lambda x, v: len({v: 1, other: 2})


def stored(make: Make) -> Program:
    return lambda x, v: {"a": 1, v: 2}[v]


USES = {use.__name__: use for use in (in_dict, in_set, new_dict, counted, stored)}
TYPES = {make.__name__: make for make in (frozendict, immutabledict, frozenbidict)}


@pytest.mark.parametrize("registry", [MAPPINGS, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("make", TYPES)
def test_a_mapping_is_the_key_that_it_is_equal_to(
    make: str, use: str, registry: vartrack.Registry
) -> None:
    def values() -> list[Any]:
        kind = TYPES[make]
        parts = ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 2, "b": 1}, {"a": 3, "b": 4})
        return [kind(**each) for each in parts]

    assert_right(registry, USES[use](TYPES[make]), values)


class Named(Mapping[str, int]):
    """It says in Python which others it is equal to."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __getitem__(self, key: str) -> int:
        return {"a": self.number}[key]

    def __iter__(self) -> Iterator[str]:
        return iter(("a",))

    def __len__(self) -> int:
        return 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Named) and self.number == other.number

    def __hash__(self) -> int:
        return hash(self.number)


@dataclasses.dataclass(frozen=True)
class Frozen:
    """One whose methods `dataclasses` made."""

    number: int

    def keys(self) -> tuple[str, ...]:
        return ("a",)

    def __getitem__(self, key: str) -> int:
        return self.number


@pytest.mark.skipif(not runs_on(">=2.13"), reason="torch refuses some of them as keys")
@pytest.mark.parametrize("cls", [Named, Frozen])
@pytest.mark.parametrize(
    "line",
    [
        *("{cls(2): 3}.get(v, 5)", "{v: 3}.get(cls(2), 5)", "1 if v in {cls(2)} else 2"),
        *("1 if cls(2) in {v} else 2", "len({v, cls(2)})", "len({cls(2): 1, v: 2})"),
    ],
)
def test_one_that_the_function_makes_is_the_key_that_it_is_equal_to(line: str, cls: Any) -> None:
    """torch takes each for a key of its own."""
    registry = vartrack.stock.derive("mappings as keys")
    registry.register(type("Made", (MappingVisitor,), {"types": (cls,)}))
    scope = {"cls": cls}
    function = eval(f"lambda x, v: x * ({line})", scope)
    compiled = torch.compile(function, backend="eager", fullgraph=True)
    with vartrack.use(registry):
        for number in (2, 3, 2, 4):
            expected = function(torch.ones(2), cls(number))
            assert torch.equal(compiled(torch.ones(2), cls(number)), expected)
