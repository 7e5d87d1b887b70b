"""Generators that are kept between calls: torch 2.15 traces one, and the generator stays behind."""

from __future__ import annotations

from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.source import LocalSource
from torch._dynamo.variables.functions import LocalGeneratorObjectVariable

from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.sourced import name_of

__all__ = ["WATCHERS"]


def _resumed(ledger: Ledger, own: Any, generator: Any, *args: Any) -> Any:
    """``next(self.batches)``. One that is an argument is mostly made for the call, and let be."""
    source = generator.source
    name = name_of(source)
    if name is not None and not (isinstance(source, LocalSource) and source.is_input):
        unimplemented(
            gb_type="vartrack: a generator that is kept",
            context=name,
            explanation=f"{name} is a generator that is there after the call, and torch would "
            "leave it where it is.",
            hints=["Call `next` outside of the compiled function."],
        )
    return own(generator, *args)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(
        LocalGeneratorObjectVariable, "gen_send_ex2", "tracing", instead=_resumed, needed=False
    ),
)
