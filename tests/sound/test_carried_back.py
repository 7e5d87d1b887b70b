"""What is only given back or compared with itself is not read: no graph more than torch alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch._dynamo.testing import CompileCounter

import vartrack

ONE = torch.ones(2)


@dataclasses.dataclass
class Held:
    items: list[int]
    name: str = "a"


PROGRAMS: dict[str, Callable[[Any, Any], Any]] = {
    "a dataclass with itself": lambda x, v: (x + 1, v == v),
    "a tuple of a part": lambda x, v: (x + 1, (v.items,) == (v.items,)),
    "a list of a part": lambda x, v: (x + 1, [1, v.items] == [1, v.items]),
    "a part": lambda x, v: (x + 1, v.items),
    "a part of a helper": lambda x, v: (x + 1, _items_of(v)),
    "itself": lambda x, v: v,
}


def _items_of(value: Held) -> list[int]:
    return value.items


def _graphs(program: Callable[[Any, Any], Any], registry: Any) -> int:
    torch._dynamo.reset()
    counter = CompileCounter()
    with vartrack.use(registry):
        compiled = torch.compile(program, backend=counter)
        for count in (1, 2, 3):
            value = Held([count] * count)
            assert str(compiled(ONE, value)) == str(program(ONE, value))
    return counter.frame_count


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.usefixtures("as_before")
def test_no_graph_more_than_torch_alone(name: str) -> None:
    program = PROGRAMS[name]
    assert _graphs(program, vartrack.sound) == _graphs(program, None)
