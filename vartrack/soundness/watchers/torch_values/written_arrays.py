"""Arrays of NumPy that are written: one that is read-only, which torch writes all the same."""

from __future__ import annotations

from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.output_graph import OutputGraph

from vartrack.inputs import arrays
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]


def _left_alone(ledger: Ledger, own: Any, array: Any) -> None:
    """A read-only array: torch has it be written, and leaves it so."""


def _given(ledger: Ledger, tracker: Any, ctx: Any, array: Any, *_: Any) -> None:
    """An array is an input of the graph."""
    fake = tracker.proxy.node.meta["example_value"]
    ledger.arrays.append((ctx.source, array, fake, _times_written(fake)))


def _times_written(fake: Any) -> int:
    return 0 if fake.is_inference() else fake._version


def _compiled(ledger: Ledger, output: Any, *_: Any, **__: Any) -> None:
    """Tracing is over: what was written has to be what can be."""
    for source, array, fake, before in ledger.arrays:
        if _times_written(fake) == before:
            continue
        if ledger.guards and not array.flags.writeable:
            unimplemented(
                gb_type="vartrack: a read-only array that is written",
                context=str(source.name),
                explanation="NumPy refuses to write a read-only array. torch writes it.",
                hints=["Write a copy, or `array.setflags(write=True)` before."],
            )
        name = name_of(source)
        if name is not None:
            text = f"whether {name} can be written"
            ledger.sourced.asked("values", text, text, [source], _is_writeable)


def _over(ledger: Ledger, *_: Any, **__: Any) -> None:
    """The graph is made: what went into it need not be kept."""
    ledger.arrays.clear()


def _is_writeable(array: Any) -> bool:
    return bool(array.flags.writeable)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(arrays, "_let_be_written", "tracing", instead=_left_alone),
    Watcher(arrays, "_input", "values", after=_given),
    Watcher(OutputGraph, "compile_subgraph", "values", _compiled, _over),
)
