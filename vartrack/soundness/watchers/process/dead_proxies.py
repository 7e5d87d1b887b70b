"""Weak proxies whose object is gone: torch dies of asking what they are."""

from __future__ import annotations

from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.variables.lazy import LazyCache

from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger

__all__ = ["WATCHERS"]


def _kept(ledger: Ledger, own: Any, cache: Any, value: Any, source: Any) -> None:
    try:
        own(cache, value, source)
    except ReferenceError:
        unimplemented(
            gb_type="vartrack: a weak proxy of what is gone",
            context="" if source is None else source.name,
            explanation="The object of the proxy is gone, and every question about it raises.",
            hints=["Catch the ReferenceError outside of the compiled function."],
        )


WATCHERS: tuple[Watcher, ...] = (Watcher(LazyCache, "__init__", "tracing", instead=_kept),)
