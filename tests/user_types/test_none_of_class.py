"""An attribute that is None on the class says nothing of what the value holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from beside_torch import outcome

import vartrack


class Held:
    """A value with something of its class that is None."""

    rest: Any = None

    def __init__(self, number: int) -> None:
        self.number = number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Held) and self.number == other.number

    def __hash__(self) -> int:
        return hash(self.number)


USES: dict[str, Callable[[Any], Any]] = {
    "read": lambda value: value.rest,
    "asked": lambda value: value.rest is None,
    "by name": lambda value: getattr(value, "rest", 1),
    "there": lambda value: hasattr(value, "rest"),
}


def _registry(base: type) -> vartrack.Registry:
    registry = vartrack.stock.derive(base.__name__)
    more = {"fields": ("number",)} if base is vartrack.RecordVisitor else {}
    registry.register(type("Holding", (base,), {"types": (Held,), **more}))
    return registry


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(
    "base", [vartrack.ConstantVisitor, vartrack.SnapshotVisitor, vartrack.RecordVisitor]
)
def test_it_takes_one_graph(base: type, use: str) -> None:
    program = lambda x, value: USES[use](value)  # noqa: E731
    values = lambda: [Held(number) for number in range(4)]  # noqa: E731
    ours, alone = outcome(_registry(base), program, values), outcome(None, program, values)
    assert ours.status == alone.status == "right", (ours, alone)
    assert ours.graphs <= alone.graphs, (ours, alone)


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("base", [vartrack.ConstantVisitor, vartrack.SnapshotVisitor])
def test_one_that_hides_it_is_seen(base: type, use: str) -> None:
    def values() -> list[Held]:
        made = [Held(1) for _ in range(4)]
        made[2].rest = 5
        return made

    found = outcome(_registry(base), lambda x, value: USES[use](value), values)
    assert found.status == "right", found
