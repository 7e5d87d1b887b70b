"""Values that thrift takes as late, and the registries they are tried on."""

from __future__ import annotations

import copy
import enum
import re
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from beside_torch import plain
from places import Counting

import vartrack


class Mode(enum.Enum):
    """An enum of which the programs know two members."""

    A = "a"
    B = "b"
    C = "c"
    D = "d"


class Level(enum.IntEnum):
    """An enum whose members are numbers."""

    LOW = 1
    MIDDLE = 2
    HIGH = 3
    TOP = 4


class Named(enum.Enum):
    """An enum with a text and a truth of its own, which are traced."""

    ONE = 1
    TWO = 2
    THREE = 3
    FOUR = 4

    def __str__(self) -> str:
        return f"<{self.value}>"

    def __bool__(self) -> bool:
        return self.value > 2


class One:
    """A class that is only carried."""


class Two(One):
    """Another."""


class Three(Two):
    """A third."""


class Four:
    """One that is derived from none of them."""


#: By kind four values of it.
VALUES: dict[str, tuple[Any, ...]] = {
    "str": ("a", "b", "", "dd"),
    "bytes": (b"a", b"b", b"", b"dd"),
    "bool": (True, False, True, False),
    "int": (11, 12, 0, -4),
    "float": (1.5, 2.5, 0.0, -1.0),
    "complex": (1j, 2j, 0j, 3j),
    "Enum": tuple(Mode),
    "IntEnum": tuple(Level),
    "enum of its own": tuple(Named),
    "dtype": (torch.float32, torch.float64, torch.int32, torch.bfloat16),
    "device": tuple(torch.device("cpu", index) for index in range(4)),
    "class": (One, Two, Three, Four),
    "pattern": tuple(re.compile(text) for text in ("a", "b", "(c)", "d+")),
}

#: What annotations are made of, whose text torch has in part or not at all.
TYPING: dict[str, tuple[Any, ...]] = {
    "union": (int | str, int | float, bool | None, str | bytes),
    "type variable": tuple(TypeVar(name) for name in "ABCD"),  # type: ignore[misc]
    "alias": (list[int], list[str], dict[str, int], tuple[int]),
}


def graphs_of_calls(
    run: Callable[..., Any],
    make: Callable[[int], tuple[Any, ...]],
    registry: Any,
    calls: int,
    shown: Callable[[Any], Any] = plain,
) -> int:
    """How many graphs a program takes, each call of which is held against Python.

    Args:
        run: takes a tensor, and what ``make`` gives for the number of the call.
        make: gives that.
        registry: what to build with.
        calls: how many there are.
        shown: what one of those looks like after a call.
    """
    backend = Counting()
    with vartrack.use(registry):
        compiled = torch.compile(run, backend=backend, fullgraph=True)
        for number in range(calls):
            held = make(number)
            beside = copy.deepcopy(held)
            want, got = run(torch.ones(4), *beside), compiled(torch.ones(4), *held)
            assert plain(got) == plain(want)
            assert [*map(shown, held)] == [*map(shown, beside)]
    return int(backend.graphs)


#: `vartrack.stock` and `vartrack.sound`, each with the set.
THRIFT = vartrack.stock.derive("stock with thrift")
SOUND = vartrack.sound.derive("sound with thrift")
for _registry in (THRIFT, SOUND):
    vartrack.extras.thrift.register(_registry)
