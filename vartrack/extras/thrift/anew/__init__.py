"""Classes that are made anew for each call, by the same statement.

torch guards which class an object has, as what it reads of a class has no other guards. Where
another class of the same name was met, or is there, the guard is on what the class is. It stays on
the class itself if the trace relied on which one it is: what it would return, or make an object of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vartrack.extras.thrift.anew import guarding, relying

if TYPE_CHECKING:
    from vartrack.core.visitor import Visitor
    from vartrack.core.wrapping.wrappers import Table

__all__ = ["HOOKS", "VISITORS"]

#: What this family has in the place of stock visitors, or besides them.
VISITORS: tuple[type[Visitor], ...] = ()

#: What it puts into torch while a registry with it is in force.
HOOKS: tuple[Table, ...] = (*guarding.HOOKS, *relying.HOOKS)
