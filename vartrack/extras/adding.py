"""Adding a set of visitors to a registry: all of them, or none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from vartrack.errors import RegistrationError

if TYPE_CHECKING:
    from vartrack.core.visitor import Visitor
    from vartrack.dispatch.registry import Registry

__all__ = ["add_all"]


def add_all(
    registry: Registry, visitors: Iterable[type[Visitor]], overriding: Iterable[type[Visitor]] = ()
) -> None:
    """Register ``visitors``; if one cannot be, those before it are taken out again.

    Args:
        registry: where to.
        visitors: the visitors.
        overriding: those of them that take a type from a visitor of the stock registry.

    Raises:
        RegistrationError: one is registered already, or its type is taken.
    """
    overriding = set(overriding)
    added = []
    try:
        for visitor in visitors:
            registry.register(visitor, override=visitor in overriding)
            added.append(visitor)
    except RegistrationError:
        for visitor in reversed(added):
            registry.unregister(visitor)
        raise
