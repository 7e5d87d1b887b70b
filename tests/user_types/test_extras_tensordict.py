"""tensordict brings its own support for torch.compile: the extras leave it alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import outcome, registry_with
from tensordict import TensorDict

import vartrack
from vartrack import Registry

pytestmark = pytest.mark.usefixtures("fresh")


@pytest.fixture(scope="module")
def everything() -> Registry:
    return registry_with(*vartrack.extras.NAMES)


def values() -> list[TensorDict]:
    return [
        TensorDict({"a": torch.full((4,), n), "b": {"c": torch.ones(4)}}, batch_size=[4])
        for n in (1.0, 2.0, 3.0)
    ]


PROGRAMS: dict[str, Callable[[torch.Tensor, Any], Any]] = {
    "item": lambda x, v: x * v["a"],
    "nested item": lambda x, v: x * v["b", "c"],
    "carried": lambda x, v: v is None,
    "keys": lambda x, v: sorted(v.keys()),
    "batch size": lambda x, v: v.batch_size[0],
    "calculated": lambda x, v: (v + 1)["a"],
    "set": lambda x, v: v.set("d", x)["d"],
    "stacked": lambda x, v: torch.stack([v, v])["a"],
    "new": lambda x, v: TensorDict({"y": x}, batch_size=[4])["y"] + v["a"],
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("fullgraph", [True, False])
def test_all_is_as_with_torch_alone(everything: Registry, name: str, fullgraph: bool) -> None:
    ours = outcome(everything, PROGRAMS[name], values, fullgraph=fullgraph)
    alone = outcome(None, PROGRAMS[name], values, fullgraph=fullgraph)
    assert (ours.status, ours.graphs) == (alone.status, alone.graphs), (ours, alone)


@dataclasses.dataclass
class Batch:
    """What holds one beside something else."""

    held: Any
    number: int = 1


#: What holds a tensordict, and how it is got from there.
HELD: dict[str, tuple[Callable[[TensorDict], Any], Callable[[Any], Any]]] = {
    "dataclass": (Batch, lambda v: v.held),
    "dict": (lambda d: {"held": d, "number": 1}, lambda v: v["held"]),
    "list": (lambda d: [d, 1], lambda v: v[0]),
}
#: What is done with it there.
IN_PLACES: dict[str, Callable[[torch.Tensor, Any], Any]] = {
    "item": lambda x, d: x * d["a"],
    "all items": lambda x, d: [(key, value.sum()) for key, value in d.select("a").items()],
    "copied and set": lambda x, d: d.clone(False).set("n", x)["n"] + d["a"],
    "applied": lambda x, d: d.apply(lambda t: t + 1)["a"],
    "shapes": lambda x, d: (d.batch_size, len(d), d[:2].batch_size),
}


@pytest.mark.parametrize("name", IN_PLACES)
@pytest.mark.parametrize("holder", HELD)
def test_so_it_is_where_something_holds_it(everything: Registry, name: str, holder: str) -> None:
    hold, get = HELD[holder]
    use = IN_PLACES[name]
    program = lambda x, v: use(x, get(v))  # noqa: E731
    sides = [
        outcome(registry, program, lambda: [hold(each) for each in values()], "attribute")
        for registry in (everything, None)
    ]
    assert [side[:2] for side in sides] == [sides[1][:2]] * 2, sides
