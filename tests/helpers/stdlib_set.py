"""A registry with the stdlib set, and an object whose attributes getters of that set can get."""

from __future__ import annotations

from typing import Any

import vartrack
from vartrack import Registry
from vartrack.extras import stdlib


def stdlib_registry() -> Registry:
    """A registry with the stdlib set beside what ships with vartrack."""
    registry = vartrack.stock.derive("stdlib")
    stdlib.register(registry)
    return registry


class Part:
    """Holds a tensor, and another part where there is one."""

    shape = 3

    def __init__(self, tensor: Any) -> None:
        self.grad = Part(None) if tensor is not None else None
        self.data = tensor
