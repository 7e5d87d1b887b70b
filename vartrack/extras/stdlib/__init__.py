"""Types of Python's standard library: numbers, dates, addresses, paths, patterns and more.

Switch them on with ``vartrack.install(extras=["stdlib"])`` or ``stdlib.register(registry)``.
Subclasses of these types are left alone, as they may hold more than the type does; to take one,
subclass the visitor and set its ``types``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vartrack.extras.adding import add_all
from vartrack.extras.stdlib.addresses import (
    IPv4Addresses,
    IPv4Interfaces,
    IPv4Networks,
    IPv6Addresses,
    IPv6Interfaces,
    IPv6Networks,
    PathParents,
    Paths,
    PurePaths,
    UUIDs,
)
from vartrack.extras.stdlib.buffers import Arrays, Files, MemoryViews
from vartrack.extras.stdlib.cached_properties import CachedProperties
from vartrack.extras.stdlib.callables import (
    AttributeGetters,
    ItemGetters,
    MethodCallers,
    Structs,
)
from vartrack.extras.stdlib.contexts import ContextVars
from vartrack.extras.stdlib.dates import (
    CalendarParts,
    Dates,
    DateTimes,
    Durations,
    FixedZones,
    Times,
    Zones,
)
from vartrack.extras.stdlib.locks import Locks
from vartrack.extras.stdlib.logs import Loggers
from vartrack.extras.stdlib.numbers import Decimals, Fractions
from vartrack.extras.stdlib.patterns import Matches
from vartrack.extras.stdlib.queues import Queues, SimpleQueues
from vartrack.extras.stdlib.subclasses import Subclasses
from vartrack.extras.stdlib.templates import Templates
from vartrack.extras.stdlib.typeforms import TypeVariables, Unions

if TYPE_CHECKING:
    from vartrack.core.visitor import Visitor
    from vartrack.dispatch.registry import Registry

__all__ = ["VISITORS", "register"]

#: Every visitor of this set.
VISITORS: tuple[type[Visitor], ...] = (
    Decimals,
    Fractions,
    Dates,
    Times,
    DateTimes,
    Durations,
    FixedZones,
    Zones,
    CalendarParts,
    Subclasses,
    UUIDs,
    IPv4Addresses,
    IPv4Networks,
    IPv4Interfaces,
    IPv6Addresses,
    IPv6Networks,
    IPv6Interfaces,
    PurePaths,
    Paths,
    PathParents,
    Matches,
    Unions,
    TypeVariables,
    ItemGetters,
    AttributeGetters,
    MethodCallers,
    Structs,
    Arrays,
    MemoryViews,
    Files,
    Templates,
    Queues,
    SimpleQueues,
    ContextVars,
    Loggers,
    Locks,
    CachedProperties,
)


def register(registry: Registry) -> None:
    """Add the visitors of this set to ``registry``, all or none.

    Raises:
        RegistrationError: they are registered already, or one of their types is taken.

    .. versionadded:: 0.1
    """
    # torch's own tracker of a match is guarded by which object it is, that of a logger refuses
    add_all(registry, VISITORS, overriding=[Loggers, Matches])
