"""`packaging`: versions, specifiers, requirements and markers, traced as the objects they are.

Their methods are traced, so that each part has its own guard: a program that asks for the major
version and for nothing else does not compile again for another minor version. The texts of a
version, which torch cannot trace, are evaluated under a guard on the whole. What these objects keep
for themselves while they are read is no part of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import Specifier, SpecifierSet
from packaging.version import Version

from vartrack.extras._partly_evaluated import PartlyEvaluated
from vartrack.extras.adding import add_all

if TYPE_CHECKING:
    from vartrack.core.visitor import Visitor
    from vartrack.dispatch.registry import Registry

__all__ = ["Markers", "Requirements", "SpecifierSets", "Specifiers", "Versions", "register"]


class Versions(PartlyEvaluated):
    """Versions. ``2.1`` and ``2.1.0`` are equal, and have texts of their own.

    .. versionadded:: 0.2
    """

    types = (Version,)
    caches = frozenset({"_hash_cache", "_key_cache"})
    key = str
    evaluated = frozenset({"__str__", "__repr__", "_str", "base_version", "public"})


class Specifiers(PartlyEvaluated):
    """Single specifiers, such as ``>=2.1``.

    .. versionadded:: 0.2
    """

    types = (Specifier,)
    caches = frozenset({"_canonical_spec_cache", "_ranges", "_spec_version", "_wildcard_split"})


class SpecifierSets(PartlyEvaluated):
    """Sets of specifiers, such as ``>=2.1,<3``.

    .. versionadded:: 0.2
    """

    types = (SpecifierSet,)
    caches = frozenset({"_is_unsatisfiable", "_ranges"})


class Markers(PartlyEvaluated):
    """Markers, such as ``python_version > "3"``.

    .. versionadded:: 0.2
    """

    types = (Marker,)
    caches = frozenset({"_serialized"})


class Requirements(PartlyEvaluated):
    """Requirements; their parts may be set, and are traced as what they are.

    .. versionadded:: 0.2
    """

    types = (Requirement,)


#: Every visitor of this set.
VISITORS: tuple[type[Visitor], ...] = (
    Versions,
    Specifiers,
    SpecifierSets,
    Markers,
    Requirements,
)


def register(registry: Registry) -> None:
    """Add the visitors for `packaging` to ``registry``, all or none.

    Raises:
        RegistrationError: they are registered already, or one of their types is taken.

    .. versionadded:: 0.2
    """
    add_all(registry, VISITORS)
