"""A list or dict that a constant's own method puts away is made, and kept, as Python does it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from beside_torch import Program, outcome

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")


class Sizes:
    """Has methods that put away what they worked out."""

    also: Any = None

    def __init__(self, number: int) -> None:
        self.number = number
        self.found: Any = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sizes) and other.number == self.number

    def __hash__(self) -> int:
        return hash(self.number)

    def parts(self) -> list[int]:
        if self.found is None:
            self.found = [self.number, 2]
        return self.found  # type: ignore[no-any-return]

    @property
    def by_name(self) -> dict[str, int]:
        if self.also is None:
            self.also = {"n": self.number}
        return self.also  # type: ignore[no-any-return]

    def grown(self) -> int:
        self.parts().append(7)
        return len(self.parts())


class SizesVisitor(vartrack.ConstantVisitor):
    types = (Sizes,)


REGISTRY = vartrack.stock.derive("sizes")
REGISTRY.register(SizesVisitor)
SOUND = vartrack.sound.derive("sound sizes")
SOUND.register(SizesVisitor)

USES: dict[str, Program] = {
    "item": lambda x, v: x * v.parts()[0],
    "twice": lambda x, v: (v.parts() is v.parts(), len(v.parts()), v.parts()),
    "property": lambda x, v: (x * v.by_name["n"], v.by_name),
    "both": lambda x, v: (v.parts(), v.by_name, v.parts()),
    "changed": lambda x, v: (v.grown(), v.parts()),
    "in another": lambda x, v: [*map(sum, [v.parts(), v.parts()])],
}


def state(value: Sizes) -> Any:
    return vars(value)


@pytest.mark.parametrize("registry", [REGISTRY, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("filled", [False, True])
def test_it_is_there_when_the_graph_has_run(
    use: str, filled: bool, registry: vartrack.Registry
) -> None:
    torch._dynamo.reset()
    graphs = {}
    for side in (None, registry):
        torch._dynamo.reset()
        made: list[Any] = []

        def count(graph: Any, inputs: Any, made: list[Any] = made) -> Any:
            made.append(graph)
            return graph.forward

        with vartrack.use(side):
            run = torch.compile(
                lambda x, v: (x + 1, USES[use](x, v)), backend=count, fullgraph=True
            )
            for number in (2, 2, 3, 3):
                ours, theirs = Sizes(number), Sizes(number)
                if filled:
                    ours.parts(), ours.by_name, theirs.parts(), theirs.by_name
                for _ in range(2):
                    x = torch.ones(2)
                    got, wanted = run(x, ours), (x + 1, USES[use](x, theirs))
                    if side is not None:
                        assert repr(got) == repr(wanted)
                        assert state(ours) == state(theirs)
        graphs[side] = len(made)
    assert graphs[registry] <= graphs[None]


def test_what_is_put_away_and_changed_from_outside_is_seen() -> None:
    value = Sizes(2)

    def values() -> Any:
        for first in (2, 5, 5, 6):
            value.parts()[0] = first
            yield value

    assert outcome(REGISTRY, lambda x, v: x * v.parts()[0], values).status == "right"


def test_putting_something_in_the_place_of_something_happens_afterwards() -> None:
    def replaced(x: torch.Tensor, v: Any) -> Any:
        v.found = [1]
        return x

    assert outcome(REGISTRY, replaced, lambda: [Sizes(2)]).status == "right"
    value = Sizes(2)
    with vartrack.use(REGISTRY):
        torch.compile(replaced, backend="eager", fullgraph=True)(torch.ones(2), value)
    assert value.found == [1]
