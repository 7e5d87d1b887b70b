"""The default registry: what ships with vartrack, and what is registered by `register`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vartrack.stock import stock

if TYPE_CHECKING:
    from vartrack.registry import Registry

__all__ = ["default", "register"]

#: What `install` runs on unless it is told otherwise. It starts as a copy of ``stock``.
default: Registry = stock.derive("default")


def register(visitor: Any = None, *, override: bool = False) -> Any:
    """Add a visitor class to the `default` registry; a decorator, with or without arguments.

    The same as ``vartrack.default.register``.

    .. versionadded:: 0.1
    """
    return default.register(visitor, override=override)
