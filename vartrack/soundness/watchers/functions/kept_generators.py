"""Generators that are kept between calls: torch 2.15 traces one, and the generator stays behind."""

from __future__ import annotations

from types import GeneratorType
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
    is_argument = isinstance(source, LocalSource) and source.is_input
    if name is not None and not is_argument and _is_kept(ledger, source):
        unimplemented(
            gb_type="vartrack: a generator that is kept",
            context=name,
            explanation=f"{name} is a generator that is there after the call, and torch would "
            "leave it where it is.",
            hints=["Call `next` outside of the compiled function."],
        )
    return own(generator, *args)


def _is_kept(ledger: Ledger, source: Any) -> bool:
    """Whether it is the generator that is there: one made here has its function's source."""
    found = ledger.values_of([source])
    return found is not None and isinstance(found[0], GeneratorType)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(
        LocalGeneratorObjectVariable, "gen_send_ex2", "tracing", instead=_resumed, needed=False
    ),
)
