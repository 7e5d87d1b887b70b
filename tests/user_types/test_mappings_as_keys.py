"""Mappings that have a hash are keys of dicts and items of sets, as they are equal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from beside_torch import Program, assert_right, registry_with
from bidict import frozenbidict
from frozendict import frozendict
from immutabledict import immutabledict

import vartrack
from vartrack import extras

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
