"""Numbers that change: arguments, attributes, globals, cells and items."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from dynamic_programs import double, hold, inputs, rows, times
from torch._dynamo import config

# numbers


def test_ints_that_change() -> None:
    """An int is a constant, and a symbol once it changed."""
    found = hold(lambda x, n: x * n, *times(lambda n: (rows(2), n), 4, 5, 6, 7, 8))
    assert inputs(found) == [["[2, 3]"], ["[2, 3]", "a"]]


@pytest.mark.parametrize("numbers", [(0, 1, 2, 3, 0), (5, 1, 0, -1, 7)])
def test_ints_that_are_small_or_negative(numbers: tuple[int, ...]) -> None:
    hold(lambda x, n: x * n, *times(lambda n: (rows(2), n), *numbers))


def test_floats_that_change() -> None:
    """A float that changed travels as a tensor whose item is a symbol."""
    found = hold(lambda x, f: x * f, *times(lambda n: (rows(2), n / 2), 3, 5, 7, 9, 11))
    assert len(inputs(found)) == 2
    assert inputs(found)[1][1] == "[]"


def test_floats_that_guards_cannot_speak_of() -> None:
    """NaN and the infinities stay constants."""
    values = [1.5, 2.5, math.nan, math.inf, 3.5]
    hold(lambda x, f: x * f, *[lambda v=v: (rows(2), v) for v in values])


def test_an_int_as_a_size() -> None:
    """A symbol that is used as a size meets the sizes of tensors."""

    def program(x: torch.Tensor, n: int) -> torch.Tensor:
        return x.new_zeros(n, 3) + x[:n]

    hold(program, *times(lambda n: (rows(9), n), 4, 5, 6, 7, 8))


@pytest.mark.parametrize("specialize", [True, False])
def test_specialised_numbers(specialize: bool) -> None:
    """``specialize_int`` and ``specialize_float`` keep numbers constant."""
    with config.patch(specialize_int=specialize, specialize_float=specialize):
        found = hold(
            lambda x, n, f: x * n * f, *times(lambda n: (rows(2), n, n / 2), 4, 5, 6, 7, 8)
        )
    assert found.vartrack.compiles() == (5 if specialize else 2)


def test_bools_and_strings_never_change_into_symbols() -> None:
    def program(x: torch.Tensor, flag: bool, text: str) -> torch.Tensor:
        return x * len(text) if flag else x + 1

    calls = [(True, "a"), (False, "bc"), (True, "def"), (False, "a"), (True, "a")]
    hold(program, *[lambda c=c: (rows(2), *c) for c in calls])


class Scaled(torch.nn.Module):
    """A module with numbers as attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.factor = 1
        self.offset = 0.5

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.factor + self.offset


class Changing(Scaled):
    """Changes its attributes on each call, outside of what is compiled."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = Scaled()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for _ in range(1):
            torch._dynamo.graph_break()  # in a loop, so that this is skipped
            self.inner.factor += 1
            self.inner.offset += 0.25
            out: torch.Tensor = self.inner(x)
        return out


@pytest.mark.parametrize("unspecialised", [False, True])
@pytest.mark.parametrize("inside", [False, True])
def test_attributes_of_a_module_that_change(unspecialised: bool, inside: bool) -> None:
    """Attributes of a module are constants, unless config says that they may change."""

    def make() -> Callable[..., Any]:
        module = Scaled()

        def program(x: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = module(x)
            if inside:
                module.factor += 1
                module.offset += 0.25
            return out

        return program if inside else Changing()

    with config.patch(allow_unspec_int_on_nn_module=unspecialised):
        hold(double, *times(rows, 2, 2, 2, 2, 2), make=make)


def test_numbers_in_containers_and_objects() -> None:
    """Numbers that change inside of arguments."""

    def program(x: torch.Tensor, many: list[Any], named: dict[str, Any]) -> torch.Tensor:
        return x * many[0] + named["k"][0] * many[1]

    hold(
        program,
        *times(lambda n: (rows(2), [n, n / 2], {"k": (n + 1,)}), 4, 5, 6, 7, 8),
    )


FACTOR = 2


def test_a_global_number_that_changes() -> None:
    def make() -> Callable[..., Any]:
        globals()["FACTOR"] = 2

        @torch.compiler.disable
        def change() -> None:
            globals()["FACTOR"] += 3

        def program(x: torch.Tensor) -> torch.Tensor:
            y = x * FACTOR
            change()
            return y

        return program

    hold(double, *times(rows, 2, 2, 2, 2, 2), make=make)


def test_a_closed_over_number_that_changes() -> None:
    def make() -> Callable[..., Any]:
        factor = 2

        def program(x: torch.Tensor) -> torch.Tensor:
            nonlocal factor
            factor += 1
            return x * factor

        return program

    hold(double, *times(rows, 2, 2, 2, 2, 2), make=make)


def test_dynamic_scalars() -> None:
    """``DynamicInt`` asks to be a symbol always."""
    from torch.fx.experimental.sym_node import DynamicInt

    found = hold(lambda x, n: x * n, *times(lambda n: (rows(2), DynamicInt(n)), 4, 5, 6, 7, 8))
    assert found.vartrack.compiles() == 1


def test_numpy_scalars() -> None:
    hold(lambda x, n: x * n, *times(lambda n: (rows(2), np.float64(n / 3)), 4, 5, 6, 7, 8))
    hold(lambda x, n: x * n, *times(lambda n: (rows(2), np.int64(n)), 4, 5, 6, 7, 8))
