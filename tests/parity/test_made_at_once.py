"""What makes a tracker past its visit makes what the visit would have made."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch._dynamo.comptime import comptime
from torch._dynamo.variables import BuiltinVariable, ConstantVariable, VariableTracker
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


#: Functions in C: the first is visited, and those that follow in the same compile are not.
FUNCTIONS = (getattr, isinstance, iter, len, sum, operator.add, [].append)


def while_tracing(ask: Callable[[Any, Any], None], registry: Any = vartrack.stock) -> None:
    """Call ``ask`` with the tracer and the compile of a program."""

    def inside(ctx: Any) -> None:
        tx = ctx._ComptimeContext__tx
        ask(tx, session.compile_of(tx))

    def program(x: torch.Tensor) -> torch.Tensor:
        comptime(inside)
        return x + 1

    torch._dynamo.reset()
    with vartrack.use(registry):
        torch.compile(program, backend="eager")(torch.ones(1))


@pytest.mark.parametrize("value", VALUES, ids=lambda value: f"{type(value).__name__} {value}"[:40])
def test_both_ways_make_the_same(value: Any) -> None:
    seen: list[Any] = []

    def ask(tx: Any, compile: Any) -> None:
        first = vartrack.SourcelessBuilder.create(tx, value)
        assert compile.made[type(value)] is compile.sourceless[type(value)].made is not None
        again = vartrack.SourcelessBuilder.create(tx, value)
        visited = compile.sourceless[type(value)].visit(BuilderContext(tx, None, compile), value)
        seen.extend(map(content, (first, again, visited)))

    while_tracing(ask)
    first, again, visited = seen
    assert first == again == visited


@pytest.mark.parametrize("value", FUNCTIONS, ids=lambda value: value.__name__)
def test_a_function_is_visited_once(value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    visits = []
    of_function = type(value)

    def ask(tx: Any, compile: Any) -> None:
        route = compile.sourceless[of_function]
        own = type(route).visit

        def visit(self: Any, ctx: Any, visited: Any) -> Any:
            visits.append(visited)
            return own(self, ctx, visited)

        monkeypatch.setattr(type(route), "visit", visit)
        seen.extend(content(vartrack.SourcelessBuilder.create(tx, value)) for _ in range(3))
        seen.append(content(own(route, BuilderContext(tx, None, compile), value)))
        monkeypatch.undo()

    while_tracing(ask)
    assert seen[1:] == seen[:-1]
    # a method is another object whenever it is read
    assert len(visits) == (3 if value.__name__ == "append" else 1)


def test_a_visitor_of_ones_own_sees_every_function() -> None:
    visits = []

    class Counts(vartrack.visitors.callables.CallableMap):
        def new_tracker(self, ctx: Any, value: Any, children: Any, **options: Any) -> Any:
            visits.append(value)
            return super().new_tracker(ctx, value, children, **options)

    registry = vartrack.stock.derive("counts")
    registry.register(Counts)
    while_tracing(
        lambda tx, _: [vartrack.SourcelessBuilder.create(tx, len) for _ in range(3)], registry
    )
    assert visits.count(len) == 3


def test_a_visitor_that_chooses_another_tracker_class_has_it_every_time() -> None:
    class Own(BuiltinVariable): ...

    class Chooses(vartrack.visitors.callables.CallableMap):
        def tracker_class_of(self, ctx: Any, value: Any) -> Any:
            return Own if value is len else super().tracker_class_of(ctx, value)

    registry = vartrack.stock.derive("chooses")
    registry.register(Chooses)
    made: list[Any] = []
    while_tracing(
        lambda tx, _: made.extend(vartrack.SourcelessBuilder.create(tx, len) for _ in range(3)),
        registry,
    )
    assert [type(tracker) for tracker in made] == [Own] * 3


def test_the_values_above_are_of_every_such_category() -> None:
    shown = {vartrack.stock.resolve(value, sourced=False) for value in VALUES}
    shown = {type(visitor) for visitor in shown}
    such = {type(v) for v in vartrack.stock if getattr(v, "_made", None) is not None}
    assert such and such <= shown
