"""What `vartrack.sound` has in the place of visitors of the stock registry."""

from __future__ import annotations

from vartrack.soundness.visitors.dicts import (
    DefaultDictsByAnyKey,
    DictsByAnyKey,
    OrderedDictsByAnyKey,
    ReadableValues,
)
from vartrack.soundness.visitors.enum_members import ComparedEnumMembers, TracedEnumMembers
from vartrack.soundness.visitors.forgotten import (
    BoundedDeques,
    DynamicScalarsByType,
    IntegersOfExport,
    WeakReferencesThemselves,
    WrittenCaches,
)
from vartrack.soundness.visitors.partial_classes import PartialsOfSubclasses
from vartrack.soundness.visitors.sets import SetsAsStored, WrittenSets
from vartrack.soundness.visitors.tuples import (
    NamedTuplesAsStored,
    SettledTuples,
    TuplesAsStored,
)
from vartrack.visitors.symbols import ExportedIntegers

__all__ = ["REPLACED", "VISITORS"]

#: Visitors of the stock registry that do not take over where those below decline.
REPLACED = (ExportedIntegers,)
#: What `vartrack.sound` has in the place of visitors of the stock registry.
VISITORS = (
    BoundedDeques,
    ComparedEnumMembers,
    DictsByAnyKey,
    DefaultDictsByAnyKey,
    DynamicScalarsByType,
    IntegersOfExport,
    NamedTuplesAsStored,
    OrderedDictsByAnyKey,
    PartialsOfSubclasses,
    ReadableValues,
    SetsAsStored,
    SettledTuples,
    TracedEnumMembers,
    TuplesAsStored,
    WeakReferencesThemselves,
    WrittenCaches,
    WrittenSets,
)
