"""A function that a module holds, and that is changed after torch no longer looks into the module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")


def made() -> Any:
    def scaled(x: torch.Tensor, by: Any = 2) -> torch.Tensor:
        return x * by

    return scaled


def other(x: torch.Tensor, by: Any = 2) -> torch.Tensor:
    return x - by


class Holding(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.function = made()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(x)  # type: ignore[no-any-return]


CHANGES: dict[str, Callable[[Any], None]] = {
    "an int": lambda function: setattr(function, "__defaults__", (5,)),
    "a float": lambda function: setattr(function, "__defaults__", (0.5,)),
    "the code": lambda function: setattr(function, "__code__", other.__code__),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_after_three_equal_calls_is_noticed(name: str) -> None:
    module, x = Holding(), torch.ones(2)
    with vartrack.use(vartrack.sound):
        compiled = torch.compile(module, backend="eager", fullgraph=True)
        for _ in range(3):
            assert torch.equal(compiled(x), module(x))
        CHANGES[name](module.function)
        for _ in range(3):
            assert torch.equal(compiled(x), module(x))


def test_a_method_whose_function_has_another_name() -> None:
    """torch looks for it under the name of the function, which the class does not have."""

    class Thing:
        act = classmethod(lambda cls, x: x * 2)

    def run(x):
        return Thing.act.__func__(Thing, x), hasattr(Thing.act, "tag"), getattr(Thing.act, "tag", 5)

    x = torch.ones(2)
    with vartrack.use(vartrack.sound):
        torch._dynamo.reset()
        compiled = torch.compile(run, backend="eager")
        assert [str(each) for each in compiled(x)] == [str(each) for each in run(x)]
        Thing.act.__func__.tag = 7
        assert [str(each) for each in compiled(x)] == [str(each) for each in run(x)]
        Thing.act = classmethod(lambda cls, x: x * 5)
        assert [str(each) for each in compiled(x)] == [str(each) for each in run(x)]
