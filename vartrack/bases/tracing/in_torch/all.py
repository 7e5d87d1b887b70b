"""What torch needs in place to ask trackers that are not its own, put together."""

from __future__ import annotations

from vartrack.bases.tracing.again.new_objects import NEW_OBJECTS
from vartrack.bases.tracing.classes.generated import GENERATED
from vartrack.bases.tracing.classes.metaclasses import METACLASSES
from vartrack.bases.tracing.classes.supers import SUPERS
from vartrack.bases.tracing.contents.key_order import KEY_ORDER
from vartrack.bases.tracing.evaluating.error_texts import ERROR_TEXTS
from vartrack.bases.tracing.evaluating.intents import INTENTS, JUMPING
from vartrack.bases.tracing.evaluating.ordering import EXTREMES
from vartrack.bases.tracing.filled.dicts_of_made import DICTS_OF_MADE
from vartrack.bases.tracing.filled.filled_objects import FILLED_OBJECTS
from vartrack.bases.tracing.folded import folded_variable
from vartrack.bases.tracing.in_torch.beside_tensors import BESIDE_TENSORS
from vartrack.bases.tracing.in_torch.calling import CALLING
from vartrack.bases.tracing.in_torch.empty_dicts import EMPTY_DICTS
from vartrack.bases.tracing.in_torch.entries import ENTRIES
from vartrack.bases.tracing.in_torch.frozen_sets import FROZEN_SETS
from vartrack.bases.tracing.in_torch.functions_again import FUNCTIONS_AGAIN
from vartrack.bases.tracing.in_torch.indices import INDICES
from vartrack.bases.tracing.in_torch.matching import MATCHING, MATCHING_LENGTHS
from vartrack.bases.tracing.in_torch.one_method import ONE_METHOD
from vartrack.bases.tracing.in_torch.regions import REGIONS
from vartrack.bases.tracing.in_torch.searching import SEARCHING
from vartrack.bases.tracing.in_torch.setting import SETTING
from vartrack.bases.tracing.in_torch.unpacking import LISTING, UNPACKING
from vartrack.bases.tracing.late.by_type import ASKED_BY_TYPE
from vartrack.bases.tracing.late.late_hash import HASHES
from vartrack.bases.tracing.late.late_text import FORMATTING, JOINING, TEXTS
from vartrack.bases.tracing.late.looked_up import LOOKED_UP
from vartrack.bases.tracing.late.waiting_keys import WAITING_KEYS
from vartrack.bases.tracing.mappings import mapping_variable, standard_dicts, stored_dict
from vartrack.bases.tracing.mappings.item_views import ITEM_VIEWS
from vartrack.bases.tracing.objects import literal_record, opaque_variable, record_variable
from vartrack.bases.tracing.objects.in_c import IN_C
from vartrack.bases.tracing.objects.merging import MERGING
from vartrack.bases.tracing.objects.own_hash import OWN_HASHES
from vartrack.bases.tracing.objects.percents import PERCENTS
from vartrack.bases.tracing.objects.reducing import COPYING
from vartrack.compat.filled.ordering import SIGNS
from vartrack.core.guarding.exporting import STORING
from vartrack.core.guarding.passing_by import PASSING_BY
from vartrack.core.letting_go import LETTING_GO
from vartrack.core.sources.known_modules import KNOWN_MODULES
from vartrack.core.sources.own_sources import OWN_SOURCES
from vartrack.core.wrapping.wrappers import Table
from vartrack.inputs.value_numbers import RETRIES

__all__ = ["IN_TORCH"]

#: In this order, as some wrap what others have put there.
IN_TORCH: tuple[Table, ...] = (
    folded_variable.OPERATIONS,
    literal_record.OPERATIONS,
    mapping_variable.OPERATIONS,
    opaque_variable.OPERATIONS,
    record_variable.OPERATIONS,
    standard_dicts.OPERATIONS,
    stored_dict.OPERATIONS,
    DICTS_OF_MADE,
    ENTRIES,
    ERROR_TEXTS,
    EXTREMES,
    FILLED_OBJECTS,
    FROZEN_SETS,
    GENERATED,
    INDICES,
    ITEM_VIEWS,
    CALLING,
    COPYING,
    IN_C,
    INTENTS,
    JUMPING,
    TEXTS,
    JOINING,
    FORMATTING,
    ASKED_BY_TYPE,
    HASHES,
    LOOKED_UP,
    MATCHING,
    MATCHING_LENGTHS,
    MERGING,
    METACLASSES,
    OWN_HASHES,
    FUNCTIONS_AGAIN,
    BESIDE_TENSORS,
    ONE_METHOD,
    KEY_ORDER,
    KNOWN_MODULES,
    LETTING_GO,
    LISTING,
    NEW_OBJECTS,
    OWN_SOURCES,
    PASSING_BY,
    EMPTY_DICTS,
    PERCENTS,
    REGIONS,
    RETRIES,
    *SEARCHING,
    SETTING,
    SIGNS,
    STORING,
    SUPERS,
    UNPACKING,
    WAITING_KEYS,
)
