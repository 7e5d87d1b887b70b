"""The parts of a snapshot: met as arguments too, in several places, or without a visitor."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch._dynamo
from places import Counting, assert_alike, compare_with_eager
from snapshot_values import CONFIGS, NODES, Config, nodes, registry_with
from torch._dynamo.exc import Unsupported

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.arange(4.0)


# parts that are met elsewhere


def test_a_part_that_comes_as_an_argument_too_is_the_same_part() -> None:
    def function(x: torch.Tensor, config: Config, layers: list[int]) -> Any:
        return x + config.total(), layers is config.layers, len(layers)

    config = Config()
    backend = Counting()
    with vartrack.use(CONFIGS):
        run = torch.compile(function, backend=backend, fullgraph=True)
        for layers in (config.layers, [1, 2], [7], [1, 2]):
            assert_alike(run(X, config, layers), function(X, config, layers))


@pytest.mark.parametrize("first", ["config.total()", "0"])
def test_a_part_that_was_changed_under_another_name_is_read_as_it_is(first: str) -> None:
    scope: dict[str, Any] = {}
    exec(
        "def function(x, config, layers):\n"
        f"    before = {first}\n"
        "    layers.append(10)\n"
        "    return x + before, config.total(), len(config.layers)\n",
        scope,
    )
    function = scope["function"]
    with vartrack.use(CONFIGS):
        strict = torch.compile(function, backend="eager", fullgraph=True)
        config = Config()
        expected = function(X, twin := Config(), twin.layers)
        assert_alike(strict(X, config, config.layers), expected)
        assert config == twin
        torch._dynamo.reset()
        run = torch.compile(function, backend="eager")
        ours, theirs = Config(), Config()
        for _ in range(3):
            assert_alike(run(X, ours, ours.layers), function(X, theirs, theirs.layers))
        assert ours == theirs


def test_a_part_stays_the_same_object_across_a_graph_break() -> None:
    def function(x: torch.Tensor, config: Config) -> Any:
        layers = config.layers
        torch._dynamo.graph_break()
        layers.append(3)
        return x + len(layers), layers

    with vartrack.use(CONFIGS):
        run = torch.compile(function, backend="eager")
        config = Config()
        for length in (3, 4, 5):
            _, layers = run(X, config)
            assert layers is config.layers
            assert len(layers) == length


def test_the_same_object_in_two_places_is_one_object_under_a_guard() -> None:
    def function(x: torch.Tensor, one: Config, other: Config) -> Any:
        return x + 1, one is other, one.layers is other.layers

    same, like, unlike = Config(), Config(), Config(9)
    with vartrack.use(CONFIGS):
        run = torch.compile(function, backend="eager")
        for pair in [(same, same), (same, like), (same, unlike), (like, like), (same, same)]:
            assert_alike(run(X, *pair), function(X, *pair))


def test_an_object_chosen_out_of_two_places_is_that_object_or_refused() -> None:
    with vartrack.use(NODES):
        n, _ = nodes()
        run = torch.compile(lambda x, a, b: max([a, b], key=len), backend="eager", fullgraph=True)
        try:
            assert run(X, n, n) is n  # where torch traces max
        except Unsupported as error:
            assert "in several places" in str(error)


# what a snapshot holds


class Sub:
    """Has no visitor of its own."""

    def __init__(self, number: int) -> None:
        self.number = number

    def double(self) -> int:
        return 2 * self.number


def test_objects_that_a_snapshot_holds_are_read_and_changed() -> None:
    def function(x: torch.Tensor, config: Config) -> Any:
        return x + config.width.number, config.width.double(), config.width, config.width is config

    values = [Config(Sub(1)), Config(Sub(1)), Config(Sub(2))]
    assert compare_with_eager(CONFIGS, function, values) == 2

    def change(x: torch.Tensor, config: Config) -> Any:
        config.width.number += 1
        return x + config.width.number

    config = Config(Sub(1))
    with vartrack.use(CONFIGS):
        run = torch.compile(change, backend="eager", fullgraph=True)
        for number in (2, 3, 4):
            assert_alike(run(X, config), X + number)
            assert config.width.number == number


def test_tensors_and_modules_that_a_snapshot_holds_are_theirs() -> None:
    class Holder:
        def __init__(self, tensor: torch.Tensor, module: torch.nn.Module) -> None:
            self.name, self.tensor, self.parts = "a", tensor, [tensor, module, len]

    def function(x: torch.Tensor, holder: Holder) -> Any:
        return x * holder.tensor, holder.parts[1](x), holder.parts[0] is holder.tensor

    registry = registry_with(Holder, key=staticmethod(lambda value: value.name))
    module = torch.nn.Linear(4, 4)
    values = [Holder(torch.ones(4), module), Holder(torch.zeros(4), module)]
    assert compare_with_eager(registry, function, values) == 1


def test_a_list_that_holds_itself_is_read() -> None:
    cyclic: list[Any] = [1]
    cyclic.append(cyclic)
    with vartrack.use(CONFIGS):
        run = torch.compile(lambda x, c: x + c.layers[0], backend="eager", fullgraph=True)
        assert_alike(run(X, Config(layers=cyclic)), X + 1)


def test_cycles_through_objects_are_fine() -> None:
    n, _ = nodes()
    n.kids[0].kids.append(n)
    n.kids[0].best = n

    def function(x: torch.Tensor, n: Any) -> Any:
        return x + n.kid.best.kid.number, n.kid.best is n, n.kid.kids[-1] is n

    assert compare_with_eager(NODES, function, [n, n]) == 1
