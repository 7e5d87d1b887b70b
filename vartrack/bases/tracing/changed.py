"""`changed_values`: what the traced code has changed so far."""

from __future__ import annotations

from typing import Any

from vartrack.bases.tracing.known import KnownVariable

__all__ = ["changed_values"]


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
    return changed.union(id(one.example) for one in known)
