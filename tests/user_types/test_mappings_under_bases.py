"""Mappings under the other bases: what is not for them is refused, and nothing is wrong."""

from __future__ import annotations

import collections.abc
from typing import Any

import beside_torch
import pytest
import torch
import torch._dynamo
from mapping_values import STATES, TYPES, USES, program
from places import Counting, assert_alike, standing
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import ConstantVisitor, OpaqueVisitor, RecordVisitor, Registry, SnapshotVisitor
from vartrack.extras.mappings import IgnoringCase

pytestmark = pytest.mark.usefixtures("fresh")

#: The bases, each with the uses that it must not refuse.
BASES: dict[type, tuple[str, ...]] = {
    ConstantVisitor: ("carried", "item", "**", "{**}", "dict", "update", "items", "list", "in"),
    SnapshotVisitor: ("carried", "item", "**", "{**}", "dict", "update", "items", "list", "in"),
    RecordVisitor: ("carried",),
    OpaqueVisitor: ("carried",),
}
#: What else may be refused: what cannot be copied, and keys that no attribute or item leads to.
REFUSING: dict[tuple[type, str], tuple[str, ...]] = {
    (SnapshotVisitor, "FrozenConfigDict"): ("carried",),
    (SnapshotVisitor, "CIMultiDict"): ("carried", "item", "in"),
}
ASKED = (
    *("carried", "item", "**", "{**}", "dict", "dict(**)", "update", "|", "items", "keys"),
    *("values", "iteration", "list", "in", "get", "missing", "** collected", "reflected |"),
    *("comprehension", "tuple"),
)


def registry_for(base: Any, value: Any) -> Registry:
    registry = vartrack.stock.derive("mine")
    fields = {"fields": ()} if base is RecordVisitor else {}
    registry.register(type("Mappings", (base,), {"types": (type(value),), **fields}))
    registry.register(IgnoringCase)  # the keys of a CIMultiDict
    return registry


def outcome(run: Any, value: Any) -> Any:
    try:
        return run(torch.ones(2), value)
    except Unsupported:
        raise
    except Exception as error:
        return type(error)


def is_right(registry: Registry, name: str, what: str) -> bool:
    """Whether the use is right at every call; False if it is refused."""
    torch._dynamo.reset()
    function = program(USES[what])
    with vartrack.use(registry):
        run = standing("argument", function, Counting())
        # another value, and an equal one of another order
        for items in (STATES[0], STATES[2], STATES[3]):
            try:
                got = outcome(run, TYPES[name](items))
            except Unsupported:
                return False
            assert_alike(got, outcome(function, TYPES[name](items)))
    return True


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("base", BASES)
def test_every_use_is_right_or_refused(base: type, name: str) -> None:
    registry = registry_for(base, TYPES[name](STATES[0]))
    asked = ASKED if issubclass(base, ConstantVisitor) else ASKED[:4]
    refused = [what for what in asked if not is_right(registry, name, what)]
    assert not set(REFUSING.get((base, name), BASES[base])).intersection(refused)


def test_a_key_that_is_there_several_times_is_not_lost() -> None:
    value = TYPES["MultiDict"]([("a", 1), ("a", 2), ("b", 3)])
    for base in (ConstantVisitor, SnapshotVisitor):
        with vartrack.use(registry_for(base, value)):
            for use in (list, lambda d: list(d.items()), lambda d: list(d.values())):
                torch._dynamo.reset()
                run = standing("argument", program(use), Counting())
                try:
                    got = run(torch.ones(2), value)
                except Unsupported:
                    assert base is SnapshotVisitor, "refused"
                    continue
                assert_alike(got, program(use)(torch.ones(2), value))


class Counted(collections.abc.Mapping):
    """Counts what is read of it, so that looking at it leaves a trace."""

    def __init__(self, **items: int) -> None:
        self.held = items
        self.reads = 0

    def __getitem__(self, key: str) -> int:
        self.reads += 1
        return self.held[key]

    def __iter__(self) -> Any:
        return iter(self.held)

    def __len__(self) -> int:
        return len(self.held)

    def __repr__(self) -> str:
        return f"{self.held} read {self.reads} times"


@pytest.mark.parametrize("base", BASES)
def test_reading_that_has_side_effects_has_those_of_the_program(base: type) -> None:
    """What was done while tracing is undone, and what the program does is done."""
    values = lambda: [Counted(a=1), Counted(a=2)]  # noqa: E731
    registry = registry_for(base, Counted())
    for use in (
        lambda x, v: x * v["a"],
        lambda x, v: {**v},
        lambda x, v: list(v.items()),
        lambda x, v: list(v.values()),
    ):
        assert beside_torch.outcome(registry, use, values).status in ("right", "refused")
        assert beside_torch.outcome(registry, use, values, fullgraph=False).status == "right"
