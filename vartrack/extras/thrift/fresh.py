"""Objects made anew with the same meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vartrack.core.visitor import Visitor
    from vartrack.core.wrappers import Table

__all__ = ["HOOKS", "VISITORS"]

#: What this family has in the place of stock visitors, or besides them.
VISITORS: tuple[type[Visitor], ...] = ()

#: What it puts into torch while a registry with it is in force.
HOOKS: tuple[Table, ...] = ()
