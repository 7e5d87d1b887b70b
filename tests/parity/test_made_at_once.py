"""What makes a tracker past its visit makes what the visit would have made."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch._dynamo.comptime import comptime
from torch._dynamo.variables import ConstantVariable, VariableTracker
from torch.utils._ordered_set import OrderedSet

import vartrack
from vartrack import session
from vartrack.core.context import BuilderContext

VALUES = (
    *(3, 1.5, True, "text", None, 1j, b"bytes", torch.float32, torch.device("cpu"), ...),
    *([1, [2, ()]], [], (1, (2, [])), (), torch.Size([1, 2])),
    *({"a"}, set(), {"a": 1, 2: {"b": [3]}}, {}),
    *((OrderedSet([2, 1]),) if vartrack.compat.runs_on(">=2.11") else ()),
    ConstantVariable(1),
)


def content(tracker: Any) -> Any:
    """What can be seen of a tracker, and of those in it."""
    if type(tracker) is dict:
        return [(content(key), content(item)) for key, item in tracker.items()]
    if type(tracker) in (list, tuple, set):
        return [content(item) for item in tracker]
    if not issubclass(type(tracker), VariableTracker):
        inner = getattr(tracker, "vt", None)  # a key of a dict
        return tracker if inner is None else content(inner)
    held = {name: content(part) for name, part in vars(tracker).items() if name != "mutation_type"}
    return type(tracker), type(tracker.mutation_type), held


@pytest.mark.parametrize("value", VALUES, ids=lambda value: f"{type(value).__name__} {value}"[:40])
def test_both_ways_make_the_same(value: Any) -> None:
    seen: list[Any] = []

    def inside(ctx: Any) -> None:
        tx = ctx._ComptimeContext__tx
        compile = session.compile_of(tx)
        assert compile is not None
        first = vartrack.SourcelessBuilder.create(tx, value)
        assert compile.made[type(value)] is compile.sourceless[type(value)].made is not None
        again = vartrack.SourcelessBuilder.create(tx, value)
        visited = compile.sourceless[type(value)].visit(BuilderContext(tx, None, compile), value)
        seen.extend(map(content, (first, again, visited)))

    def program(x: torch.Tensor) -> torch.Tensor:
        comptime(inside)
        return x + 1

    torch._dynamo.reset()
    with vartrack.use(vartrack.stock):
        torch.compile(program, backend="eager")(torch.ones(1))
    first, again, visited = seen
    assert first == again == visited


def test_the_values_above_are_of_every_such_category() -> None:
    shown = {vartrack.stock.resolve(value, sourced=False) for value in VALUES}
    shown = {type(visitor) for visitor in shown}
    such = {type(v) for v in vartrack.stock if getattr(v, "_made", None) is not None}
    assert such and such <= shown
