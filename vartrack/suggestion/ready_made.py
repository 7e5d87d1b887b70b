"""Which extras have a visitor for a value."""

from __future__ import annotations

from typing import Any

from vartrack import extras
from vartrack.defaults import stock
from vartrack.dispatch.registry import Registry
from vartrack.errors import VartrackError

__all__ = ["THRIFT", "ready_made", "with_set"]

#: The set that takes away guards, of all types.
THRIFT = "thrift"


def ready_made(value: Any) -> tuple[str, ...]:
    """The extras that have a visitor for the value."""
    names = []
    for name in extras.NAMES:
        try:
            registry = with_set(name)
        except VartrackError:  # the package is not installed
            continue
        if any(
            type(registry.resolve(value, sourced=sourced))
            is not type(stock.resolve(value, sourced=sourced))
            for sourced in (True, False)
        ):
            names.append(name)
    return tuple(names)


def with_set(name: str) -> Registry:
    """A registry with the extra ``name``.

    Raises:
        VartrackError: its package is not installed.
    """
    registry = stock.derive(f"with {name}")
    extras.load(name).register(registry)
    return registry
