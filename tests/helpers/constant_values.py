"""A constant with every operator, and registries that take it and others for constants."""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import torch

import vartrack
from vartrack import ConstantVisitor, Registry


class Length:
    """A value with every operator, written in Python."""

    unit = "m"

    def __init__(self, number: int) -> None:
        self.number = number

    def __repr__(self) -> str:
        return f"Length({self.number})"

    def __eq__(self, other: object) -> Any:
        return isinstance(other, Length) and self.number == other.number

    def __lt__(self, other: Any) -> bool:
        return self.number < other.number

    def __hash__(self) -> int:
        return hash(self.number)

    def __add__(self, other: Any) -> Any:
        return Length(self.number + int(other))

    __radd__ = __add__

    def __matmul__(self, other: Any) -> Any:
        return "matmul", self.number, int(other)

    def __rmatmul__(self, other: Any) -> Any:
        return "rmatmul", self.number, int(other)

    def __pow__(self, other: Any, modulus: Any = None) -> Any:
        return Length(pow(self.number, int(other), modulus))

    def __rpow__(self, other: Any) -> Any:
        return "rpow", other

    def __rdivmod__(self, other: Any) -> Any:
        return divmod(other, self.number)

    def __lshift__(self, other: Any) -> Any:
        return Length(self.number << int(other))

    def __rand__(self, other: Any) -> Any:
        return "rand", other

    def __or__(self, other: Any) -> Any:
        return NotImplemented

    def __ror__(self, other: Any) -> Any:
        return "ror", repr(other)

    def __invert__(self) -> Any:
        return Length(~self.number)

    def __int__(self) -> int:
        return self.number

    __index__ = __int__

    def __bool__(self) -> bool:
        return self.number > 0

    def __round__(self, digits: int = 0) -> Any:
        return "rounded", digits

    def __len__(self) -> int:
        return self.number

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.number))

    def __reversed__(self) -> Iterator[int]:
        return iter(range(self.number - 1, -1, -1))

    def __contains__(self, item: Any) -> bool:
        return item == self.number

    def __getitem__(self, key: Any) -> Any:
        return self.number, key

    def __call__(self, other: Any) -> Any:
        return other * self.number

    def __format__(self, spec: str) -> str:
        return f"<{self.number}{spec}>"

    @property
    def double(self) -> Length:
        return Length(self.number * 2)

    @property
    def broken(self) -> Any:
        raise ValueError("broken", self.number)

    @classmethod
    def make(cls, number: int) -> Length:
        return cls(number)

    @staticmethod
    def plus(number: Any) -> Any:
        return number + 1

    def scaled(self, tensor: torch.Tensor, by: int = 1) -> torch.Tensor:
        return tensor * self.number * by

    def weights(self, count: int) -> torch.Tensor:
        return torch.ones(count) * self.number

    def parts(self) -> list[int]:
        return [self.number]

    def fill(self, items: list[int]) -> None:
        items.append(self.number)

    def handle(self) -> Any:
        return object.__new__(Handle)

    def noise(self) -> float:
        return time.perf_counter()

    @property
    def age(self) -> float:
        return time.perf_counter()


class Handle:
    """A type that nobody has registered."""


def constants() -> Registry:
    """A registry with ``Decimal`` and ``Length`` as constants."""
    registry = vartrack.stock.derive("constants")

    @registry.register
    class Decimals(ConstantVisitor):
        types = (Decimal,)
        exact = True
        key = staticmethod(str)

    @registry.register
    class Lengths(ConstantVisitor):
        types = (Length,)
        impure = ("noise", "age")

    return registry


def registry_of(cls: type, **attributes: Any) -> Registry:
    """A registry with one more visitor, for ``cls``."""
    registry = vartrack.stock.derive("made")
    for name in ("key", "state"):
        if name in attributes:
            attributes[name] = staticmethod(attributes[name])
    registry.register(type("Made", (ConstantVisitor,), {"types": (cls,), **attributes}))
    return registry
