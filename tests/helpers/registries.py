"""Registries made on the spot, classes to register for, and what a registry says of a value."""

from __future__ import annotations

import collections
import inspect
from typing import Any

from vartrack import Registry, Visitor


class Animal: ...


class Cat(Animal): ...


class Kitten(Cat): ...


Point = collections.namedtuple("Point", "x y")

#: The name that stands for ``Cat`` without importing it.
CAT = f"{__name__}:Cat"


def here(further: int = 0) -> str:
    """The place of the caller's line, or so many lines below, as ``file:line``."""
    frame = inspect.currentframe().f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno + further}"


def a_registry(*visitors: type[Visitor], name: str = "r") -> Registry:
    """A registry with ``visitors`` and nothing else."""
    registry = Registry(name)
    for visitor in visitors:
        registry.register(visitor)
    return registry


def names(registry: Registry) -> list[str]:
    """The names of its visitors, in the order in which they were registered."""
    return [visitor.name for visitor in registry]


def taker(registry: Registry, value: Any, **options: Any) -> str | None:
    """The name of the visitor that takes ``value``."""
    visitor = registry.resolve(value, **options)
    return None if visitor is None else visitor.name


def outcomes(registry: Registry, value: Any, **options: Any) -> list[tuple[str, str]]:
    """The visitors that are asked about ``value``, in order, and what came of each."""
    verdicts = registry.explain_resolution(value, **options).candidates
    return [(verdict.candidate.visitor.name, verdict.outcome) for verdict in verdicts]
