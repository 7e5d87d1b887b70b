"""Small programs over values of every sort, each with values that change between its calls."""

from __future__ import annotations

import enum
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

import torch

import vartrack
import vartrack.extras.thrift

__all__ = ["PROGRAMS", "Broken", "Program", "anew", "registries"]


class Money(Decimal):
    """Of a user's constant type."""


@dataclass
class Point:
    """Of a user's record type."""

    x: int
    label: str


class Broken:
    """Of a type whose visitor raises what it is told to."""

    def __init__(self, error: type[BaseException] | None, number: int) -> None:
        self.error, self.number = error, number


class Mode(enum.Enum):
    UP = 1
    DOWN = 2


class Scaled(torch.nn.Module):
    def __init__(self, by: int) -> None:
        super().__init__()
        self.by, self.names = by, ["a", "b"]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.by + len(self.names)


class Moneys(vartrack.ConstantVisitor):
    types = (Money,)


class Points(vartrack.RecordVisitor):
    types = (Point,)
    fields = ("x", "label")


class Brokens(vartrack.RecordVisitor):
    """Builds most of its values, and raises for some."""

    types = (Broken,)
    fields = ("number",)

    def children(self, ctx: vartrack.BuilderContext, value: Broken) -> Any:
        if value.error is not None:
            raise value.error("of the test")
        return super().children(ctx, value)


class Program(NamedTuple):
    """A function, and what makes a value for it."""

    function: Callable[..., Any]
    value: Callable[[Random], Any]


def of_money(x: torch.Tensor, v: Money) -> Any:
    return x + int(v * 2), v > 3


def of_a_point(x: torch.Tensor, v: Point) -> Any:
    return x * v.x, f"<{v.label}>"


def of_a_dict(x: torch.Tensor, v: dict[str, Any]) -> Any:
    return sum((x * item for item in v.values()), x), list(v)


def of_a_list(x: torch.Tensor, v: list[Any]) -> Any:
    v.append(len(v))
    return [x + item for item in v if isinstance(item, int)]


def of_a_mode(x: torch.Tensor, v: Mode) -> Any:
    return x + 1 if v is Mode.UP else x - 1


def of_a_module(x: torch.Tensor, v: Scaled) -> Any:
    return v(x)


def of_what_is_broken(x: torch.Tensor, v: Broken) -> Any:
    return x + v.number


def small(random: Random) -> int:
    return random.randrange(2, 6)


PROGRAMS = (
    Program(of_money, lambda random: Money(small(random))),
    Program(of_a_point, lambda random: Point(small(random), random.choice("ab"))),
    Program(of_a_dict, lambda random: {key: small(random) for key in random.sample("abc", 2)}),
    Program(of_a_list, lambda random: [small(random), "a"][: small(random)]),
    Program(of_a_mode, lambda random: random.choice([*Mode])),
    Program(of_a_module, lambda random: Scaled(small(random))),
    Program(of_what_is_broken, lambda random: Broken(None, small(random))),
    Program(of_what_is_broken, lambda random: Broken(RuntimeError, small(random))),
    Program(of_what_is_broken, lambda random: Broken(KeyboardInterrupt, small(random))),
)


def anew(function: Callable[..., Any]) -> types.FunctionType:
    """A function of its own with the same code, so that what is compiled of it is new."""
    assert isinstance(function, types.FunctionType)
    return types.FunctionType(function.__code__.replace(), function.__globals__)


def registries() -> Iterator[vartrack.Registry]:
    """Four registries, each with visitors for the types of the programs."""
    for base in (vartrack.stock, vartrack.default, vartrack.sound):
        yield with_types(base.derive(f"stress on {base.name}"))
    thrifty = with_types(vartrack.sound.derive("stress on thrift"))
    vartrack.extras.thrift.register(thrifty)
    yield thrifty


def with_types(registry: vartrack.Registry) -> vartrack.Registry:
    """``registry``, with the visitors of this file."""
    for visitor in (Moneys, Points, Brokens):
        registry.register(visitor)
    return registry
