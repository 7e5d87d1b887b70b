"""Weak proxies whose object is gone: torch dies of asking what they are."""

from __future__ import annotations

from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.variables.lazy import LazyCache
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]


def _kept(ledger: Ledger, own: Any, cache: Any, value: Any, source: Any) -> None:
    try:
        own(cache, value, source)
    except ReferenceError:
        _refuse("" if source is None else source.name)


def _found(ledger: Ledger, own: Any, holder: Any, name: str, *more: Any) -> Any:
    """An attribute: up to 2.11 torch asks it whether it is a descriptor."""
    try:
        return own(holder, name, *more)
    except ReferenceError:
        _refuse(f"{'' if holder.source is None else holder.source.name}.{name}")


def _refuse(where: str) -> None:
    unimplemented(
        gb_type="vartrack: a weak proxy of what is gone",
        context=where,
        explanation="The object of the proxy is gone, and every question about it raises.",
        hints=["Catch the ReferenceError outside of the compiled function."],
    )


WATCHERS: tuple[Watcher, ...] = (
    Watcher(LazyCache, "__init__", "tracing", instead=_kept),
    Watcher(
        UserDefinedObjectVariable,
        "_getattr_static",
        "tracing",
        instead=_found,
        subclasses=False,
        needed=False,
    ),
)
