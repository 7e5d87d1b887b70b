"""ResultVisitor: objects that an operator in the graph returns, field by field."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch._dynamo
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import Registry, ResultVisitor, VisitorError

pytestmark = pytest.mark.usefixtures("fresh")


class Bounds:
    def __init__(self, low: Any, high: Any, name: str = "bounds") -> None:
        self.low = low
        self.high = high
        self.name = name

    def width(self) -> Any:
        return self.high - self.low

    @property
    def middle(self) -> Any:
        return self.low + self.width() / 2


class Slotted:
    __slots__ = ("bounds", "parts", "scale", "size")

    def __init__(self, x: torch.Tensor) -> None:
        self.bounds = Bounds(x.amin(0), x.amax(0))
        self.parts = (x + 1, [x + 2, None])
        self.scale = 0.5
        self.size = x.shape[0]


@torch.compiler.allow_in_graph
def bounds(x: torch.Tensor) -> Bounds:
    return Bounds(x.amin(0), x.amax(0))


@torch.compiler.allow_in_graph
def slotted(x: torch.Tensor) -> Slotted:
    return Slotted(x)


class AllBounds(ResultVisitor):
    types = (Bounds,)
    fields = ("low", "high", "name")


class AllSlotted(ResultVisitor):
    types = (Slotted,)

    @staticmethod
    def fields(value: Slotted) -> tuple[str, ...]:
        return type(value).__slots__


@pytest.fixture
def registry() -> Registry:
    registry = vartrack.stock.derive("results")
    registry.register(AllBounds)
    registry.register(AllSlotted)
    return registry


INPUTS = [torch.arange(8.0).view(4, 2), torch.arange(9.0).view(3, 3), torch.arange(8.0).view(2, 4)]


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_methods_properties_and_fields_are_traced(registry: Registry, backend: str) -> None:
    """Also for other sizes, and with gradients."""

    def function(x: torch.Tensor) -> Any:
        found = bounds(x)
        return x / found.width(), found.middle * 2, found.name + "!", isinstance(found, Bounds)

    with vartrack.use(registry):
        compiled = torch.compile(function, backend=backend, fullgraph=True)
        for x in INPUTS:
            for got, expected in zip(compiled(x), function(x), strict=True):
                assert torch.equal(got, expected) if torch.is_tensor(got) else got == expected
        x = INPUTS[0].clone().requires_grad_()
        compiled(x)[0].sum().backward()
        again = INPUTS[0].clone().requires_grad_()
        function(again)[0].sum().backward()
        assert torch.equal(x.grad, again.grad)


def test_the_object_is_made_anew_when_it_is_returned(registry: Registry) -> None:
    """With the fields that the traced code set, and without running ``__init__``."""

    def function(x: torch.Tensor) -> Any:
        found = bounds(x)
        found.high = found.high + 1
        found.name += " of x"
        return [found, found]

    with vartrack.use(registry):
        compiled = torch.compile(function, backend="eager", fullgraph=True)
        for x in INPUTS:
            one, other = compiled(x)
            assert type(one) is Bounds and one is other
            assert vars(one).keys() == {"low", "high", "name"}
            assert torch.equal(one.low, x.amin(0)) and torch.equal(one.high, x.amax(0) + 1)
            assert one.name == "bounds of x"


def test_fields_of_every_sort(registry: Registry) -> None:
    """Another result, a tuple with a list in it, numbers; of a class with slots."""

    def function(x: torch.Tensor) -> Any:
        found = slotted(x)
        first, (second, nothing) = found.parts
        return first * second * found.scale + found.bounds.width(), found.size, nothing, found

    with vartrack.use(registry):
        compiled = torch.compile(function, backend="eager", fullgraph=True)
        for x in INPUTS:
            got, expected = compiled(x), function(x)
            assert torch.equal(got[0], expected[0]) and got[1:3] == expected[1:3]
            assert type(got[3]) is Slotted and type(got[3].bounds) is Bounds
            assert torch.equal(got[3].bounds.high, x.amax(0)) and got[3].parts[1][1] is None


def test_without_a_visitor_the_graph_breaks() -> None:
    """And the message names the half to write."""
    with vartrack.use(vartrack.stock):
        compiled = torch.compile(lambda x: bounds(x).low, backend="eager", fullgraph=True)
        with pytest.raises(Unsupported, match="register a visitor with a Traced half for Bounds"):
            compiled(INPUTS[0])


def test_a_field_that_is_not_there_breaks_the_graph() -> None:
    """By the name of the visitor; without ``fullgraph`` the function runs on."""

    class Wrong(ResultVisitor):
        types = (Bounds,)
        fields = ("low", "depth")

    registry = vartrack.stock.derive("wrong")
    registry.register(Wrong)
    with vartrack.use(registry):
        with pytest.raises(Unsupported, match=r"(?s)Wrong .* raised AttributeError: .*'depth'"):
            torch.compile(lambda x: bounds(x).low, backend="eager", fullgraph=True)(INPUTS[0])
        torch._dynamo.reset()
        got = torch.compile(lambda x: bounds(x).low, backend="eager")(INPUTS[0])
        assert torch.equal(got, INPUTS[0].amin(0))


def test_fields_must_be_names_or_a_static_method() -> None:
    with pytest.raises(VisitorError, match="VT109"):
        type("Text", (ResultVisitor,), {"types": (Bounds,), "fields": "low"})
    with pytest.raises(VisitorError, match="VT109"):
        type("Plain", (ResultVisitor,), {"types": (Bounds,), "fields": lambda self: ("low",)})
