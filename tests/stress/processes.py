"""Compiles in processes that were forked from one that uses vartrack, or spawned by it."""

from __future__ import annotations

import multiprocessing
from decimal import Decimal
from typing import Any

import torch

import vartrack
from stress.programs import Money, Moneys

__all__ = ["METHODS", "run", "work"]

METHODS = ("fork", "spawn")


def scaled(x: torch.Tensor, by: Decimal) -> torch.Tensor:
    return x * int(by)


def registry() -> vartrack.Registry:
    """`vartrack.sound`, with a type of a user's."""
    mine = vartrack.sound.derive("of a process")
    mine.register(Moneys)
    return mine


def work(number: int) -> tuple[list[float], bool]:
    """In a process: what a compile gives, and whether vartrack was installed when it began."""
    was = vartrack.is_installed()
    if not was:
        vartrack.install(registry())
    torch._dynamo.reset()
    compiled = torch.compile(scaled, backend="eager", fullgraph=True)
    found = [compiled(torch.ones(1), Money(n)).item() for n in (number, number + 1)]
    if not was:
        vartrack.uninstall()
    return found, was


def run(method: str, workers: int) -> list[tuple[list[float], bool]]:
    """What `work` gives in as many processes at once, with vartrack installed here."""
    vartrack.install(registry())
    try:
        work(0)
        with multiprocessing.get_context(method).Pool(workers) as pool:
            return pool.map(work, range(workers))
    finally:
        vartrack.uninstall()


def failing(number: int) -> Any:
    """In a process: an error of vartrack's, which has to come back as what it is."""
    vartrack.sound.derive("of a process").register(object)  # type: ignore[arg-type]
