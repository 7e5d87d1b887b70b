"""What a call was given is let go when it is over, as on torch alone: no fact keeps it."""

from __future__ import annotations

import gc
import weakref
from collections import deque

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
    "iterated": (lambda x, one, other: x * len(list(iter([one, other]))), Thing),
    "backwards": (lambda x, one, other: x * len(list(reversed([one, other]))), Thing),
    "numbered": (lambda x, one, other: x * len(list(enumerate([one, other]))), Thing),
    "a deque": (lambda x, one, other: x * len([y for y in deque([one, other])]), Thing),  # noqa: C416
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


class Asked:
    """An object that has something, and says itself what it is equal to."""

    def __init__(self) -> None:
        self.held = Thing()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Asked) and self.held is other.held

    def __hash__(self) -> int:
        return 3


BASES = (
    vartrack.ConstantVisitor,
    vartrack.RecordVisitor,
    vartrack.SnapshotVisitor,
)


@pytest.mark.parametrize("base", BASES)
def test_what_a_value_of_a_type_of_ones_own_holds_is_let_go(base) -> None:
    """Also where torch has noted what the program did: here, that an iterator went on."""
    registry = vartrack.stock.derive("letting go")
    fields = {"fields": ("held",)} if base is vartrack.RecordVisitor else {}
    registry.register(type("Visitor", (base,), {"types": (Asked,), **fields}))
    gc.disable()
    try:
        assert not any(alive(lambda x, one, other: x * [one, 1].index(1), Asked, registry))
    finally:
        gc.enable()


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_on_torch_alone(name: str) -> None:
    program, make = PROGRAMS[name]
    assert alive(program, make, vartrack.sound) == alive(program, make, None)
