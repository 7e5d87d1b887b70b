"""Thrift: compile once where once is enough.

Visitors in the place of stock ones, which guard less where less is enough. Switch them on with
``vartrack.install(extras=["thrift"])``, ``vartrack.install(vartrack.sound, extras=["thrift"])``
or ``thrift.register(registry)``. Each family of them is a module of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vartrack.extras.adding import add_all
from vartrack.extras.thrift import anew, declared
from vartrack.extras.thrift.families import carried, containers, questions
from vartrack.extras.thrift.numbers import changing

if TYPE_CHECKING:
    from vartrack.core.visitor import Visitor
    from vartrack.dispatch.registry import Registry

__all__ = ["VISITORS", "is_in", "register"]

_FAMILIES = (numbers, declared, carried, questions, containers, anew)

#: Every visitor of this set.
VISITORS: tuple[type[Visitor], ...] = tuple(
    visitor for family in _FAMILIES for visitor in family.VISITORS
)


def register(registry: Registry) -> None:
    """Add the visitors of this set to ``registry``, all or none.

    Raises:
        RegistrationError: they are registered already.

    .. versionadded:: 0.2
    """
    with registry.unchanged_if_it_fails():
        add_all(registry, VISITORS, overriding=VISITORS)
        for visitor in declared.FIRST:
            declared.add_first(registry, visitor)
    registry.attach(*(hook for family in _FAMILIES for hook in family.HOOKS))


def is_in(registry: Registry | None) -> bool:
    """Whether ``registry`` has this set.

    .. versionadded:: 0.2
    """
    return registry is not None and set(carried.HOOKS) <= set(registry.attached)
