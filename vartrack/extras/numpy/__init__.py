"""NumPy values that torch has no tensor for: text, dates, objects and records, and single bools.

Switch them on with ``vartrack.install(extras=["numpy"])`` or ``numpy.register(registry)``. Arrays
of numbers that come from outside stay what they are to torch: inputs of the graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vartrack.extras.adding import add_all
from vartrack.extras.numpy.arrays import Arrays, NewArrays, Records
from vartrack.extras.numpy.calls import Calls
from vartrack.extras.numpy.filling import FILLING
from vartrack.extras.numpy.scalars import Booleans, Moments, NewNumbers, Texts

if TYPE_CHECKING:
    from vartrack.core.visitor import Visitor
    from vartrack.dispatch.registry import Registry

__all__ = ["VISITORS", "register"]

#: Every visitor of this set.
VISITORS: tuple[type[Visitor], ...] = (
    Arrays,
    NewArrays,
    Records,
    Moments,
    Texts,
    Booleans,
    NewNumbers,
    Calls,
)


def register(registry: Registry) -> None:
    """Add the visitors of this set to ``registry``, all or none.

    Raises:
        RegistrationError: they are registered already, or one of their types is taken.

    .. versionadded:: 0.1
    """
    add_all(registry, VISITORS)
    registry.attach(FILLING)
