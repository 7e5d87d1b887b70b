"""Functions and classes that torch takes as they are, without a guard that they stay so."""

from __future__ import annotations

from typing import Any

import torch
from torch._dynamo.source import is_from_closure_source
from torch._guards import TracingContext

from vartrack.core import pipeline
from vartrack.soundness.held import Held
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.sourced import Holds, name_of

__all__ = ["WATCHERS"]


def _built(ledger: Ledger, own: Any, ctx: Any, value: Any) -> Any:
    """Note a function in C, one that is kept out of the graph, or a class, if nothing guards it."""
    if not callable(value) or isinstance(value, torch.nn.Module):
        return own(ctx, value)
    if issubclass(type(value), type) and is_from_closure_source(ctx.source):
        return own(ctx, value)  # it is what `super` reads
    source, before = ctx.source, _count()
    result = own(ctx, value)
    name = name_of(source)
    if (
        ctx.visitor is not None
        and ctx.visitor.unguarded
        and name is not None
        and _count() == before
    ):
        text = f"that {name} is the same function"
        ledger.sourced.rely("identity", ("function", name), text, [source], _same_function)
    return result


def _count() -> int:
    return len(TracingContext.get().guards_context.dynamo_guards.inner)


def _same_function(value: Any) -> Holds:
    held, kind, name = Held(value), type(value), getattr(value, "__name__", None)
    bound = getattr(value, "__self__", None) is not None

    def holds(value: Any) -> bool:
        if held.is_(value):
            return True
        # methods in C are made anew whenever they are read
        return bound and type(value) is kind and value.__name__ == name

    return holds


WATCHERS: tuple[Watcher, ...] = (Watcher(pipeline, "_sourced", "identity", instead=_built),)
