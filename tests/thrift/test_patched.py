"""A `forward` that was put on each module itself: one graph for all that do the same."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import Outcome, outcome
from thrift_values import SOUND, THRIFT

pytestmark = pytest.mark.usefixtures("fresh")


class Layer(torch.nn.Module):
    """A layer whose own ``forward`` is kept under another name."""

    def __init__(self, factor: float = 2.0) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.full((4,), factor))
        self.old = self.forward

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.weight


def after(module: Any, x: torch.Tensor, added: float = 1.0) -> torch.Tensor:
    return module.old(x) + added


def before(module: Any, x: torch.Tensor, added: float = 1.0) -> torch.Tensor:
    return module.old(x + added)


def patched(make: Callable[[Layer], Any]) -> Layer:
    layer = Layer()
    vars(layer)["forward"] = make(layer)
    return layer


def partial(layer: Layer) -> Any:
    return functools.update_wrapper(functools.partial(after, layer), layer.old)


def nested(layer: Layer) -> Any:
    return functools.partial(functools.partial(after, layer), added=2.0)


def method(layer: Layer) -> Any:
    return types.MethodType(after, layer)


def function(layer: Layer) -> Any:
    return lambda x: after(layer, x)


def two(layer: Layer) -> Any:
    return functools.partial(after, layer, added=2.0)


def other(layer: Layer) -> Any:
    return functools.partial(before, layer)


def other_method(layer: Layer) -> Any:
    return types.MethodType(before, layer)


def of_another(layer: Layer) -> Any:
    return types.MethodType(after, Layer(3.0))


def in_another(layer: Layer) -> Any:
    return functools.partial(after, Layer(3.0))


def run(makes: tuple[Any, ...], registry: Any) -> Outcome:
    layers = tuple(map(patched, makes))
    return outcome(registry, lambda x, v: v(x), lambda: layers)


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("make", [partial, nested], ids=lambda make: make.__name__)
def test_layers_that_do_the_same_are_one_graph(make: Any, registry: Any) -> None:
    alone = run((make,) * 4, None)  # which compiles for each, up to 2.14
    found = run((make,) * 4, registry)
    assert found == ("right", 1, "")
    assert alone.status == "right"
    assert found.graphs <= alone.graphs


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize(
    "makes",
    [
        (partial, two, partial, other, function, method),
        (method, other_method, of_another, method, partial),
        (partial, in_another, of_another, two, nested),
        (function, partial, method, other, other_method, two),
    ],
    ids=lambda makes: makes[0].__name__,
)
def test_another_forward_is_seen(makes: tuple[Any, ...], registry: Any) -> None:
    alone = run(makes, None)
    found = run(makes, registry)
    assert found.rank <= alone.rank  # 2.10 does not see that a method is of another object
    assert found.rank < alone.rank or found.graphs <= alone.graphs


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
def test_a_forward_that_comes_and_goes(registry: Any) -> None:
    def values() -> Any:
        layer = Layer()
        yield layer
        vars(layer)["forward"] = partial(layer)
        yield layer
        vars(layer)["forward"] = other(layer)
        yield layer
        vars(layer)["forward"].keywords["added"] = 5.0
        yield layer
        del vars(layer)["forward"]
        yield layer

    assert outcome(registry, lambda x, v: v(x), values).status == "right"
