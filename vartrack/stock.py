"""The `stock` registry: for every program what torch's own builder of this release does."""

from __future__ import annotations

from vartrack.registry import Registry
from vartrack.visitors import STOCK

__all__ = ["stock"]

#: Every visitor that ships with vartrack and fits the running torch.
stock: Registry = Registry("stock")
for _visitor in STOCK:
    stock.register(_visitor)
