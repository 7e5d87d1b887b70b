"""What the traced code has changed so far."""

from __future__ import annotations

from typing import Any

from torch._dynamo.variables.base import AttributeMutationExisting, ValueMutationExisting

from vartrack.bases.tracing.filled.own_attributes import SetVariable
from vartrack.bases.tracing.known.known_variable import KnownVariable

__all__ = ["changed_values", "has_changed", "may_have_changed"]

#: How torch changes what was there before the call.
_EXISTING = (AttributeMutationExisting, ValueMutationExisting)
#: torch does not list the trackers of what a known value holds, nor constants with attributes.
_NOT_LISTED = (KnownVariable, SetVariable)


def changed_values(tx: Any) -> set[int]:
    """The ids of the objects that the traced code has changed, or made."""
    effects = tx.output.side_effects
    changed = {
        key
        for key, tracker in effects.id_to_variable.items()
        if tracker.mutation_type is not None and effects.is_modified(tracker)
    }
    # torch does not list the trackers of what a known value holds
    known = (one for one in effects.store_attr_mutations if isinstance(one, KnownVariable))
    # nor constants themselves, where attributes of them are set
    noted = (one for one in effects.store_attr_mutations if isinstance(one, SetVariable))
    return changed.union((id(one.example) for one in known), (id(one.value) for one in noted))


def may_have_changed(tracker: Any, tx: Any) -> bool:
    """Whether the traced code may have changed a value, so that it is not what it was."""
    if not isinstance(tracker, KnownVariable):
        return False
    return bool(tracker.is_changed(tx) or (tracker.changeable and has_changed(tx)))


def has_changed(tx: Any) -> bool:
    """Whether the traced code has changed anything that was there before the call.

    What is new is seen from what was there only if one of those was changed.
    """
    effects = tx.output.side_effects
    if any(isinstance(one, _NOT_LISTED) for one in effects.store_attr_mutations):
        return True
    return any(
        isinstance(one.mutation_type, _EXISTING) and effects.is_modified(one)
        for one in [*effects.id_to_variable.values()]
    )
