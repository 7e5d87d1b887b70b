"""What a program declares of its types: attributes that change, objects that never do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vartrack.extras.thrift.declared import sparing
from vartrack.extras.thrift.declared.visitors import Declared, DeclaredEverywhere, add_first

if TYPE_CHECKING:
    from vartrack.core.visitor import Visitor
    from vartrack.core.wrapping.wrappers import Table

__all__ = ["FIRST", "HOOKS", "VISITORS", "add_first"]

#: Visitors that take the place of stock ones: none.
VISITORS: tuple[type[Visitor], ...] = ()

#: What is asked before all other visitors.
FIRST: tuple[type[Declared], ...] = (DeclaredEverywhere,)

#: What this family puts into torch while a registry with it is in force.
HOOKS: tuple[Table, ...] = sparing.HOOKS
