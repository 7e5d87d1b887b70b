"""NaNs: each is equal to itself alone, so that containers and `is` tell which of them are one.

torch guards that a float is a NaN still, and not which.
"""

from __future__ import annotations

from typing import Any

from torch._dynamo.output_graph import OutputGraph

from vartrack.inputs import numbers
from vartrack.soundness.facts.sourced import Holds, name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]


def _met(ledger: Ledger, _: Any, ctx: Any, value: float) -> None:
    """A float is built as a constant."""
    if value != value and (name := name_of(ctx.source)) is not None:
        ledger.nans[name] = ctx.source


def _compiled(ledger: Ledger, *_: Any, **__: Any) -> None:
    """Tracing is over: those that were one must be one, and the others not."""
    if len(ledger.nans) > 1:
        names, sources = ", ".join(ledger.nans), list(ledger.nans.values())
        text = f"which of {names} are one NaN"
        ledger.sourced.rely("identity", ("nan", *ledger.nans), text, sources, _the_same_are_one)


def _the_same_are_one(*values: float) -> Holds:
    before = _firsts(values)
    return lambda *values: _firsts(values) == before


def _firsts(values: tuple[float, ...]) -> list[int]:
    """Of each value the place of the first that it is."""
    first: dict[int, int] = {}
    return [first.setdefault(id(value), place) for place, value in enumerate(values)]


WATCHERS: tuple[Watcher, ...] = (
    Watcher(numbers, "constant", "identity", after=_met),
    Watcher(OutputGraph, "compile_subgraph", "identity", _compiled),
)
