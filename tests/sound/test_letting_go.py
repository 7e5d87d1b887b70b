"""What a call was given is let go when it is over, as on torch alone: no fact keeps it."""

from __future__ import annotations

import weakref

import pytest
import torch

import vartrack


class Thing:
    def __init__(self) -> None:
        self.items = [1]
        self.table = {"a": 1}
        self.tensor = torch.ones(2)


def changed(x, one, other):
    one.items.append(1)
    return x * len(other.items)


PROGRAMS = {
    "identity": (lambda x, one, other: x * 2 if one is other else x * 3, Thing),
    "keys": (lambda x, one, other: x * len(list(one.table)), Thing),
    "changed": (changed, Thing),
    "by identity": (lambda x, one, other: x * len({one: 1, other: 2}), Thing),
    "absence": (lambda x, one, other: x * 2 if hasattr(one, "name") else x, Thing),
    "tensor": (lambda x, one, other: x * 2 if one.tensor.is_leaf else x, Thing),
}


def alive(program, make, registry) -> list[bool]:
    """Which of the arguments of a call are there when it is over."""
    torch._dynamo.reset()
    compiled = torch.compile(program, backend="eager", fullgraph=True)
    args = [torch.ones(2), make(), make()]
    references = [*map(weakref.ref, args)]
    with vartrack.use(registry):
        compiled(*args)
    args.clear()
    return [reference() is not None for reference in references]


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_on_torch_alone(name: str) -> None:
    program, make = PROGRAMS[name]
    assert alive(program, make, vartrack.sound) == alive(program, make, None)
